/**
 * Two sign-ins of one slot: the first one stored counts, unless the later one brings what it lacks.
 */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Ref } from "effect"
import { FlowId, SessionDraft } from "../../../src/services/sign-in/Session.ts"
import { Sessions } from "../../../src/services/sign-in/Sessions.ts"
import { ada, draft, generation, signIn, tokensOf } from "../../support/sessionData.ts"
import { layer, OtherProcess, Provider, StoreSpy } from "../../support/sessionHarness.ts"

/** What a flow of its own has brought. */
const broughtBy = (flow: string, changes: Partial<SessionDraft> = {}) => {
  const { tokens, ...rest } = draft({ accessToken: flow })
  return new SessionDraft({ ...rest, tokens, flowId: FlowId.make(flow), ...changes })
}

const stored = OtherProcess.use((store) => Effect.map(store.read(ada), (slot) => tokensOf(slot)?.access))

const first = Effect.gen(function*() {
  const { slot } = yield* Sessions
  const store = yield* OtherProcess
  const began = yield* slot(ada)
  return {
    began,
    comes: (brought: SessionDraft) => store.write(ada, began.generation, { _tag: "SignedIn", draft: brought })
  }
})

describe("A sign-in that another one has come before", () => {
  it.effect("gives way: the answer is the other's session, nothing is stored, and nothing is revoked", () =>
    Effect.gen(function*() {
      const { establish } = yield* Sessions
      const provider = yield* Provider
      const { began, comes } = yield* first
      yield* comes(broughtBy("first"))
      const session = yield* establish(began, broughtBy("second"))
      assert.strictEqual(session.flowId, "first")
      assert.strictEqual(yield* stored, "first")
      assert.deepStrictEqual(yield* provider.revocations, [])
    }).pipe(Effect.provide(layer)))

  it.effect("gives way, too, when the other one comes between its look and its write", () =>
    Effect.gen(function*() {
      const { establish } = yield* Sessions
      const spy = yield* StoreSpy
      const { began, comes } = yield* first
      const once = yield* Effect.cached(Effect.orDie(comes(broughtBy("first"))))
      yield* spy.disturb({ write: (write) => Effect.andThen(once, write) })
      assert.strictEqual((yield* establish(began, broughtBy("second"))).flowId, "first")
      assert.strictEqual(yield* stored, "first")
    }).pipe(Effect.provide(layer)))

  it.effect("is stored if it brings a permission that the other one lacks", () =>
    Effect.gen(function*() {
      const { establish } = yield* Sessions
      const { began, comes } = yield* first
      yield* comes(broughtBy("first"))
      const wide = broughtBy("second", { grantedScopes: ["openid", "email", "script.projects"] })
      assert.strictEqual((yield* establish(began, wide)).flowId, "second")
      assert.strictEqual(yield* stored, "second")
    }).pipe(Effect.provide(layer)))

  it.effect("is stored if the other one belongs to another client", () =>
    Effect.gen(function*() {
      const { establish } = yield* Sessions
      const { began, comes } = yield* first
      yield* comes(broughtBy("first", { clientId: "another client" }))
      assert.strictEqual((yield* establish(began, broughtBy("second"))).flowId, "second")
      assert.strictEqual(yield* stored, "second")
    }).pipe(Effect.provide(layer)))

  it.effect("is stored over a refresh of the session that was there before both", () =>
    Effect.gen(function*() {
      const { establish, slot } = yield* Sessions
      const store = yield* OtherProcess
      yield* store.write(ada, generation(0), signIn())
      const began = yield* slot(ada)
      yield* store.write(ada, generation(1), signIn({ accessToken: "refreshed" }))
      assert.strictEqual((yield* establish(began, broughtBy("second"))).flowId, "second")
    }).pipe(Effect.provide(layer)))
})

describe("A sign-in whose flow no longer stands", () => {
  it.effect("is not stored: it is asked before each attempt", () =>
    Effect.gen(function*() {
      const { establish } = yield* Sessions
      const spy = yield* StoreSpy
      const { began, comes } = yield* first
      assert.strictEqual(yield* Effect.flip(establish(began, broughtBy("second"), Effect.fail("ended"))), "ended")
      assert.strictEqual(yield* stored, undefined)

      const asked = yield* Ref.make(0)
      const standsOnce = Effect.flatMap(
        Ref.updateAndGet(asked, (count) => count + 1),
        (count) => count > 1 ? Effect.fail("ended") : Effect.void
      )
      const once = yield* Effect.cached(Effect.orDie(comes(broughtBy("first", { clientId: "another client" }))))
      yield* spy.disturb({ write: (write) => Effect.andThen(once, write) })
      assert.strictEqual(yield* Effect.flip(establish(began, broughtBy("second"), standsOnce)), "ended")
      assert.strictEqual(yield* stored, "first")
    }).pipe(Effect.provide(layer)))
})
