import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Exit, Fiber, Layer, Option, Scope } from "effect"
import { TestClock } from "effect/testing"
import { ProviderUnreachable } from "../../../src/services/provider/AuthorizationServer.ts"
import { Sessions } from "../../../src/services/sign-in/Sessions.ts"
import { StoreUnavailable } from "../../../src/services/storage/SessionStore.ts"
import { ada, draft, generation, grant, needsSignIn, signIn, tokensOf } from "../../support/sessionData.ts"
import { layer, OtherProcess, Provider, StoreSpy } from "../../support/sessionHarness.ts"

const unreachable = new ProviderUnreachable({ operation: "revoke", problem: "no network", ambiguous: false })
const unavailable = new StoreUnavailable({ problem: "the disk is full", remedy: "make room" })
const signedOut = { _tag: "SignInRequired", key: ada, reason: "signed_out" } as const

const expiring = OtherProcess.use(({ write }) => write(ada, generation(0), signIn({ minutes: 1 })))

/** A refresh whose request has been sent and not been answered. */
const refreshing = Effect.gen(function*() {
  const { fresh } = yield* Sessions
  const provider = yield* Provider
  yield* expiring
  const held = yield* provider.hold
  const caller = yield* Effect.forkChild(fresh(ada))
  yield* held.arrived
  return { caller, answer: held.answer(Effect.succeed(grant({ refreshToken: "refresh-2" }))) }
})

describe("Sessions: signing out", () => {
  it.effect("says who was signed in, and revokes the refresh token when it is told to", () =>
    Effect.gen(function*() {
      const { fresh, signOut } = yield* Sessions
      const provider = yield* Provider
      const store = yield* OtherProcess
      yield* store.write(ada, generation(0), signIn())
      yield* fresh(ada)
      const { revoke, was } = yield* signOut(ada)
      assert.deepStrictEqual(was, Option.some(draft().account))
      assert.deepInclude(yield* store.read(ada), {
        generation: generation(2),
        lastSignOut: generation(2),
        state: { _tag: "SignedOut" as const }
      })
      assert.deepInclude(yield* Effect.flip(fresh(ada)), signedOut)
      assert.deepStrictEqual(yield* provider.revocations, [])
      assert.deepStrictEqual(yield* revoke, Option.some(true))
      assert.deepStrictEqual(yield* provider.revocations, ["refresh-1"])
    }).pipe(Effect.provide(layer)))

  it.effect("revokes the access token of a session that has no other", () =>
    Effect.gen(function*() {
      const { signOut } = yield* Sessions
      yield* OtherProcess.use(({ write }) => write(ada, generation(0), signIn({ refreshToken: null })))
      const { revoke } = yield* signOut(ada)
      assert.deepStrictEqual(yield* revoke, Option.some(true))
      assert.strictEqual(yield* Provider.use(({ revoked }) => revoked), "access-1")
    }).pipe(Effect.provide(layer)))

  it.effect("a revocation that fails is reported as false, and the sign-out stands", () =>
    Effect.gen(function*() {
      const { fresh, signOut } = yield* Sessions
      const provider = yield* Provider
      yield* expiring
      yield* provider.answersRevocations(Effect.fail(unreachable))
      const { revoke } = yield* signOut(ada)
      assert.deepStrictEqual(yield* revoke, Option.some(false))
      assert.deepInclude(yield* Effect.flip(fresh(ada)), signedOut)
    }).pipe(Effect.provide(layer)))

  for (
    const [what, before] of [
      ["was never used", Effect.void],
      ["is signed out already", OtherProcess.use(({ tombstone }) => tombstone(ada))],
      ["needs a sign-in", OtherProcess.use(({ write }) => write(ada, generation(0), needsSignIn()))]
    ] as const
  ) {
    it.effect(`a slot that ${what} is signed out all the same, with nobody to name and nothing to revoke`, () =>
      Effect.gen(function*() {
        const { fresh, signOut } = yield* Sessions
        const provider = yield* Provider
        yield* before
        const { revoke, was } = yield* signOut(ada)
        assert.deepStrictEqual([was, yield* revoke], [Option.none(), Option.none()])
        assert.deepStrictEqual(yield* provider.revocations, [])
        assert.deepInclude(yield* Effect.flip(fresh(ada)), signedOut)
      }).pipe(Effect.provide(layer)))
  }

  it.effect("a sign-out that cannot be stored is StoreUnavailable, and nobody is signed out", () =>
    Effect.gen(function*() {
      const { fresh, signOut } = yield* Sessions
      const spy = yield* StoreSpy
      yield* OtherProcess.use(({ write }) => write(ada, generation(0), signIn()))
      const session = yield* fresh(ada)
      yield* spy.disturb({ tombstone: () => Effect.fail(unavailable) })
      assert.strictEqual(yield* Effect.flip(signOut(ada)), unavailable)
      assert.strictEqual(yield* fresh(ada), session)
    }).pipe(Effect.provide(layer)))
})

describe("Sessions: signing out while something else happens", () => {
  it.effect("a sign-out during a refresh does not wait for it; what the refresh brings is not stored but revoked", () =>
    Effect.gen(function*() {
      const { fresh, signOut } = yield* Sessions
      const provider = yield* Provider
      const store = yield* OtherProcess
      const { answer, caller } = yield* refreshing
      yield* signOut(ada)
      assert.isUndefined(caller.pollUnsafe())
      const after = yield* store.read(ada)
      yield* answer
      assert.deepInclude(yield* Effect.flip(Fiber.join(caller)), signedOut)
      assert.strictEqual(yield* provider.revoked, "refresh-2")
      assert.strictEqual(yield* store.read(ada), after)
      assert.deepInclude(yield* Effect.flip(fresh(ada)), signedOut)
    }).pipe(Effect.provide(layer)))

  it.effect("a sign-out and a sign-in during a refresh: the new sign-in stays, and is not revoked with the old", () =>
    Effect.gen(function*() {
      const { establish, signOut, slot } = yield* Sessions
      const provider = yield* Provider
      const store = yield* OtherProcess
      const { answer, caller } = yield* refreshing
      yield* signOut(ada)
      const session = yield* establish(yield* slot(ada), draft({ accessToken: "new" }))
      yield* answer
      assert.deepStrictEqual(yield* Fiber.join(caller), session)
      assert.strictEqual(tokensOf(yield* store.read(ada))?.access, "new")
      assert.deepStrictEqual(yield* provider.revocations, [])
    }).pipe(Effect.provide(layer)))

  it.effect("a sign-in during a refresh stays, and those who waited for the refresh get it", () =>
    Effect.gen(function*() {
      const { establish, fresh, slot } = yield* Sessions
      const provider = yield* Provider
      const store = yield* OtherProcess
      const { answer, caller } = yield* refreshing
      const session = yield* establish(yield* slot(ada), draft({ accessToken: "new", refreshToken: "new" }))
      assert.strictEqual(yield* fresh(ada), session)
      yield* answer
      assert.deepStrictEqual(yield* Fiber.join(caller), session)
      assert.deepStrictEqual(tokensOf(yield* store.read(ada)), { access: "new", refresh: "new" })
      assert.deepStrictEqual(yield* provider.revocations, [])
    }).pipe(Effect.provide(layer)))

  it.effect("a sign-in that began before a sign-out stores nothing, and its tokens are revoked", () =>
    Effect.gen(function*() {
      const { establish, signOut, slot } = yield* Sessions
      const provider = yield* Provider
      const store = yield* OtherProcess
      const began = yield* slot(ada)
      yield* signOut(ada)
      const after = yield* store.read(ada)
      const error = yield* Effect.flip(establish(began, draft({ refreshToken: "too late" })))
      assert.deepInclude(error, { _tag: "SignedOutMeanwhile", key: ada })
      assert.strictEqual(yield* provider.revoked, "too late")
      assert.strictEqual(yield* store.read(ada), after)
    }).pipe(Effect.provide(layer)))

  it.effect("a sign-in that began after the sign-out is stored", () =>
    Effect.gen(function*() {
      const { establish, signOut, slot } = yield* Sessions
      const store = yield* OtherProcess
      yield* expiring
      yield* signOut(ada)
      const session = yield* establish(yield* slot(ada), draft({ accessToken: "new" }))
      assert.deepStrictEqual((yield* store.read(ada)).state, { _tag: "SignedIn", session })
    }).pipe(Effect.provide(layer)))

  it.effect("a sign-in that began before a sign-out is not stored over a later sign-in either", () =>
    Effect.gen(function*() {
      const { establish, signOut, slot } = yield* Sessions
      const provider = yield* Provider
      const store = yield* OtherProcess
      const began = yield* slot(ada)
      yield* signOut(ada)
      yield* establish(yield* slot(ada), draft({ accessToken: "new" }))
      assert.strictEqual((yield* Effect.flip(establish(began, draft())))._tag, "SignedOutMeanwhile")
      assert.strictEqual(tokensOf(yield* store.read(ada))?.access, "new")
      // The same person at the same client: revoking one grant's token would end the other's.
      assert.deepStrictEqual(yield* provider.revocations, [])
    }).pipe(Effect.provide(layer)))

  it.effect("a sign-in that finds the slot refreshed since, or while it writes, is stored over it", () =>
    Effect.gen(function*() {
      const { establish, slot } = yield* Sessions
      const spy = yield* StoreSpy
      const store = yield* OtherProcess
      yield* expiring
      const began = yield* slot(ada)
      yield* store.write(ada, generation(1), signIn({ accessToken: "refreshed" }))
      const again = yield* Effect.cached(store.write(ada, generation(2), signIn({ accessToken: "again" })))
      yield* spy.disturb({ write: (write) => Effect.andThen(again, write) })
      const session = yield* establish(began, draft({ accessToken: "consented" }))
      assert.strictEqual(session.generation, 4)
      assert.strictEqual(tokensOf(yield* store.read(ada))?.access, "consented")
    }).pipe(Effect.provide(layer)))

  it.effect("a sign-out between the last look and the write of a sign-in wins", () =>
    Effect.gen(function*() {
      const { establish, slot } = yield* Sessions
      const provider = yield* Provider
      const spy = yield* StoreSpy
      const store = yield* OtherProcess
      const out = yield* Effect.cached(store.tombstone(ada))
      yield* spy.disturb({ write: (write) => Effect.andThen(out, write) })
      assert.strictEqual((yield* Effect.flip(establish(yield* slot(ada), draft())))._tag, "SignedOutMeanwhile")
      assert.strictEqual(yield* store.read(ada), (yield* out).after)
      assert.strictEqual(yield* provider.revoked, "refresh-1")
    }).pipe(Effect.provide(layer)))

  it.effect("a sign-in that cannot be stored is StoreUnavailable, and nobody is signed in", () =>
    Effect.gen(function*() {
      const { establish, fresh, slot } = yield* Sessions
      const spy = yield* StoreSpy
      const began = yield* slot(ada)
      yield* spy.disturb({ write: () => Effect.fail(unavailable) })
      const failing = yield* Effect.forkChild(Effect.flip(establish(began, draft())), { startImmediately: true })
      yield* TestClock.adjust("1 seconds")
      assert.strictEqual(yield* Fiber.join(failing), unavailable)
      assert.deepInclude(yield* Effect.flip(fresh(ada)), { reason: "never" as const })
    }).pipe(Effect.provide(layer)))

  it.effect("a sign-in that cannot be stored for a moment is stored after it", () =>
    Effect.gen(function*() {
      const { establish, slot } = yield* Sessions
      const spy = yield* StoreSpy
      const began = yield* slot(ada)
      yield* spy.disturb({ write: () => Effect.fail(unavailable) })
      const consented = yield* Effect.forkChild(establish(began, draft()), { startImmediately: true })
      yield* TestClock.adjust("100 millis")
      yield* spy.disturb({})
      yield* TestClock.adjust("1 seconds")
      assert.strictEqual((yield* Fiber.join(consented)).generation, 1)
    }).pipe(Effect.provide(layer)))

  it.effect("who asks after a sign-out gets no token from a read that began before it", () =>
    Effect.gen(function*() {
      const { fresh, signOut } = yield* Sessions
      const spy = yield* StoreSpy
      yield* spy.deafen
      yield* OtherProcess.use(({ write }) => write(ada, generation(0), signIn()))
      const read = yield* Deferred.make<void>()
      const goOn = yield* Deferred.make<void>()
      yield* spy.disturb({
        read: Effect.tap(() => Effect.andThen(Deferred.succeed(read, undefined), Deferred.await(goOn)))
      })
      const early = yield* Effect.forkChild(Effect.result(fresh(ada)))
      yield* Deferred.await(read)
      yield* signOut(ada)
      const late = yield* Effect.forkChild(fresh(ada), { startImmediately: true })
      yield* spy.disturb({})
      yield* Deferred.succeed(goOn, undefined)
      yield* Fiber.join(early)
      assert.deepInclude(yield* Effect.flip(Fiber.join(late)), signedOut)
      assert.deepInclude(yield* Effect.flip(fresh(ada)), signedOut)
    }).pipe(Effect.provide(layer)))

  it.effect("a slot that was read before a sign-out and arrives after it is not remembered", () =>
    Effect.gen(function*() {
      const { fresh, signOut, slot } = yield* Sessions
      const spy = yield* StoreSpy
      yield* spy.deafen
      yield* OtherProcess.use(({ write }) => write(ada, generation(0), signIn()))
      const read = yield* Deferred.make<void>()
      const goOn = yield* Deferred.make<void>()
      yield* spy.disturb({
        read: Effect.tap(() => Effect.andThen(Deferred.succeed(read, undefined), Deferred.await(goOn)))
      })
      const late = yield* Effect.forkChild(slot(ada))
      yield* Deferred.await(read)
      yield* signOut(ada)
      yield* Deferred.succeed(goOn, undefined)
      assert.strictEqual((yield* Fiber.join(late)).state._tag, "SignedIn")
      yield* spy.disturb({})
      assert.deepInclude(yield* Effect.flip(fresh(ada)), signedOut)
    }).pipe(Effect.provide(layer)))

  it.effect("closing waits for a refresh that has been sent, and keeps what it brings", () =>
    Effect.gen(function*() {
      const scope = yield* Scope.make()
      const context = yield* Layer.buildWithScope(layer, scope)
      yield* Effect.gen(function*() {
        const store = yield* OtherProcess
        const { answer } = yield* refreshing
        const closing = yield* Effect.forkChild(Scope.close(scope, Exit.void), { startImmediately: true })
        assert.isUndefined(closing.pollUnsafe())
        yield* answer
        yield* Fiber.join(closing)
        assert.deepStrictEqual(tokensOf(yield* store.read(ada)), { access: "access-2", refresh: "refresh-2" })
      }).pipe(Effect.provide(context))
    }))

  it.effect("closing and signing out during a refresh: what it brings is revoked before the end", () =>
    Effect.gen(function*() {
      const scope = yield* Scope.make()
      const context = yield* Layer.buildWithScope(layer, scope)
      yield* Effect.gen(function*() {
        const { answer } = yield* refreshing
        yield* Effect.flatMap(Sessions, ({ signOut }) => signOut(ada))
        const closing = yield* Effect.forkChild(Scope.close(scope, Exit.void), { startImmediately: true })
        yield* answer
        yield* Fiber.join(closing)
        assert.deepStrictEqual(yield* Provider.use(({ revocations }) => revocations), ["refresh-2"])
      }).pipe(Effect.provide(context))
    }))
})
