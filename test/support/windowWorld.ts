/**
 * The world as a window sees it that can be stopped and killed.
 *
 * A stop is modelled as what it is to the rest of the world: from that moment nothing the window does reaches anybody, and
 * nothing is told to it. None of its fibers is interrupted; they hang at the next thing they ask of the world, or when
 * their time has come.
 */
import { type Clock, Context, Effect, Exit, Layer, Scope, Stream } from "effect"
import { SecureRandom } from "effect/crypto"
import * as CallbackServerLoopback from "../../src/layers/sign-in/CallbackServerLoopback.ts"
import * as KeyedLockMemory from "../../src/layers/sign-in/KeyedLockMemory.ts"
import { AuthorizationServer } from "../../src/services/provider/AuthorizationServer.ts"
import { type AuthEvent, AuthEvents } from "../../src/services/sign-in/AuthEvents.ts"
import { Browser } from "../../src/services/sign-in/Browser.ts"
import { CallbackServer } from "../../src/services/sign-in/CallbackServer.ts"
import { LoopbackListener } from "../../src/services/sign-in/LoopbackListener.ts"
import { FlowStore } from "../../src/services/storage/FlowStore.ts"
import { Leases } from "../../src/services/storage/Leases.ts"
import { SessionStore } from "../../src/services/storage/SessionStore.ts"
import { Checkpoints } from "./checkpoints.ts"

/** What windows share. */
export type World =
  | SessionStore
  | FlowStore
  | Leases
  | AuthorizationServer
  | Browser
  | AuthEvents
  | LoopbackListener
  | SecureRandom.SecureRandom
  | Checkpoints

/** How it is with a window. */
export interface Life {
  /** Returns as long as the window is not stopped. */
  readonly running: Effect.Effect<void>
  readonly killed: Effect.Effect<void>
  /** Closed by the system when the window is killed. */
  readonly kernel: Scope.Scope
  readonly events: Array<AuthEvent>
}

/** What a window asks of the world, through which it can be stopped. */
export const seenFrom = (
  world: Context.Context<World>,
  { events: heard, kernel, killed, running }: Life
) => {
  const events = Context.get(world, AuthEvents)
  const sessions = Context.get(world, SessionStore)
  const flows = Context.get(world, FlowStore)
  const leases = Context.get(world, Leases)
  const provider = Context.get(world, AuthorizationServer)
  const browser = Context.get(world, Browser)
  const { pass } = Context.get(world, Checkpoints)

  const mortal = <A, E, R>(deed: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
    Effect.flatMap(Effect.andThen(running, Effect.exit(deed)), (exit) => Effect.andThen(running, exit))

  const told = <A, E>(stream: Stream.Stream<A, E>) => Stream.tap(stream, () => running)

  /** What the system takes back when the window dies, and the window gives back before. */
  const owned = <A, E>(deed: Effect.Effect<A, E, Scope.Scope>): Effect.Effect<A, E, Scope.Scope> =>
    mortal(Effect.gen(function*() {
      const its = yield* Effect.acquireRelease(
        Scope.fork(kernel),
        (own) => Effect.andThen(running, Scope.close(own, Exit.void))
      )
      return yield* Scope.provide(deed, its)
    }))

  /** No browser waits for a dead window. */
  const taken = <A>(offer: (response: A) => Effect.Effect<boolean>) => (response: A) =>
    Effect.raceFirst(mortal(offer(response)), Effect.as(killed, false))

  const callbacks = Layer.effect(
    CallbackServer,
    Effect.map(CallbackServer, (own) =>
      CallbackServer.of({
        open: (flow, offer) =>
          Effect.andThen(pass("listen"), owned(own.open(flow, taken(offer)))).pipe(
            Effect.map((listener) => ({
              ...listener,
              answer: (...given) => mortal(Effect.andThen(pass("answer"), listener.answer(...given))),
              linger: mortal(listener.linger)
            }))
          )
      }))
  ).pipe(Layer.provide(CallbackServerLoopback.layerOver({ serverName: "Test Server" })))

  return callbacks.pipe(Layer.provideMerge(Layer.mergeAll(
    Layer.succeed(
      SessionStore,
      SessionStore.of({
        read: (key) => mortal(sessions.read(key)),
        write: (key, expected, write) =>
          mortal(
            Effect.andThen(pass("store"), sessions.write(key, expected, write)).pipe(
              Effect.tap(() => pass("have stored"))
            )
          ),
        tombstone: (key) => mortal(sessions.tombstone(key)),
        present: (key, expected, options) => mortal(sessions.present(key, expected, options)),
        withdraw: (key, expected) => mortal(sessions.withdraw(key, expected)),
        list: mortal(sessions.list),
        watch: told(sessions.watch)
      })
    ),
    Layer.succeed(
      FlowStore,
      FlowStore.of({
        newest: (key, purpose) => mortal(flows.newest(key, purpose)),
        read: (id) => mortal(flows.read(id)),
        pending: (key) => mortal(flows.pending(key)),
        underWay: flows.underWay,
        begin: (flow, inPlaceOf) => mortal(flows.begin(flow, inPlaceOf)),
        change: (id, change) => mortal(flows.change(id, change)),
        watch: (id) => told(flows.watch(id)),
        claimTab: (flow, rest) => mortal(flows.claimTab(flow, rest))
      })
    ),
    Layer.succeed(
      Leases,
      Leases.of({
        hold: (name) => owned(leases.hold(name)),
        tryHold: (name) => owned(leases.tryHold(name))
      })
    ),
    Layer.succeed(
      AuthorizationServer,
      AuthorizationServer.of({
        ...provider,
        responseIssuer: mortal(provider.responseIssuer),
        authorizationUrl: (request) => mortal(provider.authorizationUrl(request)),
        exchange: (request, code) => mortal(provider.exchange(request, code)),
        refresh: (...given) => mortal(provider.refresh(...given)),
        userinfo: (grant) => mortal(provider.userinfo(grant)),
        revoke: (...given) => mortal(provider.revoke(...given))
      })
    ),
    Layer.succeed(Browser, Browser.of({ ...browser, open: (url) => mortal(browser.open(url)) })),
    Layer.succeed(
      AuthEvents,
      AuthEvents.of({
        ...events,
        publish: (event) => Effect.andThen(Effect.sync(() => void heard.push(event)), events.publish(event))
      })
    ),
    Layer.succeedContext(Context.pick(LoopbackListener, SecureRandom.SecureRandom)(world)),
    KeyedLockMemory.layer
  )))
}

/** A stopped window does not wake up because its time has come. */
export const clockOf = (clock: Clock.Clock, running: Effect.Effect<void>): Clock.Clock => ({
  currentTimeMillisUnsafe: () => clock.currentTimeMillisUnsafe(),
  currentTimeMillis: clock.currentTimeMillis,
  currentTimeNanosUnsafe: () => clock.currentTimeNanosUnsafe(),
  currentTimeNanos: clock.currentTimeNanos,
  monotonicTimeNanosUnsafe: () => clock.monotonicTimeNanosUnsafe(),
  monotonicTimeNanos: clock.monotonicTimeNanos,
  sleep: (duration) => Effect.andThen(clock.sleep(duration), running)
})
