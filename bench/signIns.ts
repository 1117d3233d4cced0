/**
 * Whole sign-ins per second over loopback: authorize, callback, exchange, userinfo, store. Beside the floor, and beside other
 * people's libraries at the same provider.
 */
import { Effect, type Scope } from "effect"
import { performance } from "node:perf_hooks"
import { inTurns } from "./measure/turns.ts"
import { compare, type Comparison, type RowResult } from "./result.ts"
import * as Floor from "./subjects/floor.ts"
import * as LocalAuth from "./subjects/localAuth.ts"
import * as Msal from "./subjects/msal.ts"
import * as Ours from "./subjects/ours.ts"
import { type Store, storeIn } from "./subjects/rest.ts"
import { Outside } from "./world/outside.ts"

/** How many sign-ins there are in a turn, and how many of them at once. */
interface Load {
  readonly signIns: number
  readonly atOnce: number
}

/** Sign-ins per second of one turn. Two before that do not count: what is made at the first use is there by then. */
const rate = <E, R>(load: Load, signIn: (name: string) => Effect.Effect<unknown, E, R>): Effect.Effect<number, E, R> =>
  Effect.gen(function*() {
    yield* signIn("first")
    yield* signIn("second")
    const began = performance.now()
    yield* Effect.forEach(Array.from({ length: load.signIns }, (_, index) => `account-${index}`), signIn, {
      concurrency: load.atOnce,
      discard: true
    })
    return load.signIns / ((performance.now() - began) / 1000)
  })

/** A turn of this package: an engine of its own, in a home of its own where it keeps files. */
const ours = (load: Load, kept: "files" | "memory") =>
  Effect.gen(function*() {
    const home = yield* Ours.folder
    return yield* Effect.provide(
      rate(load, Ours.signIn),
      Ours.layer(kept === "files" ? { _tag: "Files", home } : Ours.inMemory)
    )
  }).pipe(Effect.scoped)

/** A turn of anybody else, who gets a database of their own. */
const others = (load: Load, signIn: (store: Store, name: string) => Promise<void>) =>
  Effect.gen(function*() {
    const store = yield* storeIn(yield* Ours.folder)
    return yield* rate(load, (name) => Effect.promise(() => signIn(store, name)))
  }).pipe(Effect.scoped)

const under = Effect.fnUntraced(function*(
  load: Load,
  turns: number,
  means: string
): Effect.fn.Return<ReadonlyArray<Comparison>, unknown, Outside | Scope.Scope> {
  const { origin, visit } = yield* Outside
  const home = yield* Ours.folder
  const msal = Msal.make(origin, visit)
  const localAuth = LocalAuth.make(origin, visit, home)
  const taken = yield* inTurns({
    floor: others(load, (store, name) => Floor.signIn(origin, visit, store, name)),
    files: ours(load, "files"),
    memory: ours(load, "memory"),
    localAuth: others(load, localAuth),
    msal: others({ ...load, signIns: Math.min(load.signIns, load.atOnce * 4) }, msal)
  }, turns)
  const what = `whole sign-ins, ${means}`
  const id = `sign-ins-${load.atOnce}`
  const beside = (name: string, who: string, against: keyof typeof taken, kept: "files" | "memory", goal?: number) =>
    compare({
      id: `${id}-${name}`,
      what: kept === "files" ? what : `${what}, in memory`,
      unit: "per second",
      better: "more",
      ours: taken[kept],
      against: { who, spread: taken[against] },
      ...(goal === undefined ? {} : { goal: { text: goal === 1 ? "ahead" : `at least ${goal} of it`, ratio: goal } })
    })
  return [
    beside("floor", "the floor", "floor", "files", 0.7),
    beside("memory-floor", "the floor", "floor", "memory"),
    beside("local-auth", "`@google-cloud/local-auth`", "localAuth", "files", 1),
    beside("msal", "`@azure/msal-node`", "msal", "files", 1)
  ]
})

export const run = Effect.fnUntraced(function*(isQuick: boolean) {
  const turns = isQuick ? 3 : 9
  const result: RowResult = {
    comparisons: [
      ...(yield* under({ signIns: isQuick ? 20 : 50, atOnce: 1 }, turns, "one after the other")),
      ...(yield* under({ signIns: isQuick ? 32 : 64, atOnce: 16 }, turns, "sixteen at once"))
    ],
    curves: []
  }
  return result
}, Effect.scoped)
