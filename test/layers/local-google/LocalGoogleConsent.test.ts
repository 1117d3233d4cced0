import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Ref } from "effect"
import { type Cookies, HttpClient } from "effect/http"
import * as PersonHttp from "../../../src/layers/local-google/PersonHttp.ts"
import { LocalGoogle } from "../../../src/services/local-google/LocalGoogle.ts"
import { Person } from "../../../src/services/local-google/Person.ts"
import * as Client from "../../support/localGoogleClient.ts"

const { deployments, google, projects } = Client

describe("LocalGoogle: consent", () => {
  it.effect("redirects with a code and what Google adds to it", () =>
    Effect.gen(function*() {
      const { issuer } = yield* LocalGoogle
      const redirect = yield* Client.consent()
      assert.deepStrictEqual([...redirect.keys()].toSorted(), ["authuser", "code", "iss", "prompt", "scope", "state"])
      assert.strictEqual(redirect.get("state"), "some state")
      assert.strictEqual(redirect.get("iss"), issuer)
      assert.strictEqual(redirect.get("authuser"), "0")
      assert.strictEqual(redirect.get("prompt"), "consent")
      assert.strictEqual(
        redirect.get("scope"),
        `openid ${google}userinfo.email ${google}userinfo.profile ${projects} ${deployments}`
      )
    }).pipe(Effect.provide(Client.layer())))

  it.effect("redirects with access_denied and the state when the person cancels", () =>
    Effect.gen(function*() {
      const { issuer } = yield* LocalGoogle
      const redirect = yield* Client.consent({ _tag: "Deny" })
      assert.deepStrictEqual(Object.fromEntries(redirect), { error: "access_denied", state: "some state", iss: issuer })
    }).pipe(Effect.provide(Client.layer())))

  it.effect("leaves iss out, of refusals too, once its habit is changed, and never announces it", () =>
    Effect.gen(function*() {
      const local = yield* LocalGoogle
      yield* local.change({ issuerInResponse: false })
      const allowed = yield* Client.consent()
      assert.isFalse(allowed.has("iss"))
      assert.isTrue(allowed.has("code"))
      assert.deepStrictEqual(Object.fromEntries(yield* Client.consent({ _tag: "Deny" })), {
        error: "access_denied",
        state: "some state"
      })
      const { body } = yield* Client.get("/.well-known/openid-configuration")
      assert.strictEqual(body["issuer"], local.issuer)
      assert.notProperty(body, "authorization_response_iss_parameter_supported")
    }).pipe(Effect.provide(Client.layer())))

  it.effect("grants without the scopes whose boxes were un-ticked, and all of them the next time", () =>
    Effect.gen(function*() {
      const some = yield* Client.signIn({ _tag: "Allow", untick: [deployments] })
      assert.strictEqual(some["scope"], `openid ${google}userinfo.email ${google}userinfo.profile ${projects}`)
      const all = yield* Client.signIn()
      assert.include(String(all["scope"]).split(" "), deployments)
    }).pipe(Effect.provide(Client.layer())))

  it.effect("signs in whom the person chose, else whom login_hint names, else the first", () =>
    Effect.gen(function*() {
      const { accounts } = yield* LocalGoogle
      const [first, second, third] = accounts.map(({ email }) => email)
      const who = Effect.fnUntraced(function*(email: string | undefined, hint: string) {
        const tokens = yield* Client.signIn(
          { _tag: "Allow", ...(email === undefined ? {} : { email }) },
          { login_hint: hint }
        )
        return (yield* Client.userinfo(tokens["access_token"])).body["email"]
      })
      assert.strictEqual(yield* who(undefined, ""), first)
      assert.strictEqual(yield* who(undefined, second ?? ""), second)
      assert.strictEqual(yield* who(third, second ?? ""), third)
    }).pipe(Effect.provide(Client.layer())))

  it.effect("lets one browser sign in as somebody, and then as somebody else", () =>
    Effect.gen(function*() {
      const jar = yield* Ref.make<ReadonlyArray<Cookies.Cookie>>([])
      const oneBrowser = Layer.fresh(PersonHttp.layer).pipe(
        Layer.provide(
          Layer.effect(HttpClient.HttpClient, Effect.map(HttpClient.HttpClient, HttpClient.withCookiesRef(jar)))
        )
      )
      const { accounts } = yield* LocalGoogle
      for (const { email } of accounts) {
        const { access_token } = yield* Client.signIn({ _tag: "Allow", email }).pipe(Effect.provide(oneBrowser))
        assert.strictEqual((yield* Client.userinfo(access_token)).body["email"], email)
      }
      assert.isNotEmpty(yield* Ref.get(jar))
    }).pipe(Effect.provide(Client.layer())))

  it.effect("asks again for every authorization, and takes select_account with consent", () =>
    Effect.gen(function*() {
      const person = yield* Person
      yield* Client.signIn()
      for (const prompt of ["", "consent", "select_account", "consent select_account"]) {
        const { text } = yield* person.visit(yield* Client.authorizationUrl({ prompt }))
        assert.include(text, "<form method=\"post\">")
        assert.isNotNull((yield* Client.consent({ _tag: "Allow" }, { prompt })).get("code"))
      }
    }).pipe(Effect.provide(Client.layer())))

  it.effect("redirects to any port and path of a loopback address", () =>
    Effect.gen(function*() {
      for (
        const redirect_uri of ["http://127.0.0.1:1234/callback", "http://127.0.0.1:4321/a/b?c=d", "http://localhost:5/"]
      ) {
        assert.isNotNull((yield* Client.consent({ _tag: "Allow" }, { redirect_uri })).get("code"))
      }
    }).pipe(Effect.provide(Client.layer())))

  it.effect("shows an error page and does not redirect when it trusts neither client, address nor scope", () =>
    Effect.gen(function*() {
      const person = yield* Person
      const cases: ReadonlyArray<readonly [Record<string, string>, string]> = [
        [{ redirect_uri: "https://evil.example/callback" }, "Error 400: redirect_uri_mismatch"],
        [{ redirect_uri: "http://127.0.0.1.evil.example/callback" }, "Error 400: redirect_uri_mismatch"],
        [{ client_id: "nobody" }, "invalid_client"],
        [{ scope: "openid https://www.googleapis.com/auth/ pets" }, "Error 400: invalid_scope"]
      ]
      for (const [changes, said] of cases) {
        const page = yield* person.visit(yield* Client.authorizationUrl(changes))
        assert.isTrue(page.url.startsWith((yield* LocalGoogle).issuer))
        assert.isAtLeast(page.status, 400)
        assert.include(page.text, said)
      }
    }).pipe(Effect.provide(Client.layer())))

  it.effect("grants Google's scopes that it has no words for", () =>
    Effect.gen(function*() {
      for (const scope of [`openid ${google}some.new.thing`, `${google}some.new.thing`]) {
        assert.strictEqual((yield* Client.signIn(undefined, { scope }))["scope"], scope)
      }
    }).pipe(Effect.provide(Client.layer())))
})

describe("LocalGoogle: the consent page", () => {
  it.effect("says who asks, for what, and for whom", () =>
    Effect.gen(function*() {
      const person = yield* Person
      const { accounts } = yield* LocalGoogle
      const { status, text } = yield* person.visit(yield* Client.authorizationUrl())
      assert.strictEqual(status, 200)
      assert.include(text, "The app wants access to your Google Account")
      assert.include(text, "View and manage Google Apps Script projects")
      for (const { email, name } of accounts) {
        assert.include(text, email)
        assert.include(text, name)
      }
      assert.strictEqual(text.match(/type="checkbox"/g)?.length, 2)
      assert.notInclude(text, "<script")
    }).pipe(Effect.provide(Client.layer({ clientName: "The app" }))))

  it.effect("escapes whatever comes from outside", () =>
    Effect.gen(function*() {
      const person = yield* Person
      const page = yield* person.visit(
        yield* Client.authorizationUrl({
          login_hint: "<img src=x onerror=hint()>\"'&",
          scope: `openid ${google}<b>`
        })
      )
      assert.include(page.text, "&lt;img src=x onerror=hint()&gt;&quot;&#39;&amp;")
      assert.include(page.text, "&lt;i&gt;Ada&lt;/i&gt;")
      assert.include(page.text, "&lt;u&gt;App&lt;/u&gt;")
      assert.include(page.text, `${google}&lt;b&gt;`)
      for (const raw of ["<img", "<i>", "<u>", "<b>"]) assert.notInclude(page.text, raw)

      const refused = yield* person.visit(yield* Client.authorizationUrl({ scope: "<img>" }))
      assert.include(refused.text, "&lt;img&gt;")
      assert.notInclude(refused.text, "<img")
    }).pipe(Effect.provide(
      Client.layer({
        clientName: "<u>App</u>",
        accounts: [{ sub: "1", email: "ada@example.com", name: "<i>Ada</i>" }]
      })
    )))

  it.effect("is a dead end without the cookie of a sign-in under way", () =>
    Effect.gen(function*() {
      const person = yield* Person
      const { issuer } = yield* LocalGoogle
      const page = yield* person.visit(`${issuer}/signin/oauth/consent/guessed`)
      assert.strictEqual(page.status, 400)
      assert.include(page.text, "This sign-in is over or has expired.")
    }).pipe(Effect.provide(Client.layer())))
})
