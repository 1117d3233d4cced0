import { assert, describe, it } from "@effect/vitest"
import { DateTime, Duration, Effect, Fiber, Layer, Redacted, Stream } from "effect"
import { TestClock } from "effect/testing"
import * as AuthEventsPubSub from "../../../src/layers/sign-in/AuthEventsPubSub.ts"
import * as SessionsSynchronized from "../../../src/layers/sign-in/SessionsSynchronized.ts"
import * as LeasesMemory from "../../../src/layers/storage/LeasesMemory.ts"
import * as SessionStoreMemory from "../../../src/layers/storage/SessionStoreMemory.ts"
import { AuthorizationServer } from "../../../src/services/provider/AuthorizationServer.ts"
import { AuthEvents } from "../../../src/services/sign-in/AuthEvents.ts"
import { Sessions } from "../../../src/services/sign-in/Sessions.ts"
import { SessionStore, StoreUnavailable } from "../../../src/services/storage/SessionStore.ts"
import { ada, draft, generation, grace, grant, needsSignIn, signIn, tokensOf } from "../../support/sessionData.ts"
import { layer, OtherProcess, Provider, StoreSpy } from "../../support/sessionHarness.ts"
import { take, watching } from "../../support/sessionStreams.ts"

const token = (session: { readonly tokens: { readonly accessToken: Redacted.Redacted<string> } }) =>
  Redacted.value(session.tokens.accessToken)

/** As many as ask at once, each on its own. */
const many = <A, E>(effect: Effect.Effect<A, E>) =>
  Effect.all(Array.from({ length: 200 }, () => effect), { concurrency: "unbounded" })

const unavailable = new StoreUnavailable({ problem: "the disk is gone", remedy: "bring it back" })

const unwatchable = (watch: SessionStore["Service"]["watch"]) =>
  SessionsSynchronized.layer.pipe(
    Layer.provideMerge(Layer.effect(SessionStore, Effect.map(SessionStore, (store) => ({ ...store, watch })))),
    Layer.provide([
      SessionStoreMemory.layer,
      LeasesMemory.layer,
      AuthEventsPubSub.layer,
      Layer.mock(AuthorizationServer, { issuer: "https://accounts.example.com", rotatesRefreshTokens: false })
    ])
  )

describe("Sessions: a token that is fresh", () => {
  it.effect("a fresh token costs one read of the store, and nothing from then on", () =>
    Effect.gen(function*() {
      const { accessToken, fresh } = yield* Sessions
      const store = yield* OtherProcess
      const spy = yield* StoreSpy
      yield* store.write(ada, generation(0), signIn())
      const session = yield* fresh(ada)
      assert.strictEqual(token(session), "access-1")
      assert.deepStrictEqual(yield* spy.counts, { reads: 1, writes: 0, notes: 0 })
      const tokens = yield* many(accessToken(ada))
      assert.deepStrictEqual(new Set(tokens.map(Redacted.value)), new Set(["access-1"]))
      assert.strictEqual(yield* fresh(ada), session)
      assert.deepStrictEqual(yield* spy.counts, { reads: 1, writes: 0, notes: 0 })
      assert.deepStrictEqual(yield* Provider.use(({ refreshed }) => refreshed), [])
    }).pipe(Effect.provide(layer)))

  it.effect("a session that was just established costs no read at all", () =>
    Effect.gen(function*() {
      const { establish, fresh, slot } = yield* Sessions
      const spy = yield* StoreSpy
      const session = yield* establish(yield* slot(ada), draft())
      const before = yield* spy.counts
      assert.strictEqual(yield* fresh(ada), session)
      assert.deepStrictEqual(yield* spy.counts, before)
    }).pipe(Effect.provide(layer)))

  it.effect("two minutes and a millisecond are enough, two minutes are not", () =>
    Effect.gen(function*() {
      const { fresh } = yield* Sessions
      const { refreshed } = yield* Provider
      yield* OtherProcess.use(({ write }) => write(ada, generation(0), signIn({ minutes: 60 })))
      yield* TestClock.setTime(58 * 60_000 - 1)
      assert.strictEqual(token(yield* fresh(ada)), "access-1")
      assert.deepStrictEqual(yield* refreshed, [])
      yield* TestClock.adjust(1)
      assert.strictEqual(token(yield* fresh(ada)), "access-2")
      assert.deepStrictEqual(yield* refreshed, ["refresh-1"])
    }).pipe(Effect.provide(layer)))

  for (const [when, minute] of [["is about to expire", 59], ["has expired", 1_000]] as const) {
    it.effect(`200 callers of a token that ${when}: one refresh, one write, one token`, () =>
      Effect.gen(function*() {
        const { fresh } = yield* Sessions
        const provider = yield* Provider
        const store = yield* OtherProcess
        yield* store.write(ada, generation(0), signIn())
        yield* TestClock.setTime(minute * 60_000)
        const seen = yield* Effect.flatMap(AuthEvents.use(({ subscribe }) => subscribe), watching)
        const held = yield* provider.hold
        const callers = yield* Effect.forkChild(many(fresh(ada)))
        yield* held.arrived
        assert.lengthOf(yield* take(seen, 199), 199)
        yield* held.answer(Effect.succeed(grant({ minutes: minute + 60 })))
        const sessions = yield* Fiber.join(callers)
        assert.lengthOf(sessions, 200)
        assert.lengthOf([...new Set(sessions)], 1)
        assert.deepStrictEqual(yield* provider.refreshed, ["refresh-1"])
        assert.strictEqual((yield* StoreSpy.use(({ counts }) => counts)).writes, 1)
        const slot = yield* store.read(ada)
        assert.strictEqual(slot.generation, 2)
        assert.deepStrictEqual(tokensOf(slot), { access: "access-2", refresh: "refresh-1" })
        assert.strictEqual(yield* fresh(ada), sessions[0])
      }).pipe(Effect.provide(layer)))
  }

  it.effect("a refresh is told of once, and each caller that shares it once", () =>
    Effect.gen(function*() {
      const { fresh } = yield* Sessions
      const provider = yield* Provider
      yield* OtherProcess.use(({ write }) => write(ada, generation(0), signIn({ minutes: 1 })))
      const seen = yield* Effect.flatMap(AuthEvents.use(({ subscribe }) => subscribe), watching)
      const held = yield* provider.hold
      const callers = yield* Effect.forkChild(Effect.all([fresh(ada), fresh(ada), fresh(ada)], { concurrency: 3 }))
      const shared = { _tag: "RefreshShared", key: ada }
      assert.deepStrictEqual<ReadonlyArray<object>>(yield* take(seen, 2), [shared, shared])
      yield* held.answer(Effect.succeed(grant()))
      yield* Fiber.join(callers)
      assert.deepStrictEqual<ReadonlyArray<object>>(yield* take(seen, 1), [{
        _tag: "RefreshPerformed",
        key: ada,
        took: Duration.zero
      }])
    }).pipe(Effect.provide(layer)))

  it.effect("a caller that leaves, the first one included, does not stop the refresh of the others", () =>
    Effect.gen(function*() {
      const { fresh } = yield* Sessions
      const provider = yield* Provider
      yield* OtherProcess.use(({ write }) => write(ada, generation(0), signIn({ minutes: 1 })))
      const held = yield* provider.hold
      const first = yield* Effect.forkChild(fresh(ada), { startImmediately: true })
      const second = yield* Effect.forkChild(fresh(ada), { startImmediately: true })
      yield* held.arrived
      yield* Fiber.interrupt(first)
      assert.isUndefined(second.pollUnsafe())
      yield* held.answer(Effect.succeed(grant()))
      assert.strictEqual(token(yield* Fiber.join(second)), "access-2")
      assert.deepStrictEqual(yield* provider.refreshed, ["refresh-1"])
    }).pipe(Effect.provide(layer)))

  it.effect("a refresh that everybody has left is finished and kept all the same", () =>
    Effect.gen(function*() {
      const { fresh } = yield* Sessions
      const provider = yield* Provider
      const store = yield* OtherProcess
      yield* store.write(ada, generation(0), signIn({ minutes: 1 }))
      const writes = yield* watching(store.watch)
      const held = yield* provider.hold
      const caller = yield* Effect.forkChild(fresh(ada))
      yield* held.arrived
      yield* Fiber.interrupt(caller)
      yield* held.answer(Effect.succeed(grant({ refreshToken: "refresh-2" })))
      const [slot] = yield* take(writes, 1)
      assert.deepStrictEqual(slot && tokensOf(slot), { access: "access-2", refresh: "refresh-2" })
      assert.strictEqual(token(yield* fresh(ada)), "access-2")
      assert.deepStrictEqual(yield* provider.refreshed, ["refresh-1"])
    }).pipe(Effect.provide(layer)))

  it.effect("a slow refresh of one account never delays another account, nor its refresh", () =>
    Effect.gen(function*() {
      const { establish, fresh, slot } = yield* Sessions
      const provider = yield* Provider
      const store = yield* OtherProcess
      yield* store.write(ada, generation(0), signIn({ minutes: 1 }))
      yield* store.write(grace, generation(0), signIn({ minutes: 1, refreshToken: "grace's" }))
      const held = yield* provider.hold
      const slow = yield* Effect.forkChild(fresh(ada))
      yield* held.arrived
      yield* provider.answers(Effect.succeed(grant({ accessToken: "grace-2", minutes: 30 })))
      assert.strictEqual(token(yield* fresh(grace)), "grace-2")
      yield* establish(yield* slot(grace), draft({ accessToken: "grace-3" }))
      assert.strictEqual(token(yield* fresh(grace)), "grace-3")
      assert.isUndefined(slow.pollUnsafe())
      yield* held.answer(Effect.succeed(grant()))
      assert.strictEqual(token(yield* Fiber.join(slow)), "access-2")
    }).pipe(Effect.provide(layer)))

  for (
    const [reply, refreshToken, kept] of [
      ["without a refresh token keeps the one there is", null, "refresh-1"],
      ["with a refresh token stores that one", "refresh-2", "refresh-2"]
    ] as const
  ) {
    it.effect(`a refresh reply ${reply}, and everything about the sign-in stays`, () =>
      Effect.gen(function*() {
        const { fresh } = yield* Sessions
        const provider = yield* Provider
        const store = yield* OtherProcess
        yield* store.write(ada, generation(0), signIn({ minutes: 1 }))
        yield* provider.answers(
          Effect.succeed({
            ...grant({ refreshToken, name: "not asked" }),
            grantedScopes: ["openid"],
            clientId: "other"
          })
        )
        const session = yield* fresh(ada)
        assert.strictEqual(Redacted.value(session.tokens.refreshToken ?? Redacted.make("none")), kept)
        assert.deepStrictEqual(yield* provider.scopes, [["openid", "email"]])
        assert.deepStrictEqual(session.grantedScopes, ["openid"])
        const { account, clientId, flowId, signedInAt } = draft()
        assert.deepInclude(session, { account, clientId, flowId, signedInAt, key: ada, generation: generation(2) })
        const slot = yield* store.read(ada)
        assert.deepStrictEqual(slot.state, { _tag: "SignedIn", session })
        yield* TestClock.setTime(179 * 60_000)
        yield* fresh(ada)
        assert.deepStrictEqual(yield* provider.refreshed, ["refresh-1", kept])
      }).pipe(Effect.provide(layer)))
  }

  it.effect("a provider's secrets are taken whatever they are labelled", () =>
    Effect.gen(function*() {
      const { fresh } = yield* Sessions
      const provider = yield* Provider
      yield* OtherProcess.use(({ write }) => write(ada, generation(0), signIn({ minutes: 1 })))
      yield* provider.answers(Effect.succeed({ ...grant(), accessToken: Redacted.make("odd", { label: "odd" }) }))
      assert.strictEqual(token(yield* fresh(ada)), "odd")
    }).pipe(Effect.provide(layer)))

  it.effect("a session that cannot be renewed is used to its very end, and then needs a person", () =>
    Effect.gen(function*() {
      const { fresh } = yield* Sessions
      const store = yield* OtherProcess
      yield* store.write(ada, generation(0), signIn({ refreshToken: null, minutes: 60 }))
      yield* TestClock.setTime(60 * 60_000 - 1)
      assert.strictEqual(token(yield* fresh(ada)), "access-1")
      yield* TestClock.adjust(1)
      const error = yield* Effect.flip(fresh(ada))
      assert.deepInclude(error, { _tag: "SignInRequired", key: ada, reason: "expired", account: draft().account })
      const slot = yield* store.read(ada)
      assert.strictEqual(slot.generation, 2)
      assert.deepStrictEqual(slot.state, needsSignIn("expired"))
      assert.deepStrictEqual(yield* Provider.use(({ refreshed }) => refreshed), [])
    }).pipe(Effect.provide(layer)))

  it.effect("what another process has refreshed is adopted, not refreshed again", () =>
    Effect.gen(function*() {
      const { fresh } = yield* Sessions
      const store = yield* OtherProcess
      const spy = yield* StoreSpy
      yield* store.write(ada, generation(0), signIn({ minutes: 11 }))
      assert.strictEqual(token(yield* fresh(ada)), "access-1")
      yield* store.write(ada, generation(1), signIn({ accessToken: "theirs", minutes: 71 }))
      yield* TestClock.setTime(10 * 60_000)
      assert.strictEqual(token(yield* fresh(ada)), "theirs")
      assert.deepStrictEqual(yield* Provider.use(({ refreshed }) => refreshed), [])
      assert.strictEqual((yield* spy.counts).writes, 0)
    }).pipe(Effect.provide(layer)))

  it.effect("a sign-out or sign-in in another process counts here as soon as this one is told of it", () =>
    Effect.gen(function*() {
      const { fresh } = yield* Sessions
      const store = yield* OtherProcess
      const spy = yield* StoreSpy
      yield* store.write(ada, generation(0), signIn())
      yield* fresh(ada)
      yield* store.tombstone(ada)
      yield* spy.takenIn(2)
      assert.deepInclude(yield* Effect.flip(fresh(ada)), { _tag: "SignInRequired", reason: "signed_out" })
      yield* store.write(ada, generation(2), signIn({ accessToken: "again" }))
      yield* spy.takenIn(0)
      const before = yield* spy.counts
      assert.strictEqual(token(yield* fresh(ada)), "again")
      assert.deepStrictEqual(yield* spy.counts, before)
    }).pipe(Effect.provide(layer)))

  for (
    const [what, watch] of [
      ["cannot be watched", Stream.fail(unavailable)],
      ["is watched no longer", Stream.empty],
      ["has a bug that ends the watching", Stream.die(new Error("bug"))]
    ] as const
  ) {
    it.effect(`where the store ${what}, it is asked each time`, () =>
      Effect.gen(function*() {
        const { fresh } = yield* Sessions
        const store = yield* SessionStore
        yield* store.write(ada, generation(0), signIn())
        assert.strictEqual(token(yield* fresh(ada)), "access-1")
        yield* store.tombstone(ada)
        assert.deepInclude(yield* Effect.flip(fresh(ada)), { _tag: "SignInRequired", reason: "signed_out" })
      }).pipe(Effect.provide(unwatchable(watch))))
  }

  it.effect("a slot nobody used says so, again and again, and asks the provider nothing", () =>
    Effect.gen(function*() {
      const { fresh } = yield* Sessions
      for (let times = 0; times < 3; times++) {
        assert.deepInclude(yield* Effect.flip(fresh(ada)), { _tag: "SignInRequired", key: ada, reason: "never" })
      }
      assert.deepStrictEqual(yield* Provider.use(({ refreshed }) => refreshed), [])
    }).pipe(Effect.provide(layer)))

  it.effect("the slot is what the store has, also where the token has expired", () =>
    Effect.gen(function*() {
      const { slot } = yield* Sessions
      const store = yield* OtherProcess
      assert.strictEqual((yield* slot(ada)).state._tag, "Never")
      const written = yield* store.write(ada, generation(0), signIn({ minutes: 1 }))
      yield* TestClock.setTime(DateTime.toEpochMillis(draft().tokens.expiresAt))
      assert.deepStrictEqual(yield* slot(ada), written)
      assert.deepStrictEqual(yield* Provider.use(({ refreshed }) => refreshed), [])
    }).pipe(Effect.provide(layer)))
})
