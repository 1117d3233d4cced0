/**
 * Sessions and flows belong to the provider that they are at: what another one issues is no substitute, whoever the client is.
 */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Option } from "effect"
import { FlowId, SessionDraft } from "../../../src/services/sign-in/Session.ts"
import { Sessions } from "../../../src/services/sign-in/Sessions.ts"
import * as FakeProvider from "../../support/fakeProvider.ts"
import { ada, draft, generation, signIn } from "../../support/sessionData.ts"
import { layer, OtherProcess } from "../../support/sessionHarness.ts"
import { work } from "../../support/signIn.ts"
import { beginIn, layerMachine, openWindow } from "../../support/windowsInMemory.ts"

const elsewhere = "https://other.example"

describe("A session's issuer", () => {
  it.effect("is another one: a session that is stored during the exchange is not given way to", () =>
    Effect.gen(function*() {
      const { canUse, establish, slot } = yield* Sessions
      const store = yield* OtherProcess
      const began = yield* slot(ada)
      const theirs = new SessionDraft({ ...draft(), flowId: FlowId.make("another flow"), issuer: elsewhere })
      yield* store.write(ada, began.generation, { _tag: "SignedIn", draft: theirs })
      const session = yield* establish(began, new SessionDraft({ ...draft(), issuer: "https://provider.test" }))
      assert.strictEqual(session.issuer, "https://provider.test")
      assert.isTrue(yield* canUse(session))
    }).pipe(Effect.provide(layer)))

  it.effect("is not known: the next refresh brings it", () =>
    Effect.gen(function*() {
      const { fresh } = yield* Sessions
      const store = yield* OtherProcess
      const { state } = yield* store.write(ada, generation(0), signIn({ minutes: 0 }))
      if (state._tag !== "SignedIn") return assert.fail("nobody is signed in")
      assert.isUndefined(state.session.issuer)
      assert.strictEqual((yield* fresh(ada)).issuer, "https://provider.test")
    }).pipe(Effect.provide(layer)))

  it.effect("is another one in another window: each has a sign-in of its own, although the client is the same", () =>
    Effect.gen(function*() {
      const one = yield* openWindow()
      const other = yield* openWindow({ issuer: elsewhere })
      const theirs = yield* beginIn(one)
      assert.isTrue(Option.isNone(yield* other.pending(work)))
      const ours = yield* beginIn(other)
      assert.notStrictEqual(ours.id, theirs.id)
      yield* one.complete(work, FakeProvider.consented(theirs))
      yield* other.complete(work, FakeProvider.consented(ours, "code-2"))
      assert.strictEqual((yield* theirs.outcome).issuer, FakeProvider.issuer)
      assert.strictEqual((yield* ours.outcome).issuer, elsewhere)
    }).pipe(Effect.provide(layerMachine)))
})
