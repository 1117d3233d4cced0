import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Exit, Fiber, Redacted, Ref } from "effect"
import { TestClock } from "effect/testing"
import { ClientMisconfigured, ConfigProblem } from "../../../src/services/config/Config.ts"
import { ProviderUnreachable, RefreshRejected } from "../../../src/services/provider/AuthorizationServer.ts"
import { Sessions } from "../../../src/services/sign-in/Sessions.ts"
import { StoreUnavailable } from "../../../src/services/storage/SessionStore.ts"
import { ada, draft, generation, grant, needsSignIn, signIn, tokensOf } from "../../support/sessionData.ts"
import { layer, OtherProcess, Provider, StoreSpy } from "../../support/sessionHarness.ts"
import { take, watching } from "../../support/sessionStreams.ts"

const unreachable = new ProviderUnreachable({ operation: "refresh", problem: "no network", retryAfter: 7 })
const misconfigured = new ClientMisconfigured({
  problems: [new ConfigProblem({ where: "OAuth client", problem: "wrong secret", remedy: "correct it" })]
})
const unavailable = new StoreUnavailable({ problem: "the disk is full", remedy: "make room" })
const revoked = new RefreshRejected({ reason: "revoked" })

/** A slot whose access token has a minute left. */
const expiring = OtherProcess.use(({ write }) => write(ada, generation(0), signIn({ minutes: 1 })))

describe("Sessions: a refresh that fails", () => {
  for (const error of [unreachable, misconfigured]) {
    it.effect(`${error._tag} leaves the slot exactly as it was; the next call tries again`, () =>
      Effect.gen(function*() {
        const { fresh } = yield* Sessions
        const provider = yield* Provider
        const store = yield* OtherProcess
        const before = yield* expiring
        yield* provider.answers(Effect.fail(error))
        assert.strictEqual(yield* Effect.flip(fresh(ada)), error)
        assert.strictEqual(yield* store.read(ada), before)
        assert.strictEqual((yield* StoreSpy.use(({ counts }) => counts)).writes, 0)
        assert.strictEqual(yield* Effect.flip(fresh(ada)), error)
        assert.lengthOf(yield* provider.refreshed, 2)
        yield* provider.answers(Effect.succeed(grant()))
        assert.strictEqual(Redacted.value((yield* fresh(ada)).tokens.accessToken), "access-2")
        assert.deepStrictEqual(yield* provider.refreshed, ["refresh-1", "refresh-1", "refresh-1"])
      }).pipe(Effect.provide(layer)))
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
        assert.deepStrictEqual(slot.state, needsSignIn(reason))
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

  it.effect("a store that cannot be written is StoreUnavailable; no token is given that is not durable", () =>
    Effect.gen(function*() {
      const { fresh } = yield* Sessions
      const spy = yield* StoreSpy
      const store = yield* OtherProcess
      const before = yield* expiring
      yield* spy.disturb({ write: () => Effect.fail(unavailable) })
      assert.strictEqual(yield* Effect.flip(fresh(ada)), unavailable)
      assert.strictEqual(yield* store.read(ada), before)
      yield* spy.disturb({})
      assert.strictEqual(Redacted.value((yield* fresh(ada)).tokens.accessToken), "access-2")
    }).pipe(Effect.provide(layer)))

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
