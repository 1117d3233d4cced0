/**
 * A process of an explored world: the sign-in engine as one of the windows has it. It can be ended, and killed.
 */
import { Clock, Context, Deferred, Duration, Effect, Exit, Fiber, Latch, Layer, Scope, Stream } from "effect"
import * as AuthFlowsFibers from "../../src/layers/sign-in/AuthFlowsFibers.ts"
import * as CallbackServerLoopback from "../../src/layers/sign-in/CallbackServerLoopback.ts"
import * as KeyedLockMemory from "../../src/layers/sign-in/KeyedLockMemory.ts"
import * as SessionsSynchronized from "../../src/layers/sign-in/SessionsSynchronized.ts"
import { type AuthEvent, AuthEvents } from "../../src/services/sign-in/AuthEvents.ts"
import { AuthFlows } from "../../src/services/sign-in/AuthFlows.ts"
import { KeyedLock } from "../../src/services/sign-in/KeyedLock.ts"
import { Sessions } from "../../src/services/sign-in/Sessions.ts"
import { Checkpoints } from "./checkpoints.ts"
import type { World } from "./exploredWorld.ts"
import { clockOf, seenFrom } from "./windowWorld.ts"

export interface Process {
  readonly flows: AuthFlows["Service"]
  readonly sessions: Sessions["Service"]
  /** The keys that are locked. */
  readonly locks: Effect.Effect<ReadonlyArray<string>>
  /** What it has told of, in order. */
  readonly events: ReadonlyArray<AuthEvent>
  /** SIGTERM: returns when everything of it is gone. What hangs in one that was killed is swept away by that. */
  readonly end: Effect.Effect<void>
  readonly hasEnded: () => boolean
  /**
   * SIGKILL: the system takes its leases and its listeners away, and it is never heard of again. Not for those that were
   * started as immortal.
   */
  readonly kill: Effect.Effect<void>
  readonly isKilled: () => boolean
  /** Asks in a fiber of the process's own; whoever asked is told if it is killed over that. */
  readonly ask: <A>(question: Effect.Effect<A>) => Effect.Effect<A | Gone>
}

/** The process was killed before it could answer. */
export type Gone = "killed"

const scopes = ["openid", "email", "script.projects"]
/** How long a person has. */
export const timeout = Duration.minutes(5)

const engine = AuthFlowsFibers.layer({ scopes, timeout }).pipe(Layer.provideMerge(SessionsSynchronized.layer))

/** `AuthEvents` that are written down and heard by nobody else. */
const heardBy = (events: Array<AuthEvent>) =>
  Layer.succeed(
    AuthEvents,
    AuthEvents.of({
      publish: (event) => Effect.sync(() => void events.push(event)),
      subscribe: Effect.succeed(Stream.never)
    })
  )

const processOf = (
  built: Context.Context<AuthFlows | Sessions | KeyedLock>,
  events: ReadonlyArray<AuthEvent>,
  scope: Scope.Closeable
): Process => ({
  flows: Context.get(built, AuthFlows),
  sessions: Context.get(built, Sessions),
  locks: Context.get(built, KeyedLock).keys,
  events,
  end: Scope.close(scope, Exit.void),
  hasEnded: () => scope.state._tag === "Closed",
  kill: Effect.die("nobody can kill this process"),
  isKilled: () => false,
  ask: (question) => question
})

/** Starts a process that nobody can kill; on any free port, or this one. */
export const start = Effect.fnUntraced(function*(world: Context.Context<World>, port: number | undefined) {
  const scope = yield* Scope.make()
  const events: Array<AuthEvent> = []
  const built = yield* engine.pipe(
    Layer.provide(
      CallbackServerLoopback.layerOver({ serverName: "Test Server", ...(port === undefined ? {} : { port }) })
    ),
    Layer.provideMerge(Layer.merge(KeyedLockMemory.layer, heardBy(events))),
    Layer.provide(Layer.succeedContext(world)),
    Layer.fresh,
    Layer.buildWithScope(scope)
  )
  return processOf(built, events, scope)
})

/** Starts a process that can be killed. */
export const startMortal = Effect.fnUntraced(function*(world: Context.Context<World>): Effect.fn.Return<Process> {
  const scope = yield* Scope.make()
  const kernel = yield* Scope.make()
  const killed = yield* Deferred.make<void>()
  const latch = yield* Latch.make(true)
  const events: Array<AuthEvent> = []
  const shell = Layer.unwrap(
    Effect.map(
      Effect.context<AuthEvents | Checkpoints>(),
      (own) =>
        seenFrom(Context.merge(world, own), {
          running: latch.await,
          killed: Deferred.await(killed),
          kernel,
          events: []
        })
    )
  ).pipe(Layer.provide(Layer.merge(heardBy(events), Checkpoints.layer)))
  const clock = clockOf(yield* Clock.Clock, latch.await)
  const inIt = Effect.provideService(Clock.Clock, clock)
  const built = yield* engine.pipe(Layer.provideMerge(shell), Layer.fresh, Layer.buildWithScope(scope), inIt)
  return {
    ...processOf(built, events, scope),
    end: Effect.andThen(latch.open, inIt(Scope.close(scope, Exit.void))),
    kill: latch.close.pipe(
      Effect.andThen(Deferred.succeed(killed, undefined)),
      Effect.andThen(Scope.close(kernel, Exit.void))
    ),
    isKilled: () => Deferred.isDoneUnsafe(killed),
    ask: Effect.fnUntraced(function*<A>(question: Effect.Effect<A>) {
      const gone: Gone = "killed"
      const asked = yield* Effect.forkDetach(inIt(question))
      return yield* Effect.raceFirst(Fiber.join(asked), Effect.as(Deferred.await(killed), gone))
    })
  }
})
