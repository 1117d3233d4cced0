/**
 * A run: storms in which things happen while others are done, a calm after each, and then a standstill.
 */
import { Clock, Console, Deferred, Duration, Effect, Option, Random, Ref } from "effect"
import * as Chance from "./chance.ts"
import * as Deeds from "./deeds.ts"
import { Broken, House } from "./house.ts"
import * as Life from "./life.ts"
import { type Happening, happenings } from "./mishaps.ts"
import * as Report from "./report.ts"
import { afterAll, closed, standstill } from "./standstill.ts"

const storm = 14_000
/** Deeds without mishaps: what they come to has no excuse, but for what was done to the account before. */
const calm = 4_000
/** What is under way when the calm is over ends by itself, and may take its time. */
const slack = 10_000

/** One kind of mishap, over and over until a time; `turns` says how many there have been. */
const happening = Effect.fnUntraced(
  function*({ kinds, name, rest: [least, most] }: Happening, turns: Ref.Ref<number>, end: number) {
    const { seed } = yield* House
    while (true) {
      const turn = yield* Ref.get(turns)
      const isOver = yield* Effect.gen(function*() {
        yield* Effect.sleep(yield* Random.nextIntBetween(least, most))
        if ((yield* Clock.currentTimeMillis) > end) return true
        yield* yield* Chance.card(seed, name, kinds, turn)
        return false
      }).pipe(Chance.as(seed, name, turn))
      // What did not come any more in this storm comes first in the next one.
      if (isOver) return
      yield* Ref.set(turns, turn + 1)
    }
  }
)

/** Lives through it, and fails with the first thing that must not be. */
export const run = Effect.fnUntraced(function*(minutes: number) {
  const { accounts, tally, twice } = yield* House
  const lives = yield* Effect.forEach(accounts, (name) => Effect.flatMap(Life.make(name), Deeds.make))
  const turns = yield* Effect.forEach(happenings, () => Ref.make(0))
  const began = yield* Clock.currentTimeMillis
  const half = yield* Ref.make(Option.none<Report.Usage>())
  const end = began + Duration.toMillis(Duration.minutes(minutes))
  const reported = yield* Ref.make(0)

  const round = Effect.gen(function*() {
    const stormEnd = (yield* Clock.currentTimeMillis) + storm
    const isOver = yield* Deferred.make<void>()
    const raging = Effect.forEach(
      happenings.map((one, index) => ({ one, turns: turns[index] })),
      ({ one, turns: own }) => own === undefined ? Effect.void : happening(one, own, stormEnd),
      { concurrency: "unbounded" }
    ).pipe(Effect.andThen(Effect.sleep(calm)), Effect.andThen(Deferred.succeed(isOver, undefined)))
    const living = Effect.forEach(lives, ({ next }) =>
      Effect.whileLoop({
        while: () => !Deferred.isDoneUnsafe(isOver),
        body: () => next,
        step: () => {}
      }), { concurrency: "unbounded" })
    yield* Effect.all([raging, living], { concurrency: "unbounded" })
    yield* standstill(lives)
  })

  const tell = Effect.gen(function*() {
    const now = yield* Clock.currentTimeMillis
    const passed = Math.floor((now - began) / 60_000)
    if (passed > (yield* Ref.get(reported))) {
      yield* Ref.set(reported, passed)
      yield* Console.log(`After ${passed} min: ${Report.counted(yield* tally.counts)}`)
    }
    if (now > (began + end) / 2 && Option.isNone(yield* Ref.get(half))) {
      yield* Ref.set(half, Option.some(yield* Report.usage))
    }
  })

  const all = Effect.gen(function*() {
    for (const { signOutAt } of lives) yield* signOutAt(0)
    do {
      yield* round
      yield* tell
    } while ((yield* Clock.currentTimeMillis) + storm + calm + slack < end)
    const last = yield* Report.usage
    yield* afterAll(lives)
    yield* closed
    const counts = yield* tally.counts
    return { counts, end: last, half: Option.getOrElse(yield* Ref.get(half), () => last) } satisfies Report.Run
  })

  const limit = Duration.millis(end - began + 60_000)
  return yield* Effect.raceFirst(all, twice).pipe(
    Effect.timeoutOrElse({
      duration: limit,
      orElse: () =>
        new Broken({ account: "all of it", what: [`has not ended after ${Duration.format(limit)}`], deeds: [] })
    })
  )
})
