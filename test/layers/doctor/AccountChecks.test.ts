/**
 * What is said of each account: its access token, what it has granted, and how old its consent is.
 */
import { assert, describe, it } from "@effect/vitest"
import { DateTime, Duration, Effect, Redacted } from "effect"
import { TestClock } from "effect/testing"
import * as AccountCheck from "../../../src/layers/doctor/AccountCheck.ts"
import * as ConsentCheck from "../../../src/layers/doctor/ConsentCheck.ts"
import * as ScopesCheck from "../../../src/layers/doctor/ScopesCheck.ts"
import type { SlotSeen } from "../../../src/services/doctor/StoreSeen.ts"
import { AccountKey, defaultAccountKey } from "../../../src/services/sign-in/AccountKey.ts"
import { Tokens } from "../../../src/services/sign-in/Session.ts"
import { EndedSession } from "../../../src/services/storage/SessionStore.ts"
import {
  layerConfig,
  layerNoStore,
  layerStore,
  only,
  run,
  signedIn,
  slotSeen,
  textOf,
  texts
} from "../../support/doctor.ts"
import { draft, grace, needsSignIn, unavailable } from "../../support/sessionData.ts"

const google = { MCP_GAS_CLIENT_ID: "a client" }
const other = { ...google, MCP_GAS_ISSUER: "https://id.example" }

type Env = Readonly<Record<string, string>>

const accounts = (slots: ReadonlyArray<SlotSeen>, env: Env = google) =>
  Effect.provide(run(AccountCheck.make), [layerStore({ slots }), layerConfig(env)])
const scopes = (slots: ReadonlyArray<SlotSeen>, env: Env) =>
  Effect.provide(run(ScopesCheck.make), [layerStore({ slots }), layerConfig(env)])
const consents = (slots: ReadonlyArray<SlotSeen>, env: Env = google) =>
  Effect.provide(run(ConsentCheck.make), [layerStore({ slots }), layerConfig(env)])

const minutes = (count: number) => count * 60_000
const days = (count: number) => Duration.toMillis(Duration.days(count))

const work = AccountKey.make("work")

describe("AccountCheck", () => {
  it.effect("nobody there is in order", () =>
    Effect.gen(function*() {
      assert.strictEqual(textOf(only(yield* accounts([]))), "Nobody has signed in yet.")
    }))

  it.effect("a sign-in at another provider than the configured one is of no use, and works again there", () =>
    Effect.gen(function*() {
      const elsewhere = [signedIn({ issuer: "https://id.example" })]
      const finding = only(yield* accounts(elsewhere))
      assert.strictEqual(finding.level, "warning")
      assert.include(
        textOf(finding),
        "is not used: it is one at https://id.example, and the configured provider is https://accounts.google.com."
      )
      assert.strictEqual(only(yield* accounts(elsewhere, other)).level, "ok")
    }))

  it.effect("a token that lasts, and one that the next call renews, are in order", () =>
    Effect.gen(function*() {
      assert.strictEqual(
        textOf(only(yield* accounts([signedIn()]))),
        "The access token of \"ada@example.com\" works until 1970-01-01T01:00:00Z, and is renewed when needed."
      )
      yield* TestClock.setTime(minutes(59))
      assert.include(textOf(only(yield* accounts([signedIn()]))), "is renewed by the next call")
      yield* TestClock.setTime(minutes(90))
      const ended = only(yield* accounts([signedIn({}, { key: work })]))
      assert.strictEqual(ended.level, "ok")
      assert.include(textOf(ended), "The access token of \"work\" (ada@example.com) ended at 1970-01-01T01:00:00Z")
    }))

  it.effect("one that cannot be renewed is in order while it lasts, and then needs a sign-in", () =>
    Effect.gen(function*() {
      const slot = signedIn({ tokens: draft({ refreshToken: null }).tokens }, { key: work })
      assert.strictEqual(only(yield* accounts([slot])).level, "ok")
      yield* TestClock.setTime(minutes(60))
      const ended = only(yield* accounts([slot]))
      assert.strictEqual(ended.level, "warning")
      assert.include(textOf(ended), "Sign in again: mcp-gas login --account work.")
    }))

  it.effect("one of another client is a warning, unless it brought that along", () =>
    Effect.gen(function*() {
      const { tokens } = draft()
      const foreign = only(yield* accounts([signedIn({ clientId: "another client" })]))
      assert.strictEqual(foreign.level, "warning")
      assert.include(textOf(foreign), "it was issued to another OAuth client, another client")
      assert.include(textOf(foreign), "sign in again: mcp-gas login --force --account ada@example.com.")
      const own = new Tokens({ ...tokens, ownClient: {} })
      assert.strictEqual(only(yield* accounts([signedIn({ clientId: "another client", tokens: own })])).level, "ok")
      assert.strictEqual(only(yield* accounts([signedIn({ clientId: "another client" })], {})).level, "ok")
    }))

  it.effect("a renewal that was cut off is a warning where its token may not be sent twice", () =>
    Effect.gen(function*() {
      const slot = signedIn({}, { presentedAt: DateTime.makeUnsafe(0) })
      yield* TestClock.setTime(20_000)
      assert.strictEqual(only(yield* accounts([slot], other)).level, "ok", "it may still be under way")
      yield* TestClock.setTime(40_000)
      assert.strictEqual(only(yield* accounts([slot], google)).level, "ok")
      const cut = only(yield* accounts([slot], other))
      assert.strictEqual(cut.level, "warning")
      assert.include(textOf(cut), "A renewal at 1970-01-01T00:00:00Z was cut off")
      assert.include(textOf(cut), "before it ends: mcp-gas login --force --account ada@example.com.")
    }))

  it.effect("whoever is signed out is in order; who needs to sign in is told why", () =>
    Effect.gen(function*() {
      const findings = yield* accounts([
        slotSeen({ _tag: "SignedOut" }, { key: defaultAccountKey }),
        slotSeen(needsSignIn("revoked"), { key: grace }),
        slotSeen({
          _tag: "NeedsSignIn",
          ended: new EndedSession({ ...draft(), reason: "expired", sealed: true })
        }, { key: work })
      ])
      assert.deepStrictEqual(texts(findings), [
        "\"default\" is signed out.",
        "The provider no longer accepts the sign-in of ada@example.com. Sign in again: mcp-gas login --account grace@example.com.",
        "The stored sign-in of ada@example.com cannot be opened: the key it was sealed with is not there any more. " +
        "Sign in again: mcp-gas login --account work."
      ])
    }))

  it.effect("an account that cannot be read hides no other; a store that cannot is somebody else's finding", () =>
    Effect.gen(function*() {
      const unreadable: SlotSeen = { ...signedIn(), slot: Effect.fail(unavailable) }
      const findings = yield* accounts([unreadable, signedIn({}, { key: work })])
      assert.deepStrictEqual(findings.map(({ level }) => level), ["warning", "ok"])
      for (const check of [AccountCheck.make, ScopesCheck.make, ConsentCheck.make]) {
        const blocked = yield* Effect.provide(run(check), [layerNoStore(unavailable), layerConfig(google)])
        assert.include(textOf(only(blocked)), "See what is said of store")
      }
    }))
})

describe("ScopesCheck", () => {
  it.effect("what is missing is named, and what is there by another name is not", () =>
    Effect.gen(function*() {
      const slots = [
        signedIn({ grantedScopes: ["openid", "https://www.googleapis.com/auth/userinfo.email", "more"] }),
        signedIn({ grantedScopes: ["openid"] }, { key: work })
      ]
      const findings = yield* scopes(slots, { MCP_GAS_SCOPES: "openid email" })
      assert.deepStrictEqual(findings.map(({ level }) => level), ["ok", "warning"])
      assert.include(texts(findings)[1], "\"work\" (ada@example.com) has not granted email.")
    }))

  it.effect("there is nothing to say without accounts; nor, with some, about scopes that cannot be read", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* scopes([slotSeen({ _tag: "SignedOut" })], {}), [])
      const finding = only(yield* scopes([signedIn()], { MCP_GAS_SCOPES: "\"quoted\"" }))
      assert.strictEqual(finding.level, "warning")
      assert.include(textOf(finding), "See what is said of configuration")
    }))
})

describe("ConsentCheck", () => {
  const scripts = { grantedScopes: ["openid", "https://www.googleapis.com/auth/script.projects"] }

  it.effect("from the sixth day on it warns, as of a possibility; and not before", () =>
    Effect.gen(function*() {
      yield* TestClock.setTime(days(6) - 1)
      assert.strictEqual(
        textOf(only(yield* consents([signedIn(scripts)]))),
        "\"ada@example.com\" consented 5 days ago."
      )
      yield* TestClock.setTime(days(6))
      const soon = only(yield* consents([signedIn(scripts)]))
      assert.strictEqual(soon.level, "warning")
      assert.include(textOf(soon), "If the Google Cloud project is still \"in testing\"")
      assert.include(textOf(soon), "will end at 1970-01-08T00:00:00Z")
      assert.include(textOf(soon), "Other projects are not affected.")
      assert.include(textOf(soon), "Publish the app at")
      assert.include(textOf(soon), "or sign in again: mcp-gas login --force --account ada@example.com.")
      yield* TestClock.setTime(days(7))
      assert.include(textOf(only(yield* consents([signedIn(scripts)]))), "may have ended at 1970-01-08T00:00:00Z")
    }))

  it.effect("whoever was imported is not sent to publish the app of another program", () =>
    Effect.gen(function*() {
      yield* TestClock.setTime(days(6))
      const tokens = new Tokens({ ...draft().tokens, ownClient: {} })
      const imported = only(yield* consents([signedIn({ ...scripts, tokens, clientId: "another program" })]))
      assert.deepInclude(imported, {
        level: "warning",
        remedy:
          "Sign in with a client of your own: mcp-gas login --force --account ada@example.com. If the project of " +
          "another program is yours, you may publish its app instead, at https://console.cloud.google.com/auth/audience."
      })
    }))

  it.effect("what was renewed after the seventh day shows that the limit does not apply", () =>
    Effect.gen(function*() {
      yield* TestClock.setTime(days(20))
      const tokens = new Tokens({
        accessToken: Redacted.make("canary"),
        refreshToken: Redacted.make("canary"),
        issuedAt: DateTime.makeUnsafe(days(7) + 1),
        expiresAt: DateTime.makeUnsafe(days(8))
      })
      const finding = only(yield* consents([signedIn({ ...scripts, tokens })]))
      assert.strictEqual(finding.level, "ok")
      assert.include(textOf(finding), "do not apply")
    }))

  it.effect("it says nothing of sign-ins that are not limited: of other providers, of identity alone, without renewal", () =>
    Effect.gen(function*() {
      yield* TestClock.setTime(days(9))
      assert.deepStrictEqual(yield* consents([signedIn(scripts)], other), [])
      assert.deepStrictEqual(yield* consents([signedIn()]), [])
      assert.deepStrictEqual(
        yield* consents([signedIn({ ...scripts, tokens: draft({ refreshToken: null }).tokens })]),
        []
      )
    }))
})
