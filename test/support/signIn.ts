/**
 * The sign-in engine over real sockets, with a fake provider, a fake browser and a store that can be held up.
 */
import { Context, DateTime, Duration, Effect, Layer, Redacted, Scope } from "effect"
import { SecureRandom } from "effect/crypto"
import * as AuthFlowsFibers from "../../src/layers/sign-in/AuthFlowsFibers.ts"
import * as CallbackServerLoopback from "../../src/layers/sign-in/CallbackServerLoopback.ts"
import * as KeyedLockMemory from "../../src/layers/sign-in/KeyedLockMemory.ts"
import * as SessionsSynchronized from "../../src/layers/sign-in/SessionsSynchronized.ts"
import * as FlowStoreMemory from "../../src/layers/storage/FlowStoreMemory.ts"
import * as LeasesMemory from "../../src/layers/storage/LeasesMemory.ts"
import * as SessionStoreMemory from "../../src/layers/storage/SessionStoreMemory.ts"
import { AccountKey } from "../../src/services/sign-in/AccountKey.ts"
import { AuthFlows, type Started } from "../../src/services/sign-in/AuthFlows.ts"
import { CallbackServer } from "../../src/services/sign-in/CallbackServer.ts"
import { FlowId, SessionDraft, Tokens } from "../../src/services/sign-in/Session.ts"
import { Sessions } from "../../src/services/sign-in/Sessions.ts"
import { SessionStore, type StoreUnavailable } from "../../src/services/storage/SessionStore.ts"
import { Checkpoints } from "./checkpoints.ts"
import { FakeBrowser } from "./fakeBrowser.ts"
import * as FakeProvider from "./fakeProvider.ts"
import * as RecordedEvents from "./recordedEvents.ts"

export interface Options {
  readonly port?: number
  readonly scopes?: ReadonlyArray<string>
  readonly timeout?: Duration.Input
}

/** What the store answers to writes instead of writing. */
export class StoreProblem extends Context.Service<StoreProblem, { now: StoreUnavailable | undefined }>()(
  "mcp-gas/test/support/signIn/StoreProblem"
) {
  static readonly layer = Layer.sync(StoreProblem, () => ({ now: undefined }))
}

export const breakStore = (problem: StoreUnavailable) =>
  StoreProblem.use((store) => Effect.sync(() => void (store.now = problem)))

/** Checkpoints `read`, `have read`, `store` and `have stored`: before and after each read and each write. */
const heldStore = Layer.effect(
  SessionStore,
  Effect.gen(function*() {
    const store = yield* SessionStore
    const { pass } = yield* Checkpoints
    const problem = yield* StoreProblem
    return SessionStore.of({
      ...store,
      read: (key) => pass("read").pipe(Effect.andThen(store.read(key)), Effect.tap(() => pass("have read"))),
      write: (key, expected, write) =>
        Effect.andThen(
          pass("store"),
          Effect.suspend(() => problem.now === undefined ? store.write(key, expected, write) : Effect.fail(problem.now))
        ).pipe(Effect.tap(() => pass("have stored")))
    })
  })
).pipe(Layer.provide(SessionStoreMemory.layer))

/** Checkpoints `listen`, `answer`, `linger`: before each of them. */
const heldCallbacks = (port: number | undefined) =>
  Layer.effect(
    CallbackServer,
    Effect.gen(function*() {
      const callbacks = yield* CallbackServer
      const { pass } = yield* Checkpoints
      return CallbackServer.of({
        open: (flow, offer) =>
          Effect.andThen(pass("listen"), callbacks.open(flow, offer)).pipe(
            Effect.map((listener) => ({
              ...listener,
              answer: (...given) => Effect.andThen(pass("answer"), listener.answer(...given)),
              linger: Effect.andThen(pass("linger"), listener.linger)
            }))
          )
      })
    })
  ).pipe(
    Layer.provide(
      CallbackServerLoopback.layer({ serverName: "Test Server", ...(port === undefined ? {} : { port }) })
    )
  )

export const scopes = ["openid", "email", "script.projects"]

/** Leaves open who hears what happens. */
export const layerSignInUnheard = (options: Options = {}) =>
  AuthFlowsFibers.layer({
    scopes: options.scopes ?? scopes,
    timeout: Duration.fromInputUnsafe(options.timeout ?? "5 minutes")
  }).pipe(
    Layer.provideMerge(heldCallbacks(options.port)),
    Layer.provideMerge(SessionsSynchronized.layer),
    Layer.provideMerge(heldStore),
    Layer.provideMerge(Layer.mergeAll(FakeProvider.layer, FakeBrowser.layer)),
    Layer.provideMerge(
      Layer.mergeAll(
        KeyedLockMemory.layer,
        LeasesMemory.layer,
        FlowStoreMemory.layer,
        Checkpoints.layer,
        StoreProblem.layer,
        SecureRandom.layerWebCrypto
      )
    )
  )

export const layerSignIn = (options: Options = {}) =>
  layerSignInUnheard(options).pipe(Layer.provideMerge(RecordedEvents.layer))

export const work = AccountKey.make("work")
export const home = AccountKey.make("home")

export const start = (key: AccountKey, openBrowser = true) =>
  AuthFlows.use((flows) => flows.start(key, { openBrowser }))

/** The engine in a Scope that the test closes. */
export const signIn = (scope: Scope.Scope, options: Options = {}) =>
  Effect.provideService(Layer.build(layerSignIn(options)), Scope.Scope, scope)

/** The flow of a `start` that found or began one. */
export const flowOf = (started: Started) =>
  started._tag === "AlreadyAuthenticated"
    ? Effect.die("a session was there, no flow is pending")
    : Effect.succeed(started.flow)

/** Begins a flow of this key, or joins it. */
export const begin = (key: AccountKey) => Effect.flatMap(start(key), flowOf)

export const pending = (key: AccountKey) => AuthFlows.use((flows) => flows.pending(key))
export const cancel = (key: AccountKey) => AuthFlows.use((flows) => flows.cancel(key))
export const logout = (key: AccountKey) => AuthFlows.use((flows) => flows.logout(key))
export const complete = (key: AccountKey, url: string) => AuthFlows.use((flows) => flows.complete(key, url))

/** What the store holds for this key. */
export const stored = (key: AccountKey) =>
  SessionStore.use((store) => Effect.map(Effect.orDie(store.read(key)), ({ state }) => state))

/** Stores a session as another process would: past the engine. This process has heard of it when this returns. */
export const signInElsewhere = Effect.fnUntraced(function*(key: AccountKey, grantedScopes: ReadonlyArray<string>) {
  const store = yield* SessionStore
  const now = yield* DateTime.now
  const draft = new SessionDraft({
    account: FakeProvider.ada,
    tokens: new Tokens({
      accessToken: Redacted.make("access-elsewhere", { label: "access token" }),
      issuedAt: now,
      expiresAt: DateTime.add(now, { hours: 1 })
    }),
    grantedScopes,
    clientId: "client",
    flowId: FlowId.make("elsewhere"),
    signedInAt: now
  })
  yield* store.write(key, (yield* store.read(key)).generation, { _tag: "SignedIn", draft })
  yield* Sessions.use((sessions) => sessions.slot(key))
})

/** The port a flow listens on. */
export const portOf = (flow: { readonly redirectUri: string }) => Number(new URL(flow.redirectUri).port)
