/**
 * Windows: sign-in engines of their own, as other processes would have them, that share the stores, the leases, the
 * provider and the browser of one machine. A window can be stopped (SIGSTOP) and killed (SIGKILL).
 */
import { Clock, Context, Deferred, Duration, Effect, Exit, Latch, Layer, Option, Scope, Stream } from "effect"
import { SecureRandom } from "effect/crypto"
import * as AuthFlowsFibers from "../../src/layers/sign-in/AuthFlowsFibers.ts"
import * as LoopbackListenerHttp from "../../src/layers/sign-in/LoopbackListenerHttp.ts"
import * as SessionsSynchronized from "../../src/layers/sign-in/SessionsSynchronized.ts"
import * as FlowStoreMemory from "../../src/layers/storage/FlowStoreMemory.ts"
import * as LeasesMemory from "../../src/layers/storage/LeasesMemory.ts"
import * as SessionStoreMemory from "../../src/layers/storage/SessionStoreMemory.ts"
import { AuthorizationServer } from "../../src/services/provider/AuthorizationServer.ts"
import type { AuthEvent } from "../../src/services/sign-in/AuthEvents.ts"
import { type AuthFlow, AuthFlows } from "../../src/services/sign-in/AuthFlows.ts"
import { Sessions } from "../../src/services/sign-in/Sessions.ts"
import { type FlowRecord, FlowStore } from "../../src/services/storage/FlowStore.ts"
import { Leases } from "../../src/services/storage/Leases.ts"
import { SessionStore } from "../../src/services/storage/SessionStore.ts"
import { Checkpoints } from "./checkpoints.ts"
import { FakeBrowser } from "./fakeBrowser.ts"
import * as FakeProvider from "./fakeProvider.ts"
import * as RecordedEvents from "./recordedEvents.ts"
import { flowOf, scopes, work } from "./signIn.ts"
import { clockOf, seenFrom, type World } from "./windowWorld.ts"

/** Asked while it is stopped, it answers once it goes on. */
export interface Window extends Context.Service.Shape<typeof AuthFlows> {
  readonly sessions: Context.Service.Shape<typeof Sessions>
  /** What it has told of, in order. */
  readonly events: ReadonlyArray<AuthEvent>
  /** SIGTERM: returns when everything of it is gone. */
  readonly close: Effect.Effect<void>
  /** SIGSTOP: its leases stay held and its listener open, without anybody there. */
  readonly stop: Effect.Effect<void>
  /** SIGCONT. */
  readonly wake: Effect.Effect<void>
  /** SIGKILL: the system takes its leases and its listener away; it is never heard of again. */
  readonly kill: Effect.Effect<void>
}

export interface Options {
  readonly scopes?: ReadonlyArray<string>
  /** The provider that its flows are at, if it is another one. */
  readonly issuer?: string
}

/** The world of a window whose provider may be another one. */
const worldOf = (world: Context.Context<World>, { issuer }: Options): Context.Context<World> =>
  issuer === undefined
    ? world
    : Context.add(world, AuthorizationServer, { ...Context.get(world, AuthorizationServer), issuer })

export class Windows extends Context.Service<Windows, {
  /** Another window, which is closed with the machine at the latest. */
  readonly open: (options?: Options) => Effect.Effect<Window>
}>()("mcp-gas/test/support/windowsInMemory/Windows") {
  static readonly layer = Layer.effect(
    Windows,
    Effect.gen(function*() {
      const world = yield* Effect.context<World>()
      const machine = yield* Effect.scope

      const open = Effect.fnUntraced(function*(options: Options = {}) {
        const latch = yield* Latch.make(true)
        const clock = clockOf(yield* Clock.Clock, latch.await)
        const killed = yield* Deferred.make<void>()
        const kernel = yield* Scope.make()
        const events: Array<AuthEvent> = []
        const life = { running: latch.await, killed: Deferred.await(killed), kernel, events }
        const scope = yield* Scope.make()
        const engine = AuthFlowsFibers.layer({ scopes: options.scopes ?? scopes, timeout: Duration.minutes(5) }).pipe(
          Layer.provideMerge(SessionsSynchronized.layer),
          Layer.provide(seenFrom(worldOf(world, options), life)),
          Layer.fresh
        )
        const built = yield* Effect.provideService(Layer.buildWithScope(engine, scope), Clock.Clock, clock)
        const flows = Context.get(built, AuthFlows)
        const inIt = <A, E>(deed: Effect.Effect<A, E>) => Effect.provideService(deed, Clock.Clock, clock)
        const close = inIt(Scope.close(scope, Exit.void))
        // What still hangs then goes on, so that the machine can be switched off.
        yield* Scope.addFinalizer(machine, Effect.andThen(latch.open, close))
        const window: Window = {
          scopes: flows.scopes,
          start: (key, given) => inIt(flows.start(key, given)),
          pending: (key) => inIt(flows.pending(key)),
          complete: (key, url) => inIt(flows.complete(key, url)),
          cancel: (key) => inIt(flows.cancel(key)),
          logout: (key) => inIt(flows.logout(key)),
          load: flows.load,
          sessions: Context.get(built, Sessions),
          events,
          close,
          stop: Effect.asVoid(latch.close),
          wake: Effect.asVoid(latch.open),
          kill: latch.close.pipe(
            Effect.andThen(Deferred.succeed(killed, undefined)),
            Effect.andThen(Scope.close(kernel, Exit.void))
          )
        }
        return window
      })

      return Windows.of({ open })
    })
  )
}

/** Gives a lease to whoever asks for it, as where there are none to be had. */
const leasesForEveryone = Layer.succeed(
  Leases,
  Leases.of({ hold: () => Effect.void, tryHold: () => Effect.succeed(true) })
)

/** Tells nobody of what is written: whoever wants to know has to ask. */
const silentStore = Layer.effect(
  SessionStore,
  Effect.map(SessionStore, (store) => SessionStore.of({ ...store, watch: Stream.never }))
).pipe(Layer.provide(SessionStoreMemory.layer))

const machineWith = (leases: Layer.Layer<Leases>, sessions: Layer.Layer<SessionStore>) =>
  Windows.layer.pipe(
    Layer.provideMerge(Layer.mergeAll(FakeProvider.layer, FakeBrowser.layer)),
    Layer.provideMerge(Layer.mergeAll(
      leases,
      FlowStoreMemory.layer,
      sessions,
      RecordedEvents.layer,
      Checkpoints.layer,
      LoopbackListenerHttp.layer,
      SecureRandom.layerWebCrypto
    ))
  )

/** One machine, with no windows yet. */
export const layerMachine = machineWith(LeasesMemory.layer, SessionStoreMemory.layer)

/** One whose leases keep nobody out. */
export const layerWithoutLeases = machineWith(leasesForEveryone, SessionStoreMemory.layer)

/** One on which windows do not hear of what others have stored, as in the moment before they do. */
export const layerUnheard = machineWith(LeasesMemory.layer, silentStore)

export const openWindow = (options?: Options) => Windows.use(({ open }) => open(options))

export const twoWindows = Effect.all([openWindow(), openWindow()])
export const threeWindows = Effect.all([openWindow(), openWindow(), openWindow()])
export const fourWindows = Effect.all([openWindow(), openWindow(), openWindow(), openWindow()])

/** Begins a flow in a window, or joins it there. */
export const beginIn = (window: Window, key = work, openBrowser = true) =>
  Effect.flatMap(window.start(key, { openBrowser }), flowOf)

/** The flow that a window shows. */
export const shownIn = (window: Window, key = work) => Effect.map(window.pending(key), Option.getOrThrow)

/** Waits until a flow has been written down like this. */
export const until = (flow: Pick<AuthFlow, "id">, isSo: (record: FlowRecord) => boolean) =>
  FlowStore.use((store) => Stream.runHead(Stream.filter(store.watch(flow.id), isSo)))
