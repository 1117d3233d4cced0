import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { FetchHttpClient } from "effect/http"
import { createServer, type RequestListener } from "node:http"
import * as PersonHttp from "../../../src/layers/local-google/PersonHttp.ts"
import { Person } from "../../../src/services/local-google/Person.ts"
import * as Client from "../../support/localGoogleClient.ts"

const personLayer = PersonHttp.layer.pipe(Layer.provide(FetchHttpClient.layer))

/** A web site on any free port; answers with its origin. */
const site = (listener: RequestListener) =>
  Effect.acquireRelease(
    Effect.callback<{ readonly origin: string; readonly close: () => void }>((resume) => {
      const server = createServer(listener)
      server.listen(0, "127.0.0.1", () => {
        const address = server.address()
        const port = address !== null && typeof address === "object" ? address.port : 0
        resume(Effect.succeed({
          origin: `http://127.0.0.1:${port}`,
          close: () => {
            server.close()
            server.closeAllConnections()
          }
        }))
      })
    }),
    ({ close }) => Effect.sync(close)
  ).pipe(Effect.map(({ origin }) => origin))

/** Redirects `/n` to `/n-1`, and has a page at `/0`. */
const stairs: RequestListener = (request, response) => {
  const step = Number(request.url?.slice(1))
  if (step === 0) return void response.writeHead(418, { "content-type": "text/html" }).end("<h1>Down</h1>")
  response.writeHead(302, { location: `/${step - 1}` }).end()
}

const toApp = (origin: string) =>
  `${origin}/consent?redirect_uri=${encodeURIComponent("http://127.0.0.1:1/callback?app=1")}&state=hush`

describe("PersonHttp: visit", () => {
  it.effect("follows ten redirects and reads the page, whatever its status", () =>
    Effect.gen(function*() {
      const person = yield* Person
      const origin = yield* site(stairs)
      assert.deepStrictEqual(yield* person.visit(`${origin}/10`), {
        url: `${origin}/0`,
        status: 418,
        text: "<h1>Down</h1>"
      })
      const lost = yield* Effect.flip(person.visit(`${origin}/11`))
      assert.strictEqual(lost.found, "more than 10 redirects")
    }).pipe(Effect.provide(personLayer)))

  it.effect("is lost where nobody answers, and does not repeat the address", () =>
    Effect.gen(function*() {
      const person = yield* Person
      const lost = yield* Effect.flip(person.visit("http://127.0.0.1:1/callback?code=hush"))
      assert.strictEqual(lost._tag, "PersonLost")
      assert.notInclude(JSON.stringify(lost) + lost.message, "hush")
    }).pipe(Effect.provide(personLayer)))

  it.effect("remembers the cookies of one visit and forgets them for the next", () =>
    Effect.gen(function*() {
      const person = yield* Person
      const seen: Array<string | undefined> = []
      const origin = yield* site((request, response) => {
        seen.push(request.headers.cookie)
        return void (request.url === "/"
          ? response.writeHead(303, { location: "/next", "set-cookie": ["a=1; Path=/", "b=2; Path=/elsewhere"] }).end()
          : response.end("there"))
      })
      yield* person.visit(origin)
      yield* person.visit(origin)
      assert.deepStrictEqual(seen, [undefined, "a=1", undefined, "a=1"])
    }).pipe(Effect.provide(personLayer)))
})

describe("PersonHttp: consent", () => {
  it.effect("stops at the redirect URI without opening it", () =>
    Effect.gen(function*() {
      const person = yield* Person
      let opened = 0
      const app = yield* site((_request, response) => {
        opened++
        response.end()
      })
      const redirect_uri = `${app}/callback?app=1`
      const address = new URL(
        yield* person.consent(yield* Client.authorizationUrl({ redirect_uri }), { _tag: "Allow" })
      )
      assert.strictEqual(address.origin + address.pathname, `${app}/callback`)
      assert.strictEqual(address.searchParams.get("app"), "1")
      assert.isTrue(address.searchParams.has("code"))
      assert.strictEqual(opened, 0)
    }).pipe(Effect.provide(Client.layer())))

  it.effect("returns an answer that came without a page", () =>
    Effect.gen(function*() {
      const person = yield* Person
      const answered = "http://127.0.0.1:1/callback?app=1&error=interaction_required"
      const origin = yield* site((_request, response) => response.writeHead(302, { location: answered }).end())
      assert.strictEqual(yield* person.consent(toApp(origin), { _tag: "Allow" }), answered)
    }).pipe(Effect.provide(personLayer)))

  it.effect("does not take another site for the app because of its path", () =>
    Effect.gen(function*() {
      const person = yield* Person
      const origin = yield* site((request, response) =>
        void (request.url === "/callback"
          ? response.writeHead(404).end("nothing")
          : response.writeHead(302, { location: "/callback" }).end())
      )
      const lost = yield* Effect.flip(person.consent(toApp(origin), { _tag: "Allow" }))
      assert.strictEqual(lost.found, "a page with status 404")
    }).pipe(Effect.provide(personLayer)))

  it.effect("is lost when there is no such account or box on the page", () =>
    Effect.gen(function*() {
      const person = yield* Person
      const url = yield* Client.authorizationUrl()
      const nobody = yield* Effect.flip(person.consent(url, { _tag: "Allow", email: "nobody@example.com" }))
      assert.include(nobody.message, "no account nobody@example.com")
      const noBox = yield* Effect.flip(person.consent(url, { _tag: "Allow", untick: [`${Client.google}gmail.send`] }))
      assert.include(noBox.message, "no box for https://www.googleapis.com/auth/gmail.send")
    }).pipe(Effect.provide(Client.layer())))

  it.effect("is lost on an error page, and says what it read there without secrets", () =>
    Effect.gen(function*() {
      const person = yield* Person
      const url = yield* Client.authorizationUrl({ scope: "pets", state: "hush" })
      const lost = yield* Effect.flip(person.consent(url, { _tag: "Allow" }))
      assert.strictEqual(lost.step, "find the consent form")
      assert.include(lost.found, "status 400")
      assert.include(lost.found, "Access blocked: authorization error Some requested scopes were invalid.")
      assert.notInclude(JSON.stringify(lost), "hush")
    }).pipe(Effect.provide(Client.layer())))

  it.effect("is lost when answering the page leads nowhere near the app", () =>
    Effect.gen(function*() {
      const person = yield* Person
      const origin = yield* site((request, response) =>
        void response.setHeader("content-type", "text/html").end(
          request.method === "POST"
            ? "<h1>Odd</h1>"
            : "<form method=post><input type=radio name=account value='ada@example.com' checked></form>"
        )
      )
      const lost = yield* Effect.flip(person.consent(toApp(origin), { _tag: "Allow" }))
      assert.strictEqual(lost.step, "return to the app")
      assert.strictEqual(lost.found, "a page with status 200 that says \"Odd\"")
    }).pipe(Effect.provide(personLayer)))

  it.effect("is lost with an authorization URL that names no redirect URI", () =>
    Effect.gen(function*() {
      const person = yield* Person
      const lost = yield* Effect.flip(person.consent("http://127.0.0.1:1/auth", { _tag: "Deny" }))
      assert.strictEqual(lost.found, "no redirect_uri in it")
    }).pipe(Effect.provide(personLayer)))
})
