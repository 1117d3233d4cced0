import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Exit, Fiber, Layer, Option, Redacted, Ref, Scope } from "effect"
import { TestClock } from "effect/testing"
import { ClientMisconfigured, ConfigProblem } from "../../../src/services/config/Config.ts"
import { RefreshRejected } from "../../../src/services/provider/AuthorizationServer.ts"
import { SessionDraft } from "../../../src/services/sign-in/Session.ts"
import { Sessions } from "../../../src/services/sign-in/Sessions.ts"
import {
  ada,
  away,
  draft,
  generation,
  grant,
  needsSignIn,
  signIn,
  tokensOf,
  unavailable
} from "../../support/sessionData.ts"
import { layer, OtherProcess, Provider, rotating, StoreSpy } from "../../support/sessionHarness.ts"
import { take, watching } from "../../support/sessionStreams.ts"

const unreachable = away({ retryAfter: 7 })
const misconfigured = new ClientMisconfigured({
  problems: [new ConfigProblem({ where: "OAuth client", problem: "wrong secret", remedy: "correct it" })]
})
const revoked = new RefreshRejected({ reason: "revoked" })

/** A slot whose access token has a minute left. */
const expiring = OtherProcess.use(({ write }) => write(ada, generation(0), signIn({ minutes: 1 })))

describe("Sessions: a refresh that fails", () => {
  for (
    const [what, error] of [
      ["no network", away()],
      ["a time-out, and perhaps it was refreshed", away({ ambiguous: true })],
      ["busy, come back in 7 s", away({ retryAfter: 7 })],
      ["broken in the middle, come back in 7 s", away({ ambiguous: true, retryAfter: 7 })],
      ["busy, come back at once", away({ retryAfter: 0 })]
    ] as const
  ) {
    it.effect(`ProviderUnreachable (${what}) leaves the slot exactly as it was`, () =>
      Effect.gen(function*() {
        const { fresh } = yield* Sessions
        const provider = yield* Provider
        const store = yield* OtherProcess
        const before = yield* expiring
        yield* provider.answers(Effect.fail(error))
        const caller = yield* Effect.forkChild(Effect.flip(fresh(ada)), { startImmediately: true })
        yield* TestClock.adjust("2 seconds")
        assert.strictEqual(yield* Fiber.join(caller), error)
        const after = yield* store.read(ada)
        assert.deepStrictEqual(after, before)
        assert.deepStrictEqual(tokensOf(after), tokensOf(before))
        assert.isUndefined(after.presentedAt)
        assert.strictEqual((yield* StoreSpy.use(({ counts }) => counts)).writes, 0)
        yield* TestClock.adjust("10 seconds")
        yield* provider.answers(Effect.succeed(grant()))
        assert.strictEqual(Redacted.value((yield* fresh(ada)).tokens.accessToken), "access-2")
      }).pipe(Effect.provide(layer)))
  }

  for (const [kind, process] of [["keeps", layer], ["rotates", rotating]] as const) {
    it.effect(`a client that is not accepted keeps the session and brakes nothing, where the provider ${kind} tokens`, () =>
      Effect.gen(function*() {
        const { fresh } = yield* Sessions
        const provider = yield* Provider
        const store = yield* OtherProcess
        const before = yield* expiring
        yield* provider.answers(Effect.fail(misconfigured))
        for (let times = 1; times <= 3; times++) {
          assert.strictEqual(yield* Effect.flip(fresh(ada)), misconfigured)
          assert.deepStrictEqual(yield* store.read(ada), before)
          assert.lengthOf(yield* provider.refreshed, times)
        }
        yield* provider.answers(Effect.succeed(grant()))
        assert.strictEqual(Redacted.value((yield* fresh(ada)).tokens.accessToken), "access-2")
      }).pipe(Effect.provide(process)))
  }

  it.effect("callers that share a refresh share its failure", () =>
    Effect.gen(function*() {
      const { fresh } = yield* Sessions
      const provider = yield* Provider
      yield* expiring
      const held = yield* provider.hold
      const callers = yield* Effect.forkChild(
        Effect.forEach([1, 2, 3], () => Effect.flip(fresh(ada)), { concurrency: 3 }),
        { startImmediately: true }
      )
      yield* held.arrived
      yield* held.answer(Effect.fail(unreachable))
      assert.deepStrictEqual(yield* Fiber.join(callers), [unreachable, unreachable, unreachable])
      assert.lengthOf(yield* provider.refreshed, 1)
    }).pipe(Effect.provide(layer)))

  it.effect("a bug in a provider is met by those who asked, and by nobody after them", () =>
    Effect.gen(function*() {
      const { fresh } = yield* Sessions
      const provider = yield* Provider
      yield* expiring
      yield* provider.answers(Effect.die(new Error("bug")))
      assert.isTrue(Exit.hasDies(yield* Effect.exit(fresh(ada))))
      yield* provider.answers(Effect.succeed(grant()))
      assert.strictEqual(Redacted.value((yield* fresh(ada)).tokens.accessToken), "access-2")
    }).pipe(Effect.provide(layer)))

  for (const reason of ["revoked", "reauth_policy"] as const) {
    it.effect(`invalid_grant (${reason}) for the token that is current ends the session and keeps the account`, () =>
      Effect.gen(function*() {
        const { fresh } = yield* Sessions
        const provider = yield* Provider
        const store = yield* OtherProcess
        yield* expiring
        yield* provider.answers(Effect.fail(new RefreshRejected({ reason })))
        for (let times = 0; times < 2; times++) {
          const error = yield* Effect.flip(fresh(ada))
          assert.deepInclude(error, { _tag: "SignInRequired", key: ada, reason, account: draft().account })
        }
        const slot = yield* store.read(ada)
        const { clientId, grantedScopes } = draft()
        assert.deepStrictEqual(slot.state, needsSignIn(reason))
        assert.deepInclude(needsSignIn(reason).ended, { reason, clientId, grantedScopes, account: draft().account })
        assert.deepInclude(slot, { generation: generation(2), lastSignOut: generation(0) })
        assert.deepStrictEqual(yield* provider.refreshed, ["refresh-1"])
        assert.deepStrictEqual(yield* provider.revocations, [])
      }).pipe(Effect.provide(layer)))
  }

  it.effect("invalid_grant for a token that another process has replaced meanwhile: theirs is adopted", () =>
    Effect.gen(function*() {
      const { fresh } = yield* Sessions
      const provider = yield* Provider
      const store = yield* OtherProcess
      const before = yield* expiring
      const theirs = signIn({ accessToken: "theirs", refreshToken: "refresh-theirs" })
      yield* provider.answers(
        Effect.andThen(Effect.orDie(store.write(ada, before.generation, theirs)), Effect.fail(revoked))
      )
      assert.strictEqual(Redacted.value((yield* fresh(ada)).tokens.accessToken), "theirs")
      const slot = yield* store.read(ada)
      assert.strictEqual(slot.generation, 2)
      assert.deepStrictEqual(tokensOf(slot), { access: "theirs", refresh: "refresh-theirs" })
      assert.deepStrictEqual(yield* provider.revocations, [])
    }).pipe(Effect.provide(layer)))

  it.effect("a refresh that another process has overtaken: theirs is adopted, ours is dropped", () =>
    Effect.gen(function*() {
      const { fresh } = yield* Sessions
      const provider = yield* Provider
      const store = yield* OtherProcess
      const before = yield* expiring
      const theirs = yield* Effect.cached(store.write(ada, before.generation, signIn({ accessToken: "theirs" })))
      yield* provider.answers(Effect.as(Effect.orDie(theirs), grant()))
      assert.strictEqual(Redacted.value((yield* fresh(ada)).tokens.accessToken), "theirs")
      assert.strictEqual(yield* store.read(ada), yield* theirs)
      // Revoking a token of a grant would end the whole grant, theirs included.
      assert.deepStrictEqual(yield* provider.revocations, [])
    }).pipe(Effect.provide(layer)))

  it.effect("a refresh that worked outweighs another process's word that the session has ended", () =>
    Effect.gen(function*() {
      const { fresh } = yield* Sessions
      const provider = yield* Provider
      const store = yield* OtherProcess
      const before = yield* expiring
      const rejected = store.write(ada, before.generation, needsSignIn())
      yield* provider.answers(Effect.as(Effect.orDie(rejected), grant({ refreshToken: "refresh-2" })))
      assert.strictEqual(Redacted.value((yield* fresh(ada)).tokens.accessToken), "access-2")
      const slot = yield* store.read(ada)
      assert.strictEqual(slot.generation, 3)
      assert.deepStrictEqual(tokensOf(slot), { access: "access-2", refresh: "refresh-2" })
    }).pipe(Effect.provide(layer)))

  it.effect("a later sign-in that this process cannot open is not taken for a refusal, and stays", () =>
    Effect.gen(function*() {
      const { fresh } = yield* Sessions
      const provider = yield* Provider
      const store = yield* OtherProcess
      const before = yield* expiring
      const sealed = store.write(ada, before.generation, needsSignIn("expired"))
      yield* provider.answers(Effect.as(Effect.orDie(sealed), grant({ refreshToken: "refresh-2" })))
      assert.deepInclude(yield* Effect.flip(fresh(ada)), { _tag: "SignInRequired", reason: "expired" })
      assert.strictEqual((yield* store.read(ada)).generation, 2)
    }).pipe(Effect.provide(layer)))

  it.effect("a store that cannot be read is StoreUnavailable, and the provider is not asked", () =>
    Effect.gen(function*() {
      const { fresh, slot } = yield* Sessions
      const spy = yield* StoreSpy
      const before = yield* expiring
      yield* spy.disturb({ read: () => Effect.fail(unavailable) })
      assert.strictEqual(yield* Effect.flip(fresh(ada)), unavailable)
      assert.strictEqual(yield* Effect.flip(slot(ada)), unavailable)
      yield* spy.disturb({})
      assert.strictEqual(yield* slot(ada), before)
      assert.deepStrictEqual(yield* Provider.use(({ refreshed }) => refreshed), [])
    }).pipe(Effect.provide(layer)))

  it.effect("a session of another client is not sent there, and kept for when that is the client again", () =>
    Effect.gen(function*() {
      const { fresh } = yield* Sessions
      const provider = yield* Provider
      const store = yield* OtherProcess
      const before = yield* expiring
      yield* provider.clientIs("another")
      const account = draft().account
      assert.deepInclude(yield* Effect.flip(fresh(ada)), { _tag: "SignInRequired", reason: "expired", account })
      assert.deepStrictEqual(yield* store.read(ada), before)
      assert.deepStrictEqual(yield* provider.refreshed, [])
      yield* provider.clientIs("a client")
      assert.strictEqual(Redacted.value((yield* fresh(ada)).tokens.accessToken), "access-2")
    }).pipe(Effect.provide(layer)))

  it.effect("a session of another issuer is neither handed out nor sent anywhere, and kept", () =>
    Effect.gen(function*() {
      const { canUse, fresh, signOut } = yield* Sessions
      const provider = yield* Provider
      const store = yield* OtherProcess
      yield* store.write(ada, (yield* store.read(ada)).generation, {
        _tag: "SignedIn",
        draft: new SessionDraft({ ...draft(), issuer: "https://other.example" })
      })
      const before = yield* store.read(ada)
      assert.deepInclude(yield* Effect.flip(fresh(ada)), { _tag: "SignInRequired", reason: "expired" })
      if (before.state._tag !== "SignedIn") return assert.fail("nobody is signed in")
      assert.isFalse(yield* canUse(before.state.session))
      assert.deepStrictEqual(yield* store.read(ada), before)
      const { revoke } = yield* signOut(ada)
      assert.deepStrictEqual(yield* revoke, Option.some(false))
      assert.deepStrictEqual(yield* provider.refreshed, [])
    }).pipe(Effect.provide(layer)))

  it.effect("closing while the provider says no: the session is marked as ended before the end", () =>
    Effect.gen(function*() {
      const scope = yield* Scope.make()
      const context = yield* Layer.buildWithScope(rotating, scope)
      yield* Effect.gen(function*() {
        const { fresh } = yield* Sessions
        const store = yield* OtherProcess
        yield* expiring
        const held = yield* Provider.use(({ hold }) => hold)
        yield* Effect.forkChild(Effect.exit(fresh(ada)))
        yield* held.arrived
        const closing = yield* Effect.forkChild(Scope.close(scope, Exit.void), { startImmediately: true })
        yield* held.answer(Effect.fail(revoked))
        yield* Fiber.join(closing)
        assert.deepStrictEqual((yield* store.read(ada)).state, needsSignIn("revoked"))
      }).pipe(Effect.provide(context))
    }))

  it.effect("the one caller left waits for the answer, however long it takes", () =>
    Effect.gen(function*() {
      const { fresh } = yield* Sessions
      const provider = yield* Provider
      const store = yield* OtherProcess
      yield* expiring
      const writes = yield* watching(store.watch)
      const interrupted = yield* Ref.make(false)
      const asked = yield* Deferred.make<void>()
      yield* provider.answers(
        Deferred.succeed(asked, undefined).pipe(
          Effect.andThen(Effect.sleep("10 seconds")),
          Effect.onInterrupt(() => Ref.set(interrupted, true)),
          Effect.as(grant())
        )
      )
      const caller = yield* Effect.forkChild(Effect.timeout(fresh(ada), "1 second"))
      yield* Deferred.await(asked)
      yield* TestClock.adjust("1 second")
      assert.strictEqual((yield* Effect.flip(Fiber.join(caller)))._tag, "TimeoutError")
      yield* TestClock.adjust("9 seconds")
      yield* take(writes, 1)
      assert.isFalse(yield* Ref.get(interrupted))
    }).pipe(Effect.provide(layer)))
})
