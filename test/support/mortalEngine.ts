/**
 * The sign-in engine over its real layers, with a place before and after every call that it makes of another service.
 */
import * as NodeServices from "@effect/platform-node/NodeServices"
import { Clock, Duration, Effect, Layer, Option, Redacted, Schedule } from "effect"
import { Aead, Digest, SecureRandom } from "effect/crypto"
import { FetchHttpClient } from "effect/http"
import * as AuthorizationServerDiscovered from "../../src/layers/provider/AuthorizationServerDiscovered.ts"
import { authorizationParameters } from "../../src/layers/provider/AuthorizationServerGoogle.ts"
import * as OAuthFetch from "../../src/layers/provider/OAuthFetch.ts"
import * as AuthEventsPubSub from "../../src/layers/sign-in/AuthEventsPubSub.ts"
import * as AuthFlowsFibers from "../../src/layers/sign-in/AuthFlowsFibers.ts"
import * as CallbackServerLoopback from "../../src/layers/sign-in/CallbackServerLoopback.ts"
import * as KeyedLockMemory from "../../src/layers/sign-in/KeyedLockMemory.ts"
import * as SessionsSynchronized from "../../src/layers/sign-in/SessionsSynchronized.ts"
import * as DataDirectoryFileSystem from "../../src/layers/storage/DataDirectoryFileSystem.ts"
import * as LeasesSqlite from "../../src/layers/storage/LeasesSqlite.ts"
import * as StoresFile from "../../src/layers/storage/StoresFile.ts"
import * as VaultAead from "../../src/layers/storage/VaultAead.ts"
import * as VaultKeysFile from "../../src/layers/storage/VaultKeysFile.ts"
import { AuthorizationServer } from "../../src/services/provider/AuthorizationServer.ts"
import { defaultAccountKey as key } from "../../src/services/sign-in/AccountKey.ts"
import { type AuthFlow, AuthFlows } from "../../src/services/sign-in/AuthFlows.ts"
import { Browser } from "../../src/services/sign-in/Browser.ts"
import { CallbackServer } from "../../src/services/sign-in/CallbackServer.ts"
import { Sessions } from "../../src/services/sign-in/Sessions.ts"
import { DataDirectory } from "../../src/services/storage/DataDirectory.ts"
import { FlowStore } from "../../src/services/storage/FlowStore.ts"
import { Leases } from "../../src/services/storage/Leases.ts"
import { SessionStore } from "../../src/services/storage/SessionStore.ts"
import type { Order, Result } from "./mortalOrder.ts"

/** What is done on the way. */
export interface Hooks {
  /** Comes by a place. */
  readonly place: (name: string) => Effect.Effect<void>
  /** Opens the address that a person has to visit. */
  readonly open: (url: string) => Effect.Effect<void>
  /** Is about to send something that the provider takes once; `state` says which flow's code it is. */
  readonly sending?: (what: "exchange" | "refresh", state: string) => Effect.Effect<void>
}

/** What an engine is made with. */
export interface Engine
  extends Pick<Order, "home" | "issuer" | "clientId" | "clientSecret" | "rotates" | "scopes" | "grantsEveryone">
{
  /** How long a person has. */
  readonly timeout: Duration.Duration
}

/** The engine; its Scope closes what it has open. */
export const layerEngine = (order: Engine, { open, place, sending = () => Effect.void }: Hooks) => {
  const around = <A, E, R>(name: string, call: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
    place(`before ${name}`).pipe(Effect.andThen(call), Effect.tap(() => place(`after ${name}`)))

  const provider = Layer.effect(
    AuthorizationServer,
    Effect.map(AuthorizationServer, (own) =>
      AuthorizationServer.of({
        ...own,
        responseIssuer: around("finding the provider", own.responseIssuer),
        authorizationUrl: (request) => around("making the address", own.authorizationUrl(request)),
        exchange: (request, code) =>
          around(
            "the exchange",
            Effect.andThen(sending("exchange", Redacted.value(request.state)), own.exchange(request, code))
          ),
        refresh: (...given) => around("the refresh", Effect.andThen(sending("refresh", ""), own.refresh(...given))),
        userinfo: (grant) => around("asking who it is", own.userinfo(grant)),
        revoke: (...given) => around("the revocation", own.revoke(...given))
      }))
  ).pipe(
    Layer.provide(AuthorizationServerDiscovered.layer({
      issuer: order.issuer,
      client: Effect.succeed({
        clientId: order.clientId,
        clientSecret: Option.some(Redacted.make(order.clientSecret))
      }),
      authorizationParameters,
      rotatesRefreshTokens: order.rotates
    })),
    Layer.provide(OAuthFetch.layer),
    Layer.provide([FetchHttpClient.layer, Digest.layerWebCrypto])
  )

  const directory = Layer.effect(
    DataDirectory,
    Effect.map(DataDirectory, (own) => ({ ...own, ready: around("making the directory", own.ready) }))
  ).pipe(
    Layer.provide(DataDirectoryFileSystem.layerAt(order.home)),
    Layer.provideMerge(NodeServices.layer)
  )

  const sessions = Layer.effect(
    SessionStore,
    Effect.map(SessionStore, (own) =>
      SessionStore.of({
        ...own,
        read: (slot) => around("reading the slot", own.read(slot)),
        write: (slot, expected, write) => around("writing the slot", own.write(slot, expected, write)),
        present: (slot, expected, options) => around("noting the refresh", own.present(slot, expected, options)),
        withdraw: (slot, expected) => around("taking the note back", own.withdraw(slot, expected)),
        tombstone: (slot) => around("signing the slot out", own.tombstone(slot))
      }))
  )

  const flowStore = Layer.effect(
    FlowStore,
    Effect.map(FlowStore, (own) =>
      FlowStore.of({
        ...own,
        begin: (...given) => around("beginning a flow", own.begin(...given)),
        change: (id, change) => around(`writing down that it was ${change._tag.toLowerCase()}`, own.change(id, change))
      }))
  )

  const store = Layer.merge(sessions, flowStore).pipe(
    Layer.provide(StoresFile.layer),
    Layer.provide(VaultAead.layer),
    Layer.provide([VaultKeysFile.layer, Aead.layerWebCrypto])
  )

  const leases = order.grantsEveryone === true
    ? Layer.succeed(Leases, Leases.of({ hold: () => Effect.void, tryHold: () => Effect.succeed(true) }))
    : Layer.effect(
      Leases,
      Effect.map(
        Leases,
        (own) => Leases.of({ ...own, tryHold: (name) => around("asking for the lease", own.tryHold(name)) })
      )
    ).pipe(Layer.provide(LeasesSqlite.layer), Layer.provide(Digest.layerWebCrypto))

  const callbacks = Layer.effect(
    CallbackServer,
    Effect.map(CallbackServer, (own) =>
      CallbackServer.of({
        open: (flow, offer) =>
          around("listening", own.open(flow, (response) => around("taking the callback", offer(response)))).pipe(
            Effect.map((listener) => ({
              ...listener,
              answer: (...given) => around("answering the browser", listener.answer(...given)),
              linger: around("lingering", listener.linger)
            }))
          )
      }))
  ).pipe(Layer.provide(CallbackServerLoopback.layer({ serverName: "Mortal", lingerFor: Duration.millis(1) })))

  const browser = Layer.succeed(
    Browser,
    Browser.of({ opens: true, open: (url) => around("opening the browser", open(url)) })
  )

  const flows = Layer.unwrap(
    Effect.map(
      DataDirectory,
      ({ ready }) => AuthFlowsFibers.layer({ scopes: order.scopes, timeout: order.timeout, prepare: ready })
    )
  )

  return flows.pipe(
    Layer.provideMerge(SessionsSynchronized.layer),
    Layer.provide([provider, callbacks, browser, store, leases, KeyedLockMemory.layer]),
    Layer.provide(directory),
    Layer.provide(SecureRandom.layerWebCrypto),
    Layer.provideMerge(AuthEventsPubSub.layer)
  )
}

/** Where no second tab is opened so soon after another one, the person is shown the address. */
const shownAtLeast = (flow: AuthFlow, { open }: Hooks) =>
  Effect.repeat(flow.shown, { schedule: Schedule.spaced("5 millis"), until: (shown) => shown !== "asked" }).pipe(
    Effect.flatMap((shown) => shown === "braked" ? open(flow.authorizationUrl) : Effect.void)
  )

const signIn = Effect.fnUntraced(function*(hooks: Hooks) {
  const flows = yield* AuthFlows
  const started = yield* flows.start(key, { openBrowser: true })
  if (started._tag !== "AlreadyAuthenticated") yield* shownAtLeast(started.flow, hooks)
  const session = started._tag === "AlreadyAuthenticated" ? started.session : yield* started.flow.outcome
  return { session, consented: started._tag !== "AlreadyAuthenticated" }
})

const refresh = Effect.gen(function*() {
  const sessions = yield* Sessions
  yield* sessions.invalidate(key, yield* sessions.accessToken(key))
  return { session: yield* sessions.fresh(key), consented: false }
})

const signOut = Effect.gen(function*() {
  const flows = yield* AuthFlows
  yield* flows.logout(key)
  const result: Result = { _tag: "SignedOut" }
  return result
})

/** Twenty-five callers at once. */
const read = Effect.gen(function*() {
  const { accessToken } = yield* Sessions
  const tokens = yield* Effect.all(Array.from({ length: 25 }, () => accessToken(key)), { concurrency: "unbounded" })
  const result: Result = { _tag: "Read", tokens: tokens.map(Redacted.value) }
  return result
})

/** The clock of a machine on which some time has passed meanwhile. */
const later = (by: Duration.Duration) =>
  Effect.map(Clock.Clock, (clock): Clock.Clock => {
    const ahead = Duration.toMillis(by)
    const millis = () => clock.currentTimeMillisUnsafe() + ahead
    const nanos = () => clock.currentTimeNanosUnsafe() + BigInt(ahead) * 1_000_000n
    return {
      currentTimeMillisUnsafe: millis,
      currentTimeMillis: Effect.sync(millis),
      currentTimeNanosUnsafe: nanos,
      currentTimeNanos: Effect.sync(nanos),
      monotonicTimeNanosUnsafe: () => clock.monotonicTimeNanosUnsafe(),
      monotonicTimeNanos: clock.monotonicTimeNanos,
      sleep: (duration) => clock.sleep(duration)
    }
  })

/** Starts an engine, has it do as ordered, and closes it. */
export const run = Effect.fnUntraced(
  function*(order: Order, hooks: Hooks) {
    if (order.does === "sign out") return yield* signOut
    if (order.does === "read") return yield* read
    const { consented, session } = order.does === "refresh" ? yield* refresh : yield* signIn(hooks)
    const result: Result = {
      _tag: "Session",
      accessToken: Redacted.value(session.tokens.accessToken),
      email: session.account.email ?? "",
      grantedScopes: session.grantedScopes,
      consented
    }
    return result
  },
  Effect.catch((error) => {
    const result: Result = { _tag: "Failed", code: error.code, message: error.message }
    return Effect.succeed(result)
  }),
  (doing, order, hooks) =>
    Effect.provide(doing, Layer.fresh(layerEngine({ ...order, timeout: Duration.minutes(1) }, hooks))),
  (doing, order) => Effect.flatMap(later(order.later), (clock) => Effect.provideService(doing, Clock.Clock, clock))
)
