/**
 * The whole sign-in engine, as a program that embeds it composes it, against a local Google over a wire that can fail.
 */
import { assert } from "@effect/vitest"
import { Clock, Duration, Effect, Fiber, Layer, Option, Redacted, Schema } from "effect"
import { Digest, SecureRandom } from "effect/crypto"
import { FetchHttpClient } from "effect/http"
import { TestClock } from "effect/testing"
import { inspect } from "node:util"
import * as LocalGoogleOidc from "../../src/layers/local-google/LocalGoogleOidc.ts"
import * as PersonHttp from "../../src/layers/local-google/PersonHttp.ts"
import * as AuthorizationServerDiscovered from "../../src/layers/provider/AuthorizationServerDiscovered.ts"
import { authorizationParameters } from "../../src/layers/provider/AuthorizationServerGoogle.ts"
import * as OAuthFetch from "../../src/layers/provider/OAuthFetch.ts"
import * as AuthFlowsFibers from "../../src/layers/sign-in/AuthFlowsFibers.ts"
import * as BrowserNone from "../../src/layers/sign-in/BrowserNone.ts"
import * as CallbackServerLoopback from "../../src/layers/sign-in/CallbackServerLoopback.ts"
import * as KeyedLockMemory from "../../src/layers/sign-in/KeyedLockMemory.ts"
import * as SessionsSynchronized from "../../src/layers/sign-in/SessionsSynchronized.ts"
import * as FlowStoreMemory from "../../src/layers/storage/FlowStoreMemory.ts"
import * as LeasesMemory from "../../src/layers/storage/LeasesMemory.ts"
import * as SessionStoreMemory from "../../src/layers/storage/SessionStoreMemory.ts"
import { LocalGoogle, type LocalGoogleCounts } from "../../src/services/local-google/LocalGoogle.ts"
import { Person } from "../../src/services/local-google/Person.ts"
import { ProviderUnreachable } from "../../src/services/provider/AuthorizationServer.ts"
import { AccountKey } from "../../src/services/sign-in/AccountKey.ts"
import { AuthFlows } from "../../src/services/sign-in/AuthFlows.ts"
import { Session } from "../../src/services/sign-in/Session.ts"
import { Sessions } from "../../src/services/sign-in/Sessions.ts"
import { SessionStore } from "../../src/services/storage/SessionStore.ts"
import { nextTurns } from "./loopbackClient.ts"
import * as RecordedEvents from "./recordedEvents.ts"
import { layer as layerWire, Wire } from "./wire.ts"
import { type FaultName, isEndless } from "./wireFaults.ts"
import { type Failed, problemOf } from "./wireTable.ts"

export const work = AccountKey.make("work")
export const home = AccountKey.make("home")

const scopes = ["openid", "email", "profile", "https://www.googleapis.com/auth/script.projects"]

/** What outlives a program: the provider, the person, what is stored. */
const layerWorld = Layer.mergeAll(
  layerWire.pipe(Layer.provideMerge(Layer.fresh(LocalGoogleOidc.layer()))),
  PersonHttp.layer.pipe(Layer.provide(FetchHttpClient.layer)),
  SessionStoreMemory.layer,
  FlowStoreMemory.layer,
  LeasesMemory.layer,
  KeyedLockMemory.layer,
  RecordedEvents.layer
)

/** One program. */
const layerProgram = (rotates: boolean) =>
  AuthFlowsFibers.layer({ scopes, timeout: Duration.minutes(5) }).pipe(
    Layer.provideMerge(SessionsSynchronized.layer),
    Layer.provideMerge(
      Layer.unwrap(LocalGoogle.use(({ change, clientId, clientSecret, issuer }) =>
        Effect.as(
          change({ rotateRefreshTokens: rotates }),
          AuthorizationServerDiscovered.layer({
            issuer,
            authorizationParameters,
            rotatesRefreshTokens: rotates,
            client: Effect.succeed({ clientId, clientSecret: Option.some(clientSecret) })
          })
        )
      ))
    ),
    Layer.provide([OAuthFetch.layer, Digest.layerWebCrypto, BrowserNone.layer]),
    Layer.provide(CallbackServerLoopback.layer({ serverName: "Test Server" })),
    Layer.provide(SecureRandom.layerWebCrypto)
  )

/** The pause before an attempt is repeated takes no time; all else that takes time waits for the test. */
const withoutPauses = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  TestClock.testClockWith((clock) =>
    Effect.provideService(effect, Clock.Clock, {
      ...clock,
      sleep: (duration) =>
        Duration.isLessThan(duration, Duration.seconds(1)) ? clock.adjust(duration) : clock.sleep(duration)
    })
  )

type World = Layer.Success<typeof layerWorld>
type Program = Layer.Success<ReturnType<typeof layerProgram>>

/** Nobody who could not show that he is the provider has ever been sent a request. */
const unheard = Wire.use((wire) => Effect.map(wire.overheard, (count) => assert.strictEqual(count, 0)))

/** Runs a test with a program in a world of its own. `rotates`: each refresh replaces the refresh token. */
export const inWorld =
  (options: { readonly rotates: boolean } = { rotates: false }) => <A, E>(test: Effect.Effect<A, E, World | Program>) =>
    withoutPauses(Effect.provide(
      Effect.andThen(test, unheard),
      Layer.provideMerge(layerProgram(options.rotates), layerWorld)
    ))

/** Another program in the same world, which has asked the provider for nothing so far. */
export const restarted = Effect.provide(Layer.fresh(layerProgram(false)))

/**
 * Runs a call while a fault is on. Where that keeps the provider from ever answering, as many requests as are expected are
 * each given all the time they have, once they have arrived.
 */
export const under = (
  name: FaultName,
  asked: { readonly what: keyof LocalGoogleCounts; readonly requests: number; readonly limit: Duration.Duration }
) =>
  Effect.fnUntraced(function*<A, E, R>(call: Effect.Effect<A, E, R>) {
    const google = yield* LocalGoogle
    const before = (yield* google.counts)[asked.what]
    const caller = yield* Effect.forkChild(call)
    for (let request = 1; isEndless(name) && request <= asked.requests; request++) {
      while ((yield* google.counts)[asked.what] < before + request && caller.pollUnsafe() === undefined) {
        yield* nextTurns
      }
      yield* TestClock.adjust(Duration.subtract(asked.limit, Duration.millis(1)))
      assert.isUndefined(caller.pollUnsafe(), "gives up too soon")
      yield* TestClock.adjust("1 millis")
    }
    return yield* Fiber.join(caller)
  })

const printed = (what: unknown): string =>
  [
    inspect(what, { depth: 20, showHidden: true }),
    String(what),
    JSON.stringify(what),
    ...(what instanceof Error ? [what.message, what.stack] : [])
  ].join("\n")

/** Asserts that no secret is in what others get to see, in whichever way they look at it. */
export const keepsSecrets = Effect.fnUntraced(function*(what: unknown, more: ReadonlyArray<string> = []) {
  const google = yield* LocalGoogle
  const text = printed(what)
  for (const secret of [...(yield* google.secrets), google.clientSecret]) {
    assert.notInclude(text, Redacted.value(secret))
  }
  for (const secret of more) assert.notInclude(text, secret)
})

/** The error that a failed cell stands for, in each of its fields, and no secret in it. */
export const assertUnreachable = Effect.fnUntraced(function*(failure: unknown, operation: string, cell: Failed) {
  assert(failure instanceof ProviderUnreachable, String(failure))
  assert.strictEqual(failure.operation, operation)
  assert.isTrue(failure.problem.startsWith(problemOf(operation, cell.why)), failure.problem)
  assert.strictEqual(failure.ambiguous, cell.ambiguous)
  assert.strictEqual(failure.retryAfter, cell.retryAfter)
  yield* keepsSecrets(failure)
})

/** Ada signs in at work, and Grace at home, consent and page included; fails as the sign-in does. */
export const signIn = Effect.fnUntraced(function*(key: AccountKey) {
  const flows = yield* AuthFlows
  const person = yield* Person
  const started = yield* flows.start(key, { openBrowser: false })
  if (started._tag === "AlreadyAuthenticated") return yield* Effect.die("there was nobody to sign in")
  const callback = yield* Effect.orDie(
    person.consent(started.flow.authorizationUrl, {
      _tag: "Allow",
      email: key === home ? "grace@example.com" : "ada@example.com"
    })
  )
  const page = yield* Effect.orDie(person.visit(callback))
  const outcome = yield* Effect.result(started.flow.outcome)
  assert.strictEqual(page.text.includes("<h1>Signed in</h1>"), outcome._tag === "Success", "the page lies")
  const { searchParams } = new URL(callback)
  const secrets = ["code", "state"].flatMap((name) => searchParams.getAll(name))
  assert.lengthOf(secrets, 2)
  yield* keepsSecrets([page.text, page.url, outcome], secrets)
  return yield* Effect.fromResult(outcome)
})

const clear = Schema.encodeSync(Session)

/** What is stored, tokens in the clear, so that it can be compared. */
export const stored = Effect.fnUntraced(function*(key: AccountKey) {
  const { generation, state } = yield* SessionStore.use((store) => Effect.orDie(store.read(key)))
  return { generation, is: state._tag, content: state._tag === "SignedIn" ? clear(state.session) : state }
})

/** A session that can be used, as a caller asks for it. */
export const fresh = (key: AccountKey) => Sessions.use((sessions) => sessions.fresh(key))

export const counts = LocalGoogle.use((google) => google.counts)
