import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Fiber, Layer, Redacted, Scope } from "effect"
import { TestClock } from "effect/testing"
import { Sessions } from "../../../src/services/sign-in/Sessions.ts"
import { ada, draft, generation, grant, needsSignIn, signIn, tokensOf, unavailable } from "../../support/sessionData.ts"
import { OtherProcess, Provider, rotating, StoreSpy } from "../../support/sessionHarness.ts"

const token = Effect.flatMap(Sessions, ({ accessToken }) => Effect.map(accessToken(ada), Redacted.value))

const posts = Provider.use(({ refreshed }) => refreshed)

const disk = (state: "full" | "well") =>
  StoreSpy.use(({ disturb }) => disturb(state === "full" ? { write: () => Effect.fail(unavailable) } : {}))

/** A refresh that brought tokens which cannot be stored; no token is given out. */
const unsaved = (minutes = 180) =>
  Effect.gen(function*() {
    yield* OtherProcess.use(({ write }) => write(ada, generation(0), signIn({ minutes: 1 })))
    yield* Provider.use(({ answers }) => answers(Effect.succeed(grant({ refreshToken: "refresh-2", minutes }))))
    yield* disk("full")
    yield* unstorable
  })

/** A call that fails since the store cannot be written, which it does only after a moment. */
const unstorable = Effect.gen(function*() {
  const caller = yield* Effect.forkChild(Effect.flip(token), { startImmediately: true })
  yield* TestClock.adjust("1 second")
  assert.strictEqual(yield* Fiber.join(caller), unavailable)
})

/** What is left behind when the process ends. */
const afterTheEnd = <A, E>(
  program: Effect.Effect<void, E, Layer.Success<typeof rotating>>,
  look: Effect.Effect<A, E, Layer.Success<typeof rotating>>
) =>
  Effect.gen(function*() {
    const scope = yield* Scope.make()
    const context = yield* Layer.buildWithScope(rotating, scope)
    yield* Effect.provide(program, context)
    yield* Scope.close(scope, Exit.void)
    return yield* Effect.provide(look, context)
  })

const stored = OtherProcess.use(({ read }) => Effect.map(read(ada), tokensOf))
const revocations = Provider.use((provider) => provider.revocations)

describe("Sessions: tokens that were issued and cannot be stored", () => {
  it.effect("a store that is busy for a moment is tried again; nobody notices", () =>
    Effect.gen(function*() {
      yield* OtherProcess.use(({ write }) => write(ada, generation(0), signIn({ minutes: 1 })))
      yield* disk("full")
      const caller = yield* Effect.forkChild(token, { startImmediately: true })
      yield* TestClock.adjust("700 millis")
      assert.isUndefined(caller.pollUnsafe())
      yield* disk("well")
      yield* TestClock.adjust("100 millis")
      assert.strictEqual(yield* Fiber.join(caller), "access-2")
      assert.deepStrictEqual(yield* posts, ["refresh-1"])
    }).pipe(Effect.provide(rotating)))

  it.effect("are given to nobody; the next call stores them, and the provider is asked once in all", () =>
    Effect.gen(function*() {
      yield* unsaved()
      yield* unstorable
      assert.deepStrictEqual(yield* stored, { access: "access-1", refresh: "refresh-1" })
      yield* disk("well")
      assert.strictEqual(yield* token, "access-2")
      assert.deepStrictEqual(yield* stored, { access: "access-2", refresh: "refresh-2" })
      assert.isUndefined((yield* OtherProcess.use(({ read }) => read(ada))).presentedAt)
      assert.deepStrictEqual(yield* posts, ["refresh-1"])
    }).pipe(Effect.provide(rotating)))

  it.effect("stored too late to be of use, they are renewed before they are given out", () =>
    Effect.gen(function*() {
      const provider = yield* Provider
      yield* unsaved(60)
      yield* TestClock.adjust("2 hours")
      yield* disk("well")
      yield* provider.answers(Effect.succeed(grant({ accessToken: "access-3", minutes: 600 })))
      assert.strictEqual(yield* token, "access-3")
      assert.deepStrictEqual(yield* posts, ["refresh-1", "refresh-2"])
    }).pipe(Effect.provide(rotating)))

  it.effect("are stored at the end, if that works by then", () =>
    Effect.gen(function*() {
      const left = yield* afterTheEnd(Effect.andThen(unsaved(), disk("well")), stored)
      assert.deepStrictEqual(left, { access: "access-2", refresh: "refresh-2" })
    }))

  it.effect("at the end, a store that is still full changes nothing and holds nobody up", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* afterTheEnd(unsaved(), stored), { access: "access-1", refresh: "refresh-1" })
    }))

  it.effect("are revoked when somebody signs out", () =>
    Effect.gen(function*() {
      const { signOut } = yield* Sessions
      yield* unsaved()
      yield* disk("well")
      const { revoke } = yield* signOut(ada)
      yield* revoke
      assert.include(yield* revocations, "refresh-2")
    }).pipe(Effect.provide(rotating)))

  it.effect("are revoked at the end at the latest, if another process has signed out", () =>
    Effect.gen(function*() {
      const out = OtherProcess.use(({ tombstone }) => Effect.asVoid(tombstone(ada)))
      const end = Effect.gen(function*() {
        assert.strictEqual((yield* OtherProcess.use(({ read }) => read(ada))).state._tag, "SignedOut")
        return yield* revocations
      })
      assert.deepStrictEqual(yield* afterTheEnd(Effect.all([unsaved(), disk("well"), out]), end), ["refresh-2"])
    }))

  it.effect("give way to a new sign-in, and are not revoked with it", () =>
    Effect.gen(function*() {
      const again = Effect.gen(function*() {
        const { establish, slot } = yield* Sessions
        yield* unsaved()
        yield* disk("well")
        yield* establish(yield* slot(ada), draft({ accessToken: "new", refreshToken: "refresh-new" }))
        assert.strictEqual(yield* token, "new")
      })
      const [left, revoked] = yield* afterTheEnd(again, Effect.all([stored, revocations]))
      assert.deepStrictEqual(left, { access: "new", refresh: "refresh-new" })
      assert.deepStrictEqual(revoked, [])
    }))

  it.effect("are stored over the session they renew wherever its generation has gone, as when a file was put back", () =>
    Effect.gen(function*() {
      yield* unsaved()
      yield* disk("well")
      const store = yield* OtherProcess
      const { state } = yield* store.read(ada)
      const same = state._tag === "SignedIn" ? state.session : assert.fail(state._tag)
      yield* store.write(ada, generation(1), { _tag: "SignedIn", draft: same })
      assert.strictEqual(yield* token, "access-2")
      assert.deepStrictEqual(yield* posts, ["refresh-1"])
      assert.strictEqual((yield* store.read(ada)).generation, 3)
    }).pipe(Effect.provide(rotating)))

  it.effect("outweigh another process's word that the session has ended", () =>
    Effect.gen(function*() {
      yield* unsaved()
      yield* disk("well")
      yield* OtherProcess.use(({ write }) => write(ada, generation(1), needsSignIn()))
      assert.strictEqual(yield* token, "access-2")
      assert.deepStrictEqual(yield* posts, ["refresh-1"])
    }).pipe(Effect.provide(rotating)))
})
