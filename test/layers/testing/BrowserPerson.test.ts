/**
 * The person whose browser opens: in memory, and once over real sockets at the local Google.
 */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Option, Redacted } from "effect"
import { Digest, SecureRandom } from "effect/crypto"
import { FetchHttpClient } from "effect/http"
import * as LocalGoogleOidc from "../../../src/layers/local-google/LocalGoogleOidc.ts"
import * as PersonHttp from "../../../src/layers/local-google/PersonHttp.ts"
import * as AuthorizationServerDiscovered from "../../../src/layers/provider/AuthorizationServerDiscovered.ts"
import * as OAuthFetch from "../../../src/layers/provider/OAuthFetch.ts"
import * as AuthEventsPubSub from "../../../src/layers/sign-in/AuthEventsPubSub.ts"
import * as CallbackServerLoopback from "../../../src/layers/sign-in/CallbackServerLoopback.ts"
import * as BrowserPerson from "../../../src/layers/testing/BrowserPerson.ts"
import * as SignIn from "../../../src/programs/embedding/SignIn.ts"
import * as SignInKept from "../../../src/programs/embedding/SignInKept.ts"
import { LocalGoogle } from "../../../src/services/local-google/LocalGoogle.ts"
import { Person, PersonLost } from "../../../src/services/local-google/Person.ts"
import { AccountKey, defaultAccountKey } from "../../../src/services/sign-in/AccountKey.ts"
import { AuthFlows } from "../../../src/services/sign-in/AuthFlows.ts"
import { Browser } from "../../../src/services/sign-in/Browser.ts"
import { Sessions } from "../../../src/services/sign-in/Sessions.ts"
import { ScriptedPerson } from "../../../src/services/testing/ScriptedPerson.ts"

/** Says what they were told to do; lost at the one address that leads nowhere. */
const person = Layer.succeed(Person, {
  consent: (url, answer) =>
    url.endsWith("/nowhere")
      ? Effect.fail(new PersonLost({ step: "open the consent page", found: "no answer" }))
      : Effect.succeed(`${url}?${answer._tag === "Allow" ? (answer.email ?? "first") : "no"}`),
  visit: (url) => Effect.succeed({ url, status: 200, text: "done" })
})

const open = (url: string) => Browser.use((browser) => browser.open(url))
const layer = BrowserPerson.layer().pipe(Layer.provide(person))

describe("BrowserPerson", () => {
  it.effect("has the person do what they will at that moment, and shows where they end", () =>
    Effect.gen(function*() {
      const { nextOpened, nextPage, opened, will } = yield* ScriptedPerson
      const page = Effect.map(nextPage, ({ url }) => url)
      yield* open("https://a.test/one")
      yield* will({ _tag: "Allow", email: "grace@example.com" })
      yield* open("https://a.test/two")
      yield* will({ _tag: "Deny" })
      yield* open("https://a.test/three")
      assert.strictEqual(yield* page, "https://a.test/one?first")
      assert.strictEqual(yield* page, "https://a.test/two?grace@example.com")
      assert.strictEqual(yield* page, "https://a.test/three?no")
      assert.deepStrictEqual([yield* nextOpened, yield* nextOpened], ["https://a.test/one", "https://a.test/two"])
      assert.deepStrictEqual(yield* opened, ["https://a.test/one", "https://a.test/two", "https://a.test/three"])
    }).pipe(Effect.provide(layer)))

  it.effect("has them wait, and then do as the test says by hand", () =>
    Effect.gen(function*() {
      const { consent, deny, nextPage, will } = yield* ScriptedPerson
      yield* will({ _tag: "Wait" })
      yield* open("https://a.test/one")
      assert.strictEqual((yield* consent("https://a.test/one")).url, "https://a.test/one?first")
      assert.strictEqual((yield* deny("https://a.test/one")).url, "https://a.test/one?no")
      yield* will({ _tag: "Allow" })
      yield* open("https://a.test/two")
      assert.strictEqual((yield* nextPage).url, "https://a.test/two?first")
    }).pipe(Effect.provide(layer)))

  it.effect("tells where they got lost, and lets them go on", () =>
    Effect.gen(function*() {
      const { nextPage } = yield* ScriptedPerson
      yield* open("https://a.test/nowhere")
      yield* open("https://a.test/two")
      assert.strictEqual((yield* Effect.flip(nextPage)).found, "no answer")
      assert.strictEqual((yield* nextPage).url, "https://a.test/two?first")
    }).pipe(Effect.provide(layer)))

  it.effect("opens what a browser of the machine would open, and nothing else", () =>
    Effect.gen(function*() {
      const { opened } = yield* ScriptedPerson
      for (const url of ["http://a.test/", "file:///etc/passwd", "--help"]) {
        assert.strictEqual((yield* Effect.flip(open(url)))._tag, "BrowserUnavailable")
      }
      assert.deepStrictEqual(yield* opened, [])
    }).pipe(Effect.provide(layer)))
})

const Provider = Layer.unwrap(
  Effect.map(LocalGoogle, ({ clientId, clientSecret, issuer }) =>
    AuthorizationServerDiscovered.layer({
      issuer,
      client: Effect.succeed({ clientId, clientSecret: Option.some(clientSecret) }),
      authorizationParameters: { access_type: "offline" }
    }))
)

/** The engine on sockets, at a real provider, with a person at its browser. */
const sockets = SignIn.engine({ scopes: ["openid", "email"] }).pipe(
  Layer.provide(CallbackServerLoopback.layer({ serverName: "Notes" })),
  Layer.provideMerge(BrowserPerson.layer()),
  Layer.provide([Provider, PersonHttp.layer, SignInKept.layerMemory]),
  Layer.provide([OAuthFetch.layer, AuthEventsPubSub.layer]),
  Layer.provideMerge(LocalGoogleOidc.layer()),
  Layer.provide([FetchHttpClient.layer, Digest.layerWebCrypto, SecureRandom.layerWebCrypto])
)

describe("BrowserPerson at the local Google", () => {
  it.live("signs in as soon as a page opens, declines the next one, and both see the page that says so", () =>
    Effect.gen(function*() {
      const { start } = yield* AuthFlows
      const { counts } = yield* LocalGoogle
      const { nextPage, will } = yield* ScriptedPerson
      const outcome = Effect.fnUntraced(function*(key: AccountKey) {
        const started = yield* start(key, { openBrowser: true })
        return yield* started._tag === "AlreadyAuthenticated" ? Effect.succeed(started.session) : started.flow.outcome
      })

      yield* will({ _tag: "Allow", email: "grace@example.com" })
      assert.strictEqual((yield* outcome(defaultAccountKey)).account.email, "grace@example.com")
      assert.include((yield* nextPage).text, "grace@example.com is now signed in to Notes.")
      const { accessToken } = yield* Sessions
      assert.isNotEmpty(Redacted.value(yield* accessToken(defaultAccountKey)))

      yield* will({ _tag: "Deny" })
      assert.strictEqual((yield* Effect.flip(outcome(AccountKey.make("work")))).code, "consent_denied")
      assert.include((yield* nextPage).text, "Sign-in declined")
      assert.strictEqual((yield* counts).exchanges, 1)
    }).pipe(Effect.provide(sockets)))
})
