/**
 * Processes that share a provider and a disk, and die.
 *
 * A kill is modelled as what it is to the rest of the world: from that moment nothing the process does reaches the
 * provider or the disk, and nothing is told to it. None of its fibers is interrupted, none of its finalizers runs; they
 * hang at the next thing they ask of the world. A request that is on its way arrives all the same.
 */
import { Context, Deferred, Effect, Exit, Fiber, Layer, Option, Random, Scope, Stream } from "effect"
import * as AuthEventsPubSub from "../../src/layers/sign-in/AuthEventsPubSub.ts"
import * as SessionsSynchronized from "../../src/layers/sign-in/SessionsSynchronized.ts"
import * as LeasesMemory from "../../src/layers/storage/LeasesMemory.ts"
import { AuthorizationServer } from "../../src/services/provider/AuthorizationServer.ts"
import { Sessions } from "../../src/services/sign-in/Sessions.ts"
import { SessionStore } from "../../src/services/storage/SessionStore.ts"

/** The process ended before it could answer. */
export type Gone = { readonly _tag: "Gone" }

export interface MortalProcess {
  /** Asks in a fiber of the process's own, which ends with the process; whoever asked is told so. */
  readonly ask: <A, E>(
    question: (sessions: Sessions["Service"]) => Effect.Effect<A, E>
  ) => Effect.Effect<Exit.Exit<A, E> | Gone>
  /** SIGKILL: returns at once. */
  readonly kill: Effect.Effect<void>
  /** SIGTERM: returns when the layer's Scope is closed, or the process was killed over it. */
  readonly end: Effect.Effect<void>
  /** Returns when the process was killed. */
  readonly killed: Effect.Effect<void>
}

/**
 * Starts a process. It is killed at one of its first `fuse` dealings with the world, before or after it, if a fuse is
 * given.
 */
export const start = Effect.fnUntraced(function*(fuse: Option.Option<number>) {
  const world = yield* Effect.context<SessionStore | AuthorizationServer>()
  const disk = Context.get(world, SessionStore)
  const provider = Context.get(world, AuthorizationServer)
  const killed = yield* Deferred.make<void>()
  const killAt = Option.isNone(fuse) ? Infinity : (yield* Random.nextIntBetween(0, fuse.value)) * 2 +
    (yield* Random.nextIntBetween(0, 1))
  /** What to do for those who wait for an answer, when there will be none. */
  const asking = new Set<Effect.Effect<unknown>>()
  let dealings = 0
  let isDead = false
  let isGone = false

  const leave = Effect.suspend(() => {
    isGone = true
    return Effect.all([...asking], { discard: true })
  })

  const kill = Effect.suspend(() => {
    isDead = true
    return Effect.andThen(Deferred.succeed(killed, undefined), leave)
  })

  /** A point at which the process may turn out to be dead, or be killed. */
  const point = Effect.suspend(() => {
    if (isDead) return Effect.never
    return dealings++ === killAt ? Effect.andThen(kill, Effect.never) : Effect.void
  })

  /** Two points around whatever is asked of the world. */
  const mortal = <A, E>(deed: Effect.Effect<A, E>): Effect.Effect<A, E> =>
    Effect.flatMap(Effect.andThen(point, Effect.exit(deed)), (exit) => Effect.andThen(point, exit))

  const shell = Layer.mergeAll(
    Layer.succeed(
      SessionStore,
      SessionStore.of({
        read: (key) => mortal(disk.read(key)),
        write: (key, expected, write) => mortal(disk.write(key, expected, write)),
        tombstone: (key) => mortal(disk.tombstone(key)),
        present: (key, expected, options) => mortal(disk.present(key, expected, options)),
        withdraw: (key, expected) => mortal(disk.withdraw(key, expected)),
        list: mortal(disk.list),
        watch: Stream.concat(Stream.interruptWhen(disk.watch, Deferred.await(killed)), Stream.never)
      })
    ),
    Layer.succeed(
      AuthorizationServer,
      AuthorizationServer.of({
        ...provider,
        refresh: (...given) => mortal(provider.refresh(...given)),
        revoke: (...given) => mortal(provider.revoke(...given))
      })
    ),
    AuthEventsPubSub.layer,
    LeasesMemory.layer
  )
  const scope = yield* Scope.make()
  const sessions = Context.get(
    yield* Layer.buildWithScope(Layer.provide(SessionsSynchronized.layer, shell), scope),
    Sessions
  )

  const process: MortalProcess = {
    ask: Effect.fnUntraced(function*<A, E>(question: (sessions: Sessions["Service"]) => Effect.Effect<A, E>) {
      const gone: Gone = { _tag: "Gone" }
      if (isGone) return gone
      const answered = yield* Deferred.make<Exit.Exit<A, E> | Gone>()
      const giveUp = Deferred.succeed(answered, gone)
      asking.add(giveUp)
      const answering = yield* Effect.forkDetach(
        Effect.onExit(question(sessions), (exit) => Deferred.succeed(answered, exit))
      )
      return yield* Deferred.await(answered).pipe(
        Effect.onInterrupt(() => Effect.sync(() => answering.interruptUnsafe())),
        Effect.ensuring(Effect.sync(() => asking.delete(giveUp)))
      )
    }),
    kill,
    end: Effect.gen(function*() {
      yield* leave
      // In a fiber of its own: what hangs in a dead process cannot be interrupted.
      const closing = yield* Effect.forkDetach(Scope.close(scope, Exit.void))
      yield* Effect.raceFirst(Fiber.join(closing), Deferred.await(killed))
    }),
    killed: Deferred.await(killed)
  }
  return process
})
