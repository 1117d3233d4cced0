/**
 * What every `SessionStore` does, whatever it keeps its slots in.
 */
import { assert, describe, it } from "@effect/vitest"
import { Context, DateTime, Effect, Exit, Fiber, Layer, Redacted, Result, Schema, Scope, Stream } from "effect"
import { TestClock } from "effect/testing"
import { Account, SessionDraft } from "../../src/services/sign-in/Session.ts"
import { SessionStore, type Slot } from "../../src/services/storage/SessionStore.ts"
import { ada, draft, generation, grace, needsSignIn, signIn, tokensOf } from "./sessionData.ts"
import { take, watching } from "./sessionStreams.ts"

const untouched = (key: typeof ada) => ({
  key,
  generation: generation(0),
  lastSignOut: generation(0),
  state: { _tag: "Never" as const },
  presentedAt: undefined
})

/** A slot with its tokens in the clear: two secrets are told apart by their names alone. */
const unlabelled = (slot: Slot) => {
  if (slot.state._tag !== "SignedIn") return slot
  const { tokens: { expiresAt, issuedAt }, ...session } = slot.state.session
  return { ...slot, state: { _tag: "SignedIn", session, issuedAt, expiresAt, tokens: tokensOf(slot) } }
}

/** Tokens too are the same ones. */
export const sameSlots = (actual: ReadonlyArray<Slot>, expected: ReadonlyArray<Slot>): void =>
  assert.deepStrictEqual(actual.map(unlabelled), expected.map(unlabelled))

/** `layer` is a fresh store for each test. */
export const sessionStoreContract = <E>(name: string, layer: Layer.Layer<SessionStore, E>, runs: number) =>
  describe(name, () => {
    it.effect("a slot nobody used reads as Never at generation 0, and reading it leaves no trace", () =>
      Effect.gen(function*() {
        const store = yield* SessionStore
        assert.deepStrictEqual(yield* store.read(ada), untouched(ada))
        assert.deepStrictEqual(yield* store.list, [])
      }).pipe(Effect.provide(layer)))

    it.effect("a write at the generation that was read moves the slot on by one", () =>
      Effect.gen(function*() {
        const store = yield* SessionStore
        const slot = yield* store.write(ada, generation(0), signIn())
        assert.strictEqual(slot.generation, 1)
        assert.strictEqual(slot.lastSignOut, 0)
        sameSlots([yield* store.read(ada)], [slot])
        if (slot.state._tag !== "SignedIn") return assert.fail(slot.state._tag)
        const { session } = slot.state
        assert.strictEqual(session.key, ada)
        assert.strictEqual(session.generation, 1)
        assert.deepStrictEqual({ ...session }, { ...draft(), key: ada, generation: generation(1) })
        assert.strictEqual(Redacted.value(session.tokens.accessToken), "access-1")
        assert.deepStrictEqual(yield* store.read(grace), untouched(grace))
      }).pipe(Effect.provide(layer)))

    for (const late of [0, 2]) {
      it.effect(`a write that expects generation ${late} of a slot at 1 changes nothing and reports 1`, () =>
        Effect.gen(function*() {
          const store = yield* SessionStore
          const before = yield* store.write(ada, generation(0), signIn())
          for (const write of [signIn({ accessToken: "late" }), needsSignIn()]) {
            const error = yield* Effect.flip(store.write(ada, generation(late), write))
            assert.strictEqual(error._tag, "GenerationPassed")
            assert.deepInclude(error, { expected: generation(late), current: generation(1) })
          }
          sameSlots([yield* store.read(ada)], [before])
        }).pipe(Effect.provide(layer)))
    }

    it.effect("signing out needs no generation, and nothing that read before it can write", () =>
      Effect.gen(function*() {
        const store = yield* SessionStore
        const signedIn = yield* store.write(ada, generation(0), signIn())
        const { after, before } = yield* store.tombstone(ada)
        sameSlots([before], [signedIn])
        assert.deepStrictEqual(after, {
          key: ada,
          generation: generation(2),
          lastSignOut: generation(2),
          state: { _tag: "SignedOut" },
          presentedAt: undefined
        })
        const late = yield* Effect.result(store.write(ada, signedIn.generation, signIn({ accessToken: "late" })))
        assert.isTrue(Result.isFailure(late))
        sameSlots([yield* store.read(ada)], [after])
      }).pipe(Effect.provide(layer)))

    it.effect("a sign-out stays on record through the writes that follow it", () =>
      Effect.gen(function*() {
        const store = yield* SessionStore
        const { after } = yield* store.tombstone(ada)
        assert.strictEqual(after.lastSignOut, 1)
        const again = yield* store.write(ada, after.generation, signIn())
        const over = yield* store.write(ada, again.generation, needsSignIn())
        assert.deepStrictEqual([again, over].map((slot) => slot.lastSignOut), [generation(1), generation(1)])
        assert.strictEqual((yield* store.tombstone(ada)).after.lastSignOut, 4)
      }).pipe(Effect.provide(layer)))

    it.effect("lists every slot that was written, signed-out ones included", () =>
      Effect.gen(function*() {
        const store = yield* SessionStore
        const one = yield* store.write(ada, generation(0), signIn())
        const { after: two } = yield* store.tombstone(grace)
        const listed = (yield* store.list).toSorted((left, right) => left.key < right.key ? -1 : 1)
        sameSlots(listed, [one, two])
      }).pipe(Effect.provide(layer)))

    it.effect("of a hundred writers at one generation, one writes and the others are told by whom they were passed", () =>
      Effect.gen(function*() {
        const store = yield* SessionStore
        const results = yield* Effect.forEach(
          Array.from({ length: 100 }, (_, index) => index),
          (index) =>
            Effect.yieldNow.pipe(
              Effect.andThen(store.write(ada, generation(0), signIn({ accessToken: `writer ${index}` }))),
              Effect.result
            ),
          { concurrency: "unbounded" }
        )
        const won = results.filter(Result.isSuccess)
        assert.lengthOf(won, 1)
        for (const lost of results.filter(Result.isFailure)) {
          assert.strictEqual(lost.failure._tag, "GenerationPassed")
          assert.deepInclude(lost.failure, { current: generation(1) })
        }
        sameSlots([yield* store.read(ada)], won.map(({ success }) => success))
      }).pipe(Effect.provide(layer)))

    it.effect("fifty writers that read again when passed all get through, one generation each", () =>
      Effect.gen(function*() {
        const store = yield* SessionStore
        const write = Effect.gen(function*() {
          const before = yield* store.read(ada)
          yield* Effect.yieldNow
          return (yield* store.write(ada, before.generation, signIn())).generation
        }).pipe(Effect.eventually)
        const generations = yield* Effect.all(Array.from({ length: 50 }, () => write), { concurrency: "unbounded" })
        assert.deepStrictEqual(
          generations.toSorted((a, b) => a - b),
          Array.from({ length: 50 }, (_, at) => generation(at + 1))
        )
      }).pipe(Effect.provide(layer)))

    it.effect("every watcher sees each write in order, from its subscription on; a write that changed nothing is not shown", () =>
      Effect.gen(function*() {
        const store = yield* SessionStore
        yield* store.write(ada, generation(0), signIn({ accessToken: "before" }))
        const early = yield* watching(store.watch)
        const second = yield* store.write(ada, generation(1), signIn({ accessToken: "second" }))
        yield* Effect.flip(store.write(ada, generation(1), signIn({ accessToken: "late" })))
        const late = yield* watching(store.watch)
        const { after: third } = yield* store.tombstone(ada)
        const fourth = yield* store.write(ada, generation(3), needsSignIn())
        sameSlots(yield* take(early, 3), [second, third, fourth])
        sameSlots(yield* take(late, 2), [third, fourth])
      }).pipe(Effect.provide(layer)))

    it.effect("closing the layer ends every watch", () =>
      Effect.gen(function*() {
        const scope = yield* Scope.make()
        const context = yield* Layer.buildWithScope(layer, scope)
        const { watch } = Context.get(context, SessionStore)
        const seen = yield* Effect.forkChild(Stream.runCollect(watch), { startImmediately: true })
        yield* Scope.close(scope, Exit.void)
        assert.deepStrictEqual(yield* Fiber.join(seen), [])
      }))

    it.effect("what was sent to the provider is noted with the slot, which stays as it is; the next write clears it", () =>
      Effect.gen(function*() {
        const store = yield* SessionStore
        const slot = yield* store.write(ada, generation(0), signIn())
        yield* TestClock.setTime(5_000)
        yield* store.present(ada, slot.generation, { again: false })
        sameSlots([yield* store.read(ada)], [{ ...slot, presentedAt: DateTime.makeUnsafe(5_000) }])
        sameSlots(yield* store.list, [{ ...slot, presentedAt: DateTime.makeUnsafe(5_000) }])
        const next = yield* store.write(ada, slot.generation, signIn({ accessToken: "access-2" }))
        assert.isUndefined(next.presentedAt)
        sameSlots([yield* store.read(ada)], [next])
        yield* store.present(ada, next.generation, { again: false })
        const { after, before } = yield* store.tombstone(ada)
        sameSlots([before], [{ ...next, presentedAt: DateTime.makeUnsafe(5_000) }])
        sameSlots([yield* store.read(ada)], [after])
      }).pipe(Effect.provide(layer)))

    it.effect("a token is sent twice only by who may, and by one at a time until it is taken back", () =>
      Effect.gen(function*() {
        const store = yield* SessionStore
        const { generation: at } = yield* store.write(ada, generation(0), signIn())
        yield* TestClock.setTime(1_000)
        yield* store.present(ada, at, { again: false })
        yield* TestClock.setTime(2_000)
        const error = yield* Effect.flip(store.present(ada, at, { again: false }))
        assert.strictEqual(error._tag, "AlreadyPresented")
        assert.deepInclude(error, { at: DateTime.makeUnsafe(1_000) })
        assert.deepStrictEqual((yield* store.read(ada)).presentedAt, DateTime.makeUnsafe(1_000))
        yield* store.present(ada, at, { again: true })
        assert.deepStrictEqual((yield* store.read(ada)).presentedAt, DateTime.makeUnsafe(2_000))
        yield* store.withdraw(ada, at)
        assert.isUndefined((yield* store.read(ada)).presentedAt)
        yield* store.present(ada, at, { again: false })
      }).pipe(Effect.provide(layer)))

    it.effect("of a hundred that want to send one token once, one may", () =>
      Effect.gen(function*() {
        const store = yield* SessionStore
        const { generation: at } = yield* store.write(ada, generation(0), signIn())
        const present = Effect.andThen(Effect.yieldNow, Effect.result(store.present(ada, at, { again: false })))
        const results = yield* Effect.replicateEffect(present, 100, { concurrency: "unbounded" })
        assert.lengthOf(results.filter(Result.isSuccess), 1)
        for (const lost of results.filter(Result.isFailure)) assert.strictEqual(lost.failure._tag, "AlreadyPresented")
      }).pipe(Effect.provide(layer)))

    it.effect("nothing is noted for a generation that is not the slot's, nor taken back", () =>
      Effect.gen(function*() {
        const store = yield* SessionStore
        yield* store.write(ada, generation(0), signIn())
        const slot = yield* store.write(ada, generation(1), signIn())
        for (const other of [0, 1, 3]) {
          for (const again of [true, false]) {
            const error = yield* Effect.flip(store.present(ada, generation(other), { again }))
            assert.strictEqual(error._tag, "GenerationPassed")
            assert.deepInclude(error, { expected: generation(other), current: generation(2) })
          }
        }
        sameSlots([yield* store.read(ada)], [slot])
        yield* store.present(ada, slot.generation, { again: false })
        yield* store.withdraw(ada, generation(1))
        yield* store.withdraw(grace, generation(0))
        assert.isDefined((yield* store.read(ada)).presentedAt)
        assert.deepStrictEqual(yield* store.read(grace), untouched(grace))
        assert.lengthOf(yield* store.list, 1)
      }).pipe(Effect.provide(layer)))

    it.effect("what is noted and taken back is no write: nobody who watches hears of it", () =>
      Effect.gen(function*() {
        const store = yield* SessionStore
        const { generation: at } = yield* store.write(ada, generation(0), signIn())
        const seen = yield* watching(store.watch)
        yield* store.present(ada, at, { again: false })
        yield* store.withdraw(ada, at)
        const { after } = yield* store.tombstone(ada)
        sameSlots(yield* take(seen, 1), [after])
      }).pipe(Effect.provide(layer)))

    it.effect("a session that ended keeps what it was, and its tokens are gone", () =>
      Effect.gen(function*() {
        const store = yield* SessionStore
        yield* store.write(ada, generation(0), signIn())
        const ended = yield* store.write(ada, generation(1), needsSignIn("reauth_policy"))
        assert.deepStrictEqual(ended.state, needsSignIn("reauth_policy"))
        sameSlots([yield* store.read(ada)], [ended])
      }).pipe(Effect.provide(layer)))

    it.effect("a session without a refresh token, and an account that nothing is known of, are read as they were written", () =>
      Effect.gen(function*() {
        const store = yield* SessionStore
        const one = yield* store.write(ada, generation(0), signIn({ refreshToken: null }))
        const nobody = new SessionDraft({ ...draft(), account: new Account({}), grantedScopes: [] })
        const two = yield* store.write(grace, generation(0), { _tag: "SignedIn", draft: nobody })
        sameSlots([yield* store.read(ada)], [one])
        assert.isUndefined(tokensOf(yield* store.read(ada))?.refresh)
        sameSlots([yield* store.read(grace)], [two])
        assert.deepStrictEqual(tokensOf(yield* store.read(grace)), { access: "access-1", refresh: "refresh-1" })
      }).pipe(Effect.provide(layer)))

    const Command = Schema.Struct({
      key: Schema.Literals([ada, grace]),
      does: Schema.Literals(["read", "sign in", "end", "sign out"]),
      /** How many generations ago the writer has read. */
      behind: Schema.Literals([0, 0, 0, 1, 2])
    })

    it.effect.prop(
      "does what a counter per key does, whatever is asked in whatever order",
      [Schema.Array(Command)],
      ([commands]) =>
        Effect.gen(function*() {
          const store = yield* SessionStore
          const watched = yield* watching(store.watch)
          const model = new Map(
            [ada, grace].map((key) => [key, { generation: 0, lastSignOut: 0, state: "Never", presentedAt: undefined }])
          )
          const written: Array<object> = []
          for (const { behind, does, key } of commands) {
            const before = model.get(key) ?? assert.fail("no such key")
            const expected = before.generation - behind
            const next = before.generation + 1
            if (does === "sign out") {
              yield* store.tombstone(key)
              model.set(key, { generation: next, lastSignOut: next, state: "SignedOut", presentedAt: undefined })
              written.push({ key, ...model.get(key) })
            } else if (does !== "read" && expected >= 0) {
              const result = yield* Effect.result(
                store.write(
                  key,
                  generation(expected),
                  does === "sign in" ? signIn({ accessToken: `at ${next}` }) : needsSignIn()
                )
              )
              assert.strictEqual(Result.isSuccess(result), behind === 0)
              if (behind === 0) {
                model.set(key, { ...before, generation: next, state: does === "sign in" ? "SignedIn" : "NeedsSignIn" })
                written.push({ key, ...model.get(key) })
              }
            }
            const slot = yield* store.read(key)
            assert.deepStrictEqual({ ...slot, state: slot.state._tag }, { key, ...model.get(key) })
            if (slot.state._tag === "SignedIn") assert.strictEqual(tokensOf(slot)?.access, `at ${slot.generation}`)
          }
          const seen = yield* take(watched, written.length)
          assert.deepStrictEqual(seen.map((slot) => ({ ...slot, state: slot.state._tag })), written)
        }).pipe(Effect.provide(layer)),
      { arbitrary: { runs } }
    )
  })
