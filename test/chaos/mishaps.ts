/**
 * What happens to windows, and to all they share: each mishap from its beginning to its end.
 */
import { Duration, Effect, FileSystem, Option, Random } from "effect"
import { type LocalFault, LocalGoogle } from "../../src/services/local-google/LocalGoogle.ts"
import { House } from "./house.ts"
import type { Event } from "./tally.ts"

/** Who is struck: anybody, or whoever does this next. */
export type Aim = "any" | "flow" | "exchange" | "refresh"

/** One thing that may happen. */
export interface Happening {
  /** Its choices are its own. */
  readonly name: string
  /** How long it is quiet before it happens, in milliseconds. */
  readonly rest: readonly [number, number]
  /** In what kinds it comes, each of them in turn. */
  readonly kinds: ReadonlyArray<Effect.Effect<void, never, House | LocalGoogle | FileSystem.FileSystem>>
}

const between = ([least, most]: readonly [number, number]) => Random.nextIntBetween(least, most)

const aimed = Effect.fnUntraced(function*(aim: Aim) {
  const house = yield* House
  const chosen = yield* house.mortal
  const next = aim === "any" ? Option.none() : yield* house.next(aim)
  // Where nobody does it, anybody is struck.
  return { place: Option.getOrElse(next, () => chosen), isHit: Option.isSome(next) }
})

const kill = Effect.fnUntraced(function*(aim: Aim) {
  const { kill: killing, tally, weather, window } = yield* House
  const { isHit, place } = yield* aimed(aim)
  const victim = yield* window(place)
  const wasThere = yield* weather.during("kill")(killing(place, victim))
  yield* tally.count("kills")
  if (isHit && wasThere) yield* tally.count("kills of a flow's owner")
})

const hits: Readonly<Record<Exclude<Aim, "any">, Event>> = {
  flow: "pauses of a flow's owner",
  exchange: "pauses over an exchange",
  refresh: "pauses over a refresh"
}

const pause = Effect.fnUntraced(function*(aim: Aim, millis: readonly [number, number], isLast = false) {
  const { kill: killing, tally, weather, window } = yield* House
  const long = yield* between(millis)
  const { isHit, place } = yield* aimed(aim)
  const paused = yield* window(place)
  yield* weather.during("pause")(
    Effect.gen(function*() {
      yield* paused.signal("SIGSTOP")
      yield* Effect.sleep(long)
      // Somebody else may have killed it meanwhile.
      if (isLast && (yield* weather.during("kill")(killing(place, paused)))) yield* tally.count("kills while paused")
    }).pipe(Effect.ensuring(paused.signal("SIGCONT")))
  )
  yield* tally.count("pauses")
  if (long > 3_000) yield* tally.count("pauses over 3 s")
  if (isHit && aim !== "any") yield* tally.count(hits[aim])
})

const fault = Effect.fnUntraced(function*(event: Event, what: LocalFault, times?: number) {
  const { faulted, tally, weather } = yield* House
  const google = yield* LocalGoogle
  const long = yield* between([300, 1_500])
  yield* weather.during("fault")(
    google.fail("token", what, times).pipe(
      Effect.andThen(Effect.sleep(long)),
      Effect.ensuring(google.heal),
      // What it has begun to spoil is spoilt after it.
      Effect.andThen(Effect.sleep(what._tag === "Delay" ? what.millis : 0)),
      Effect.andThen(faulted)
    )
  )
  yield* tally.count(event)
})

const full = Effect.gen(function*() {
  const { fullWhile, tally, weather } = yield* House
  const fs = yield* FileSystem.FileSystem
  const long = yield* between([200, 3_000])
  yield* weather.during("full")(
    Effect.acquireUseRelease(
      Effect.orDie(fs.writeFileString(fullWhile, "")),
      () => Effect.sleep(long),
      () => Effect.orDie(fs.remove(fullWhile))
    )
  )
  yield* tally.count("full disks")
})

const furthest = Duration.toMillis("2 hours")

/** Whoever is opened meanwhile has the machine's own time. */
const jump = Effect.fnUntraced(function*(whose: "one" | "all", most: number) {
  const { ask, processes, some, tally, weather } = yield* House
  const millis = yield* between([-most, most])
  const long = yield* between([500, 4_000])
  const one = yield* some
  const places = whose === "one" ? [one] : Array.from({ length: processes }, (_, place) => place)
  const set = (to: number, at: ReadonlyArray<number>) =>
    Effect.forEach(at, (place) => ask(place, "", { _tag: "Jump", millis: to }), { concurrency: "unbounded" })
  yield* weather.during("jump")(
    Effect.andThen(set(millis, places), Effect.sleep(long)).pipe(Effect.ensuring(set(0, places)))
  )
  yield* tally.count(whose === "one" ? "clock jumps of one" : "clock jumps of all")
})

const unwell: LocalFault = {
  _tag: "Respond",
  status: 503,
  headers: { "content-type": "application/json", "retry-after": "1" },
  body: "{\"error\":\"temporarily_unavailable\"}"
}

/** All that may happen. */
export const happenings: ReadonlyArray<Happening> = [
  { name: "kill", rest: [200, 1_800], kinds: [kill("any"), kill("any"), kill("flow")] },
  {
    name: "pause",
    rest: [1_000, 4_000],
    kinds: [pause("any", [100, 4_000]), pause("any", [100, 3_000], true)]
  },
  {
    name: "aimed pause",
    rest: [100, 800],
    kinds: [
      pause("flow", [500, 3_000]),
      pause("exchange", [100, 2_000]),
      pause("refresh", [100, 2_000]),
      pause("flow", [3_001, 4_000])
    ]
  },
  {
    name: "fault",
    rest: [300, 2_000],
    kinds: [
      fault("resets before", { _tag: "ResetBefore" }, 1),
      fault("resets after", { _tag: "ResetAfter" }, 1),
      fault("answers 503", unwell),
      fault("slow answers", { _tag: "Delay", millis: 800 })
    ]
  },
  { name: "full", rest: [1_500, 5_000], kinds: [full] },
  {
    name: "jump",
    rest: [1_500, 5_000],
    kinds: [jump("one", furthest), jump("all", furthest), jump("one", 600_000)]
  }
]
