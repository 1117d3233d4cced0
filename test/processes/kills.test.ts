/**
 * A process that dies, at each place where it waits for something, with nobody to clean up after it: no sign-in is lost, none
 * is anybody else's, and the next call works.
 */
import * as NodeServices from "@effect/platform-node/NodeServices"
import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, FileSystem, Layer } from "effect"
import { FetchHttpClient, HttpClient, HttpClientRequest } from "effect/http"
import * as LocalGoogleOidc from "../../src/layers/local-google/LocalGoogleOidc.ts"
import * as PersonHttp from "../../src/layers/local-google/PersonHttp.ts"
import { LocalGoogle } from "../../src/services/local-google/LocalGoogle.ts"
import { live, orderFor, relive } from "../support/mortal.ts"
import type { Order, Result } from "../support/mortalOrder.ts"

const prefix = "https://www.googleapis.com/auth/"
const narrow = ["openid", `${prefix}userinfo.email`]
const wide = [...narrow, `${prefix}script.projects`]

const layer = Layer.mergeAll(
  Layer.fresh(LocalGoogleOidc.layer()),
  PersonHttp.layer.pipe(Layer.provideMerge(FetchHttpClient.layer)),
  NodeServices.layer
)

/** Two at a time: each is a Node of its own. */
const each = { concurrency: 2 }

/** What a home with Ada's sign-in for the narrow scopes is copied from. */
const furnished = Effect.gen(function*() {
  const fs = yield* FileSystem.FileSystem
  const home = yield* fs.makeTempDirectoryScoped({ prefix: "mcp-gas-kills-" })
  const order: Order = {
    ...(yield* orderFor),
    home,
    rotates: false,
    scopes: narrow,
    does: "sign in",
    later: Duration.zero
  }
  assert.strictEqual((yield* relive(order))._tag, "Session")
  return order
})

const copied = Effect.fnUntraced(function*(order: Order) {
  const fs = yield* FileSystem.FileSystem
  const home = yield* fs.makeTempDirectoryScoped({ prefix: "mcp-gas-kills-" })
  yield* fs.copy(order.home, home, { overwrite: true })
  return { ...order, home }
})

/** The provider takes the token, and it is Ada's. */
const works = Effect.fnUntraced(function*(session: Result, where: string) {
  const { issuer } = yield* LocalGoogle
  if (session._tag !== "Session") return assert.fail(`${where}: ${JSON.stringify(session)}`)
  assert.strictEqual(session.email, "ada@example.com", where)
  const request = HttpClientRequest.bearerToken(HttpClientRequest.get(`${issuer}/v1/userinfo`), session.accessToken)
  assert.strictEqual((yield* HttpClient.execute(request)).status, 200, where)
  return session
})

/** That the person has answered is written down beside everything else, now before one thing and now before another. */
const inOrder = (all: ReadonlyArray<string>) => all.filter((place) => !place.includes("answered"))

/** The places that a life which is not cut short comes by. */
const places = Effect.fnUntraced(function*(order: Order) {
  const { places: all, signal } = yield* live(yield* copied(order))
  assert.isNull(signal)
  return inOrder(all)
})

const killed = Effect.fnUntraced(function*(order: Order, dieAt: string) {
  assert.strictEqual((yield* live({ ...order, dieAt })).signal, "SIGKILL", dieAt)
})

describe("Killed in the middle of", () => {
  it.live(
    "a sign-in on top of another one: the earlier one works, or the later one does",
    () =>
      Effect.gen(function*() {
        const order = yield* furnished
        const all = yield* places({ ...order, scopes: wide })
        assert.isAtLeast(all.length, 12, all.join(", "))
        const stored = all.indexOf("after writing the slot")
        yield* Effect.forEach(all, (dieAt, index) =>
          Effect.gen(function*() {
            const own = yield* copied(order)
            yield* killed({ ...own, scopes: wide }, dieAt)
            const next = yield* works(yield* relive(own), dieAt)
            assert.isFalse(next.consented, `${dieAt}: nobody has to consent to what they had`)
            assert.strictEqual(next.grantedScopes.length === wide.length, index >= stored, dieAt)
          }).pipe(Effect.scoped), each)
      }).pipe(Effect.scoped, Effect.provide(layer)),
    120_000
  )

  it.live("the first sign-in: it is there, or the next one works", () =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const order = { ...(yield* furnished), scopes: wide }
      const empty = Effect.map(
        fs.makeTempDirectoryScoped({ prefix: "mcp-gas-kills-" }),
        (home) => ({ ...order, home })
      )
      const all = inOrder((yield* live(yield* empty)).places)
      const stored = all.indexOf("after writing the slot")
      yield* Effect.forEach(all, (dieAt, index) =>
        Effect.gen(function*() {
          const own = yield* empty
          yield* killed(own, dieAt)
          const next = yield* works(yield* relive(own), dieAt)
          assert.strictEqual(next.consented, index < stored, dieAt)
        }).pipe(Effect.scoped), each)
    }).pipe(Effect.scoped, Effect.provide(layer)), 120_000)

  it.live("a refresh: the next one works, without anybody consenting", () =>
    Effect.gen(function*() {
      const order = { ...(yield* furnished), does: "refresh" as const }
      const all = yield* places(order)
      assert.isAtLeast(all.length, 8, all.join(", "))
      yield* Effect.forEach(all, (dieAt) =>
        Effect.gen(function*() {
          const own = yield* copied(order)
          yield* killed(own, dieAt)
          // An hour later the access token is of no use any more.
          yield* works(yield* relive({ ...own, does: "sign in", later: Duration.hours(1) }), dieAt)
        }).pipe(Effect.scoped), each)
      const { authorizations } = yield* LocalGoogle.use(({ counts }) => counts)
      assert.strictEqual(authorizations, 1, "the one to begin with")
    }).pipe(Effect.scoped, Effect.provide(layer)), 120_000)

  it.live("a sign-out: it has not happened yet, or it stays so", () =>
    Effect.gen(function*() {
      const order = { ...(yield* furnished), does: "sign out" as const }
      const { places: all } = yield* live(yield* copied(order))
      const done = all.indexOf("after signing the slot out")
      assert.isAbove(done, 0, all.join(", "))
      yield* Effect.forEach(all.filter((place) => !place.includes("revocation")), (dieAt) =>
        Effect.gen(function*() {
          const own = yield* copied(order)
          yield* killed(own, dieAt)
          const next = yield* relive({ ...own, does: "sign in" })
          if (next._tag !== "Session") return assert.fail(`${dieAt}: ${JSON.stringify(next)}`)
          assert.strictEqual(next.consented, all.indexOf(dieAt) >= done, dieAt)
        }).pipe(Effect.scoped))
    }).pipe(Effect.scoped, Effect.provide(layer)), 120_000)

  it.live(
    "a refresh at a provider that takes each refresh token once: never is one shown to it twice",
    () =>
      Effect.gen(function*() {
        const google = yield* LocalGoogle
        yield* google.change({ rotateRefreshTokens: true })
        const rotating = Effect.map(furnished, (order) => ({ ...order, rotates: true, does: "refresh" as const }))
        const all = yield* places(yield* rotating)
        const sent = all.indexOf("after noting the refresh")
        const stored = all.indexOf("after writing the slot")
        yield* Effect.forEach(all, (dieAt, index) =>
          Effect.gen(function*() {
            const own = yield* rotating
            yield* killed(own, dieAt)
            const before = (yield* google.counts).refreshes
            const next = yield* works(yield* relive({ ...own, does: "sign in", later: Duration.hours(1) }), dieAt)
            // What was noted and not answered, as far as anybody knows, is a person's to decide.
            const isUnclear = index >= sent && index < stored
            assert.strictEqual(next.consented, isUnclear, dieAt)
            assert.strictEqual((yield* google.counts).refreshes - before, isUnclear ? 0 : 1, dieAt)
          }).pipe(Effect.scoped))
      }).pipe(Effect.scoped, Effect.provide(layer)),
    120_000
  )
})
