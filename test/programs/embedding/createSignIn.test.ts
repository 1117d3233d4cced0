/**
 * The sign-in by Promises, against the local Google: what a server without Effect gets.
 */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Redacted } from "effect"
import { createSignIn } from "../../../src/programs/embedding/createSignIn.ts"
import {
  type CreateSignInOptions,
  type PromiseSignIn,
  SignInError,
  type SignInStatus
} from "../../../src/programs/embedding/PromiseSignIn.ts"
import { LocalGoogle } from "../../../src/services/local-google/LocalGoogle.ts"
import { Person } from "../../../src/services/local-google/Person.ts"
import * as LocalGoogleClient from "../../support/localGoogleClient.ts"
import { refuses } from "../../support/loopbackClient.ts"

const scopes = ["openid", "email", "profile"]

/** A sign-in at the local Google that is closed with the test. */
const signInWith = Effect.fnUntraced(function*(options: Partial<CreateSignInOptions> = {}) {
  const { clientId, clientSecret, issuer } = yield* LocalGoogle
  return yield* Effect.acquireRelease(
    Effect.sync(() =>
      createSignIn({
        name: "acme-mcp",
        title: "Acme",
        issuer,
        clientId,
        clientSecret: Redacted.value(clientSecret),
        scopes,
        authorizationParameters: { access_type: "offline", prompt: "consent" },
        storage: "memory",
        browser: "none",
        logLevel: "none",
        ...options
      })
    ),
    (signIn) => Effect.promise(() => signIn.close())
  )
})

/** The person goes where they are shown, and consents; answers with what they see at the end. */
const consent = Effect.fnUntraced(function*({ authUrl }: SignInStatus) {
  const person = yield* Person
  const redirect = yield* person.consent(authUrl ?? "", { _tag: "Allow" })
  return (yield* person.visit(redirect)).text
})

/** What a caller is rejected with: its code, if it is one of ours. */
const rejected = (promise: () => Promise<unknown>): Effect.Effect<unknown> =>
  Effect.promise(() =>
    promise().then(
      () => "not rejected",
      (error: unknown) => error instanceof SignInError ? error.code : error
    )
  )

const signedIn = Effect.fnUntraced(function*(signIn: PromiseSignIn) {
  const started = yield* Effect.promise(() => signIn.start())
  yield* consent(started)
  return yield* Effect.promise(() => started.finished())
})

describe("createSignIn", () => {
  it.live("callers who start at once share one sign-in, and its outcome", () =>
    Effect.gen(function*() {
      const signIn = yield* signInWith()
      const all = yield* Effect.promise(() => Promise.all(Array.from({ length: 10 }, () => signIn.start())))
      assert.strictEqual(all.filter(({ status }) => status === "auth_started").length, 1)
      assert.strictEqual(all.filter(({ status }) => status === "auth_pending").length, 9)
      assert.strictEqual(new Set(all.map(({ authUrl }) => authUrl)).size, 1)
      const [first] = all
      assert.isDefined(first)
      assert.include(yield* consent(first), "Acme")
      for (const { finished } of all) {
        const status = yield* Effect.promise(() => finished())
        assert.strictEqual(status.status, "authenticated")
        assert.strictEqual(status.account?.email, "ada@example.com")
      }
      const google = yield* LocalGoogle
      assert.strictEqual((yield* google.counts).exchanges, 1)
      const again = yield* Effect.promise(() => signIn.start())
      assert.strictEqual(again.status, "already_authenticated")
      assert.strictEqual((yield* Effect.promise(() => again.finished())).account?.email, "ada@example.com")
    }).pipe(Effect.scoped, Effect.provide(LocalGoogleClient.layer())))

  it.live("hands out one token until it is refused, and then another", () =>
    Effect.gen(function*() {
      const signIn = yield* signInWith()
      assert.strictEqual(yield* rejected(() => signIn.accessToken()), "sign_in_required")
      yield* signedIn(signIn)
      const tokens = yield* Effect.promise(() => Promise.all([signIn.accessToken(), signIn.accessToken()]))
      assert.strictEqual(tokens[0], tokens[1])
      assert.isAbove(tokens[0].length, 10)
      yield* Effect.promise(() => signIn.invalidate(tokens[0]))
      const [one, other] = yield* Effect.promise(() => Promise.all([signIn.accessToken(), signIn.accessToken()]))
      assert.strictEqual(one, other)
      assert.notStrictEqual(one, tokens[0])
      const google = yield* LocalGoogle
      assert.strictEqual((yield* google.counts).refreshes, 1)
    }).pipe(Effect.scoped, Effect.provide(LocalGoogleClient.layer())))

  it.live("signs out, and revokes", () =>
    Effect.gen(function*() {
      const signIn = yield* signInWith()
      yield* signedIn(signIn)
      assert.isTrue((yield* Effect.promise(() => signIn.status())).authenticated)
      assert.strictEqual((yield* Effect.promise(() => signIn.logout())).status, "logged_out")
      assert.isFalse((yield* Effect.promise(() => signIn.status())).authenticated)
      const google = yield* LocalGoogle
      assert.strictEqual((yield* google.counts).revocations, 1)
    }).pipe(Effect.scoped, Effect.provide(LocalGoogleClient.layer())))

  it.live("accounts are apart, and what is no name of one is refused", () =>
    Effect.gen(function*() {
      const signIn = yield* signInWith()
      yield* signedIn(signIn)
      assert.isFalse((yield* Effect.promise(() => signIn.status({ account: "work" }))).authenticated)
      assert.strictEqual(yield* rejected(() => signIn.start({ account: "two words" })), "invalid_arguments")
    }).pipe(Effect.scoped, Effect.provide(LocalGoogleClient.layer())))

  it.live("a caller who gives up leaves the sign-in to the others", () =>
    Effect.gen(function*() {
      const signIn = yield* signInWith()
      const started = yield* Effect.promise(() => signIn.start())
      const giving = new AbortController()
      const reason = new Error("no time")
      const waiting = yield* Effect.forkChild(rejected(() => started.finished({ signal: giving.signal })), {
        startImmediately: true
      })
      giving.abort(reason)
      assert.strictEqual(yield* Fiber.join(waiting), reason)
      yield* consent(started)
      assert.isTrue((yield* Effect.promise(() => started.finished())).authenticated)
    }).pipe(Effect.scoped, Effect.provide(LocalGoogleClient.layer())))

  it.live("a caller who has given up before begins nothing, neither by a call nor by the tool", () =>
    Effect.gen(function*() {
      const signIn = yield* signInWith()
      const reason = new Error("no time")
      const signal = AbortSignal.abort(reason)
      assert.strictEqual(yield* rejected(() => signIn.start({ signal })), reason)
      assert.strictEqual(yield* rejected(() => signIn.status({ signal })), reason)
      const extra = { signal, sendNotification: () => Promise.resolve() }
      const tool = signIn.authTool("acme_auth")
      const answer = yield* Effect.promise(() => tool.call({ waitForCompletion: false }, { extra }))
      assert.isTrue(answer.isError)
      assert.strictEqual((yield* Effect.promise(() => signIn.status())).status, "not_authenticated")
    }).pipe(Effect.scoped, Effect.provide(LocalGoogleClient.layer())))

  it.live("a denial rejects with its code, cause and remedy, and no secret", () =>
    Effect.gen(function*() {
      const signIn = yield* signInWith()
      const person = yield* Person
      const started = yield* Effect.promise(() => signIn.start())
      const ending = yield* Effect.forkChild(Effect.flip(Effect.tryPromise(() => started.finished())))
      yield* person.visit(yield* person.consent(started.authUrl ?? "", { _tag: "Deny" }))
      const { cause } = yield* Fiber.join(ending)
      assert.instanceOf(cause, SignInError)
      assert.strictEqual(cause.code, "consent_denied")
      assert.isAbove(cause.remedy.length, 10)
    }).pipe(Effect.scoped, Effect.provide(LocalGoogleClient.layer())))

  it.live("closing tells whoever waits, frees the port, and is final", () =>
    Effect.gen(function*() {
      const signIn = yield* signInWith()
      const started = yield* Effect.promise(() => signIn.start())
      const tool = signIn.authTool("acme_auth")
      const waiting = yield* Effect.forkChild(rejected(() => started.finished()), { startImmediately: true })
      const calling = yield* Effect.forkChild(Effect.promise(() => tool.call({ mode: "status", waitSeconds: 40 })), {
        startImmediately: true
      })
      yield* Effect.promise(() => Promise.all([signIn.close(), signIn.close()]))
      assert.strictEqual(yield* Fiber.join(waiting), "closed")
      assert.isTrue((yield* Fiber.join(calling)).isError)
      assert.isTrue(yield* refuses(Number(new URL(started.redirectUri ?? "").port)))
      assert.strictEqual(yield* rejected(() => signIn.status()), "closed")
      assert.isTrue((yield* Effect.promise(() => tool.call({ mode: "status" }))).isError)
    }).pipe(Effect.scoped, Effect.provide(LocalGoogleClient.layer())))

  const asGoogle: CreateSignInOptions = {
    name: "acme-mcp",
    issuer: "https://accounts.google.com",
    clientId: "client",
    scopes,
    storage: "memory",
    browser: "none",
    logLevel: "none"
  }

  /** What a sign-in with these options tells of them: the same to whoever calls and by its tool. */
  const toldOf = async (options: Record<string, unknown>) => {
    const given: Record<string, unknown> = { ...asGoogle, ...options }
    await using signIn: PromiseSignIn = Reflect.apply(createSignIn, undefined, [given])
    const error: unknown = await signIn.status().then(() => undefined, (why: unknown) => why)
    assert.instanceOf(error, SignInError)
    assert.strictEqual(error.code, "invalid_options")
    const { content } = await signIn.authTool("acme_auth").call({ mode: "status" })
    assert.include(JSON.stringify(content), "invalid_options")
    return error.message
  }

  it("tells which options cannot be used, all of them, when it is asked for something, and not what they hold", async () => {
    const secret = "aSecretInTheWrongPlace"
    const all = await toldOf({
      name: `../${secret}`,
      issuer: secret,
      clientId: "",
      clientSecret: { secret },
      scopes: "openid email",
      authorizationParameters: [secret],
      storage: "file",
      directory: `./${secret}`,
      browser: { comand: secret },
      callbackPort: 99_999,
      timeoutSeconds: Number.NaN,
      logLevel: "verbose",
      clientID: secret
    })
    assert.notInclude(all, secret)
    for (
      const problem of [
        "name: expected a name that a directory can have",
        "issuer: expected an https: URL",
        "clientId: expected",
        "clientSecret: expected string",
        "scopes: expected array",
        "authorizationParameters",
        "storage: expected \"files\"",
        "directory: expected an absolute path",
        "browser",
        "callbackPort: expected",
        "timeoutSeconds: expected",
        "logLevel: expected",
        "clientID: no such option"
      ]
    ) assert.include(all, problem)
    assert.include(await toldOf({ scopes: ["openid email"] }), "scopes.0: expected one scope, without spaces")
    assert.include(await toldOf({ issuer: "http://accounts.example.com" }), "issuer: expected an https: URL")
    const names = ["", "..", "a/b", " a", "a.", undefined].map((name) => toldOf({ name }))
    for (const told of await Promise.all(names)) assert.include(told, "name: ")
  })

  it("takes options that are there without a value as not said", async () => {
    const unsaid = { title: undefined, clientSecret: undefined, directory: undefined, callbackPort: undefined }
    await using signIn: PromiseSignIn = Reflect.apply(createSignIn, undefined, [{ ...asGoogle, ...unsaid }])
    assert.strictEqual((await signIn.status()).status, "not_authenticated")
  })

  it("asks Google for a refresh token in memory too, and needs no network to know where", async () => {
    await using signIn = createSignIn(asGoogle)
    const { authUrl = "" } = await signIn.start()
    assert.strictEqual(new URL(authUrl).searchParams.get("access_type"), "offline")
  })

  it("is made without a look at anything: what is wrong is told by the first thing it is asked for", async () => {
    await using signIn = createSignIn({
      name: "acme-mcp",
      issuer: "https://accounts.google.com",
      clientId: "client",
      scopes,
      directory: "/dev/null/nowhere",
      browser: "none",
      logLevel: "none"
    })
    const error: unknown = await signIn.start().then(() => undefined, (why: unknown) => why)
    assert.instanceOf(error, SignInError)
    assert.strictEqual(error.code, "store_unavailable")
    assert.notInclude(`${error.message} ${error.remedy}`, "MCP_GAS")
  })
})
