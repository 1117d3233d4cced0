/**
 * The windows of a run, each at its place: whoever is killed is followed by another one there.
 *
 * The window at the first place lives throughout, and is never stopped.
 */
import {
  Clock,
  Context,
  Data,
  Deferred,
  Effect,
  Exit,
  FileSystem,
  HashSet,
  Option,
  PubSub,
  Queue,
  Random,
  Ref,
  Scope,
  Semaphore,
  Stream
} from "effect"
import { LocalGoogle } from "../../src/services/local-google/LocalGoogle.ts"
import { furnish, makeHome } from "../support/windowHome.ts"
import type * as Windows from "../support/windows.ts"
import type { Ask } from "../support/windowTalk.ts"
import type { Heard } from "./model.ts"
import * as Tally from "./tally.ts"
import * as Weather from "./weather.ts"

/** Something is not as it must be. */
export class Broken extends Data.TaggedError("Broken")<{
  readonly account: string
  readonly what: ReadonlyArray<string>
  /** What came before it. */
  readonly deeds: ReadonlyArray<string>
}> {}

/** Longer than anything takes that ends by itself: a person's minute, a stop in it, and a limit of thirty seconds. */
export const bound = "100 seconds"

/** How long a window may say of a provider, after its last fault, that it is not to be asked. */
const brakeNanos = 31_000_000_000n

export interface Options {
  readonly seed: string
  readonly processes: number
}

interface Lodger {
  readonly window: Windows.Window
  readonly scope: Scope.Closeable
}

const make = Effect.fnUntraced(function*({ processes, seed }: Options) {
  const fs = yield* FileSystem.FileSystem
  const home = yield* makeHome
  const fullWhile = `${yield* fs.makeTempDirectoryScoped({ prefix: "mcp-gas-chaos-" })}/full`
  const google = yield* LocalGoogle
  const { open, tabs } = yield* furnish({ tells: true, fullWhile })
  // Persons look at addresses, and not at tabs.
  yield* Effect.forkScoped(Effect.forever(Queue.take(tabs)))
  const doings = yield* Queue.unbounded<Windows.Doing>()
  const scope = yield* Effect.scope

  const lodge = Effect.gen(function*() {
    const own = yield* Scope.fork(scope)
    return { window: yield* Effect.orDie(Scope.provide(open({}, doings), own)), scope: own } satisfies Lodger
  })
  const places = yield* Effect.forEach(Array.from({ length: processes }), () => Effect.flatMap(lodge, Ref.make<Lodger>))
  const placeOf = (place: number) => Effect.orDie(Effect.fromNullishOr(places[place]))

  /** What windows do, for whoever listens. */
  const told = yield* PubSub.unbounded<Windows.Doing>()
  const exchanged = yield* Ref.make(HashSet.empty<string>())
  /** Settles when a code is sent for the second time. */
  const twice = yield* Deferred.make<never, Broken>()
  yield* Effect.forkScoped(Effect.forever(Effect.flatMap(
    Queue.take(doings),
    Effect.fnUntraced(function*(doing) {
      yield* PubSub.publish(told, doing)
      if (doing.what !== "exchange") return
      if (HashSet.has(yield* Ref.get(exchanged), doing.state)) {
        const what = [`process ${doing.pid} exchanges the code of a flow that had one exchanged already`]
        yield* Deferred.fail(twice, new Broken({ account: "some account", what, deeds: [] }))
      }
      yield* Ref.update(exchanged, HashSet.add(doing.state))
    })
  )))

  const faultAt = yield* Ref.make(yield* Clock.monotonicTimeNanos)
  const unreached = yield* Ref.make(HashSet.empty<string>())

  const window = (place: number) => Effect.map(Effect.flatMap(placeOf(place), Ref.get), (lodger) => lodger.window)

  /** What a window does next, if it is this; none if that takes too long. */
  const doing = (what: Windows.Doing["what"], isMeant: (doing: Windows.Doing) => boolean = () => true) =>
    Stream.fromPubSub(told).pipe(
      Stream.filter((one) => one.what === what && isMeant(one)),
      Stream.runHead,
      Effect.timeoutOption("4 seconds"),
      Effect.map(Option.flatten)
    )

  const tally = yield* Tally.make
  /** One at a time: of two windows that came in the place of one, nobody would know the other. */
  const moving = yield* Semaphore.make(1)

  return {
    seed,
    home,
    fullWhile,
    processes,
    accounts: google.accounts.map(({ email }) => email).slice(0, 3),
    weather: yield* Weather.make,
    tally,
    twice: Deferred.await(twice),
    window,
    windows: Effect.forEach(places, (place) => Effect.map(Ref.get(place), (lodger) => lodger.window)),
    /** A place drawn by lot; `mortal`: one whose window may be killed. */
    some: Random.nextIntBetween(0, processes, { halfOpen: true }),
    mortal: Random.nextIntBetween(1, processes, { halfOpen: true }),
    /** Kills this window, and has another one opened at its place; whether it was there. */
    kill: Effect.fnUntraced(function*(place: number, victim: Windows.Window) {
      const at = yield* placeOf(place)
      const { scope: own, window: now } = yield* Ref.get(at)
      if (now.pid !== victim.pid) return false
      yield* victim.signal("SIGKILL")
      yield* Scope.close(own, Exit.void)
      yield* Ref.set(at, yield* lodge)
      return true
    }, moving.withPermit),
    doing,
    /** The place of the window that may be killed and does this next; none if that takes too long. */
    next: Effect.fnUntraced(function*(what: Windows.Doing["what"]) {
      const { pid: immortal } = yield* window(0)
      const found = yield* doing(what, (one) => one.pid !== immortal)
      const pids = yield* Effect.forEach(places, (place) => Effect.map(Ref.get(place), (it) => it.window.pid))
      return Option.filter(Option.map(found, ({ pid }) => pids.indexOf(pid)), (place) => place > 0)
    }),
    faulted: Effect.flatMap(Clock.monotonicTimeNanos, (now) => Ref.set(faultAt, now)),
    /** What a window says; never waits for ever. */
    ask: Effect.fnUntraced(function*(place: number, account: string, ask: Ask): Effect.fn.Return<Heard> {
      const asked = yield* window(place)
      const who = `${asked.pid} ${account}`
      const since = (yield* Clock.monotonicTimeNanos) - (yield* Ref.get(faultAt))
      const isBraked = since < brakeNanos && HashSet.has(yield* Ref.get(unreached), who)
      const answer = yield* asked.ask(home, ask, account).pipe(
        Effect.timeoutOrElse({
          duration: bound,
          orElse: () => Effect.succeed([{ _tag: "Failed" as const, code: "no_answer", message: ask._tag }])
        }),
        Effect.catchTag("WindowGone", () => Effect.succeed("gone" as const))
      )
      for (const one of answer === "gone" ? [] : answer) {
        if (one._tag !== "Failed") continue
        if (one.code === "provider_unreachable") yield* Ref.update(unreached, HashSet.add(who))
        if (one.message.includes("no space left")) yield* tally.count("answers that the disk is full")
      }
      return { told: answer, isBraked }
    })
  }
})

export class House
  extends Context.Service<House, Effect.Success<ReturnType<typeof make>>>()("mcp-gas/test/chaos/house")
{
  static readonly make = make
}
