/**
 * A window on a modelled machine: the real engine with a listener of its own on a real socket, and a connection of its own
 * to the one database file. It can be ended, and killed.
 */
import { Clock, Context, Deferred, Duration, Effect, Exit, Latch, Layer, Scope, Stream } from "effect"
import type { SecureRandom } from "effect/crypto"
import * as AuthFlowsFibers from "../../src/layers/sign-in/AuthFlowsFibers.ts"
import * as SessionsSynchronized from "../../src/layers/sign-in/SessionsSynchronized.ts"
import * as FlowStoreSql from "../../src/layers/storage/FlowStoreSql.ts"
import * as NodeSqlite from "../../src/layers/storage/NodeSqlite.ts"
import * as SessionStoreSql from "../../src/layers/storage/SessionStoreSql.ts"
import type { AuthorizationServer } from "../../src/services/provider/AuthorizationServer.ts"
import { AuthEvents } from "../../src/services/sign-in/AuthEvents.ts"
import { AuthFlows } from "../../src/services/sign-in/AuthFlows.ts"
import type { Browser } from "../../src/services/sign-in/Browser.ts"
import type { LoopbackListener } from "../../src/services/sign-in/LoopbackListener.ts"
import { Sessions } from "../../src/services/sign-in/Sessions.ts"
import type { Leases } from "../../src/services/storage/Leases.ts"
import type { Vault } from "../../src/services/storage/Vault.ts"
import { Checkpoints } from "./checkpoints.ts"
import { clockOf, seenFrom, type World } from "./windowWorld.ts"

/** What windows share beside the file. */
export type Shared = Leases | AuthorizationServer | Browser | LoopbackListener | Vault | SecureRandom.SecureRandom

export interface ModelledWindow {
  readonly flows: AuthFlows["Service"]
  readonly sessions: Sessions["Service"]
  /** Has what is asked of the window done in it, on its time. */
  readonly inIt: <A, E>(deed: Effect.Effect<A, E>) => Effect.Effect<A, E>
  /** SIGTERM: returns when everything of it is gone. What hangs in one that was killed is swept away by that. */
  readonly end: Effect.Effect<void>
  /** SIGKILL: the system takes its leases and its listener away, and it is never heard of again. */
  readonly kill: Effect.Effect<void>
}

const scopes = ["openid", "email", "script.projects"]
/** How long a person has. */
const timeout = Duration.minutes(5)

const unheard = Layer.succeed(
  AuthEvents,
  AuthEvents.of({ publish: () => Effect.void, subscribe: Effect.succeed(Stream.never) })
)

const stores = (file: string) =>
  Layer.merge(SessionStoreSql.layer({ changeMark: NodeSqlite.changeMark }), FlowStoreSql.layer).pipe(
    Layer.provide(NodeSqlite.layer(file)),
    Layer.orDie
  )

export const open = Effect.fnUntraced(
  function*(file: string, shared: Context.Context<Shared>): Effect.fn.Return<ModelledWindow> {
    const scope = yield* Scope.make()
    const kernel = yield* Scope.make()
    const killed = yield* Deferred.make<void>()
    const latch = yield* Latch.make(true)
    const life = { running: latch.await, killed: Deferred.await(killed), kernel, events: [] }
    const clock = clockOf(yield* Clock.Clock, latch.await)
    const inIt = Effect.provideService(Clock.Clock, clock)
    const built = yield* AuthFlowsFibers.layer({ scopes, timeout }).pipe(
      Layer.provideMerge(SessionsSynchronized.layer),
      Layer.provide(Layer.unwrap(Effect.map(Effect.context<World>(), (world) => seenFrom(world, life)))),
      Layer.provide(Layer.mergeAll(stores(file), unheard, Checkpoints.layer)),
      Layer.provide(Layer.succeedContext(shared)),
      Layer.fresh,
      Layer.buildWithScope(scope),
      inIt
    )
    return {
      flows: Context.get(built, AuthFlows),
      sessions: Context.get(built, Sessions),
      inIt,
      end: Effect.andThen(latch.open, inIt(Scope.close(scope, Exit.void))),
      kill: latch.close.pipe(
        Effect.andThen(Deferred.succeed(killed, undefined)),
        Effect.andThen(Scope.close(kernel, Exit.void))
      )
    }
  }
)
