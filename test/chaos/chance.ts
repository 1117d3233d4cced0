/**
 * Choices that depend on the seed and on who makes them, and on nothing that happens meanwhile.
 */
import { Effect, Random } from "effect"

/** Has an effect choose from a stream of its own, named after whose it is and which of their deeds it is. */
export const as = (seed: string, actor: string, deed: number) => <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Random.withSeed(effect, `${seed} ${actor} ${deed}`)

/** The card that comes as number `turn`: each of a deck comes once before any comes again. */
export const card = <A>(seed: string, actor: string, deck: ReadonlyArray<A>, turn: number): Effect.Effect<A> => {
  const shuffle = Math.floor(turn / deck.length)
  return Random.shuffle(deck).pipe(
    Effect.flatMap((shuffled) => Effect.fromNullishOr(shuffled[turn % deck.length])),
    Effect.orDie,
    as(seed, `${actor}'s deck`, shuffle)
  )
}
