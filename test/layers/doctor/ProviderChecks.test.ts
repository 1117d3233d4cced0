/**
 * What is said of the provider and of the clock, by what a real server answers.
 */
import { assert, describe, it } from "@effect/vitest"
import { DateTime, Effect, Fiber } from "effect"
import { TestClock } from "effect/testing"
import * as Check from "../../../src/layers/doctor/Check.ts"
import * as ClockCheck from "../../../src/layers/doctor/ClockCheck.ts"
import * as ProviderCheck from "../../../src/layers/doctor/ProviderCheck.ts"
import * as ProviderProbe from "../../../src/layers/doctor/ProviderProbe.ts"
import type { ProviderChoice } from "../../../src/services/config/Config.ts"
import type { Finding } from "../../../src/services/doctor/Finding.ts"
import { only, textOf } from "../../support/doctor.ts"
import { type Answer, hang, json, metadataOf, reply, reset, Stub, tools } from "../../support/providerStub.ts"

const oidc = "/.well-known/openid-configuration"
const oauth2 = "/.well-known/oauth-authorization-server"

/** What both checks say. */
const examine = Effect.gen(function*() {
  const { origin } = yield* Stub
  const provider: ProviderChoice = { _tag: "Issuer", issuer: origin }
  const asked = yield* Effect.cached(ProviderProbe.ask(provider))
  const [reached, clock] = yield* Effect.all([
    Check.examined(ProviderCheck.make(Effect.succeed(provider), Effect.provide(asked, tools))),
    Check.examined(ClockCheck.make(Effect.provide(asked, tools)))
  ], { concurrency: 2 })
  return { provider: only(reached), clock: only(clock) }
}).pipe(Effect.provide(tools))

const now = Date.UTC(2031, 4, 6, 7, 8, 9)

/** Metadata, with these headers. */
const answering = Effect.fnUntraced(function*(headers: Readonly<Record<string, string>>, path = oidc) {
  const { answers, origin } = yield* Stub
  yield* answers(path, (response, form) => {
    response.sendDate = false
    reply(200, JSON.stringify(metadataOf(origin)), headers)(response, form)
  })
})

const dated = (seconds: number) => ({
  date: DateTime.toDateUtc(DateTime.makeUnsafe(now + seconds * 1_000)).toUTCString()
})

const isProblem = (finding: Finding, text: string) => {
  assert.strictEqual(finding.level, "problem", textOf(finding))
  assert.include(textOf(finding), text)
}

describe("ProviderCheck", () => {
  it.effect("a provider that answers is in order; it is asked once, for both checks, and told nothing", () =>
    Effect.gen(function*() {
      const { asked, origin } = yield* Stub
      yield* answering(dated(0))
      const { provider } = yield* examine
      assert.strictEqual(provider.level, "ok")
      assert.match(textOf(provider), new RegExp(`^${origin} answered in \\d+ ms\\.$`, "u"))
      const requests = yield* asked
      assert.deepStrictEqual(requests.map(({ method, path }) => `${method} ${path}`), [`GET ${oidc}`])
      assert.isUndefined(requests[0]?.headers["authorization"])
    }).pipe(Effect.provide(Stub.layer)))

  it.effect("one that has its metadata where RFC 8414 says is in order", () =>
    Effect.gen(function*() {
      yield* answering(dated(0), oauth2)
      const { clock, provider } = yield* examine
      assert.strictEqual(provider.level, "ok")
      assert.include(textOf(clock), "behind", "compared")
    }).pipe(Effect.provide(Stub.layer)))

  for (
    const [what, answer, text] of [
      ["an error of its own", reply(503, "{}"), "HTTP status 503"],
      ["somebody else's page", reply(200, "<html>canary", { "content-type": "text/html" }), "not what the protocol"],
      ["a redirect to a portal", reply(302, "", { location: "http://portal.example/canary" }), "HTTP status 302"],
      ["another provider's metadata", json({ issuer: "https://canary.example" }), "not what the protocol"],
      ["a cut connection", reset, "the connection failed"]
    ] satisfies ReadonlyArray<readonly [string, Answer, string]>
  ) {
    it.effect(`${what} is a problem, and the clock is not compared`, () =>
      Effect.gen(function*() {
        const { answers } = yield* Stub
        yield* answers(oidc, answer)
        const { clock, provider } = yield* examine
        isProblem(provider, text)
        assert.notInclude(textOf(provider), "canary")
        assert.strictEqual(clock.level, "warning")
        assert.include(textOf(clock), "See what is said of provider")
      }).pipe(Effect.provide(Stub.layer)))
  }

  it.effect("nobody there is a problem", () =>
    Effect.gen(function*() {
      const { close } = yield* Stub
      yield* close
      isProblem((yield* examine).provider, "ECONNREFUSED")
    }).pipe(Effect.provide(Stub.layer)))

  it.effect("one that says nothing is given up after three seconds", () =>
    Effect.gen(function*() {
      const { answers, arrived } = yield* Stub
      yield* answers(oidc, hang)
      const fiber = yield* Effect.forkChild(examine, { startImmediately: true })
      yield* arrived
      yield* TestClock.adjust("3 seconds")
      isProblem((yield* Fiber.join(fiber)).provider, "did not answer in time")
    }).pipe(Effect.provide(Stub.layer)))
})

/** What is said where the provider's clock is so many seconds ahead of this machine's. */
const ahead = (seconds: number, headers: Readonly<Record<string, string>> = {}) =>
  Effect.gen(function*() {
    yield* TestClock.setTime(now)
    yield* answering({ ...dated(seconds), ...headers })
    return (yield* examine).clock
  }).pipe(Effect.provide(Stub.layer))

describe("ClockCheck", () => {
  it.effect("a minute does no harm, five minutes are a warning, more is a problem; in both directions", () =>
    Effect.gen(function*() {
      for (
        const [seconds, level, words] of [
          [0, "ok", "1 s behind"],
          [59, "ok", "60 s behind"],
          [-60, "ok", "60 s ahead of"],
          [61, "warning", "62 s behind"],
          [-62, "warning", "62 s ahead of"],
          [299, "warning", "300 s behind"],
          [301, "problem", "302 s behind"],
          [-86_400, "problem", "86400 s ahead of"]
        ] as const
      ) {
        const finding = yield* ahead(seconds)
        assert.strictEqual(finding.level, level, textOf(finding))
        assert.include(textOf(finding), `This machine's clock is ${words} the provider's`)
      }
    }))

  it.effect("what comes from a cache is as old as it says", () =>
    Effect.gen(function*() {
      assert.strictEqual((yield* ahead(-1_200, { age: "1200" })).level, "ok")
      assert.strictEqual((yield* ahead(-1_200, { age: "soon" })).level, "problem")
    }))

  it.effect("a provider that does not say what time it is, or not in its way, says nothing against the clock", () =>
    Effect.gen(function*() {
      for (const headers of [{}, { date: "yesterday" }, { date: "1" }]) {
        const finding = yield* Effect.andThen(answering(headers), examine).pipe(Effect.provide(Stub.layer))
        assert.strictEqual(finding.clock.level, "ok")
        assert.include(textOf(finding.clock), "does not say what time it is")
      }
    }))

  it("asks Google itself unless told otherwise", () => {
    assert.strictEqual(ProviderProbe.issuerOf({ _tag: "Google" }), "https://accounts.google.com")
  })
})
