/**
 * Subjects measured in turns, so that whatever else the machine does hits all of them: A, B, C, then C, B, A, and so on.
 */
import { Effect, Record } from "effect"
import { type Spread, spreadOf } from "./spread.ts"

/** Gives each subject, which takes one figure at a time, its turns, and one before that which does not count. */
export const inTurns = Effect.fnUntraced(function*<K extends string, E, R>(
  subjects: Readonly<Record<K, Effect.Effect<number, E, R>>>,
  turns: number
): Effect.fn.Return<Readonly<Record<K, Spread>>, E, R> {
  const taken = Record.map(subjects, () => new Array<number>())
  const entries = Object.values<Effect.Effect<void, E, R>>(
    Record.map(subjects, (take, name) => Effect.map(take, (figure) => void taken[name].push(figure)))
  )
  yield* Effect.all(entries, { discard: true })
  for (const name in taken) taken[name].length = 0
  yield* Effect.forEach(
    Array.from({ length: turns }, (_, turn) => turn % 2 === 0 ? entries : entries.toReversed()),
    (turn) => Effect.all(turn, { discard: true }),
    { discard: true }
  )
  return Record.map(taken, spreadOf)
})
