/**
 * What comes of a flow that was ended over its process's head is refused by the statement that would store it.
 */
import { assert, describe, it } from "@effect/vitest"
import { DateTime, Effect, Layer, Option } from "effect"
import { FlowCancelled } from "../../../src/services/sign-in/FlowFailure.ts"
import { FlowId, SessionDraft } from "../../../src/services/sign-in/Session.ts"
import { FlowStore } from "../../../src/services/storage/FlowStore.ts"
import { SessionStore } from "../../../src/services/storage/SessionStore.ts"
import { ada, draft } from "../../support/sessionData.ts"
import { home, layerAt } from "../../support/sessionsFile.ts"

const id = FlowId.make("the-flow")

const begun = Effect.gen(function*() {
  const flows = yield* FlowStore
  const now = yield* DateTime.now
  yield* flows.begin({ id, key: ada, purpose: "a", lease: "a", startedAt: now, expiresAt: now }, Option.none())
  return flows
})

const end = (evicts: boolean) =>
  FlowStore.use((flows) =>
    flows.change(id, { _tag: "Ended", ending: { _tag: "Failed", error: new FlowCancelled({ by: "cancel" }) }, evicts })
  )

const consented = new SessionDraft({ ...draft(), flowId: id })

const write = Effect.fnUntraced(function*(what: SessionDraft) {
  const store = yield* SessionStore
  const { generation } = yield* store.read(ada)
  return yield* Effect.result(store.write(ada, generation, { _tag: "SignedIn", draft: what }))
})

const layer = Layer.unwrap(Effect.map(home, layerAt))

describe("A session of a flow", () => {
  for (const before of ["in a slot nobody ever wrote", "over another session"]) {
    it.effect(`that was evicted is not stored ${before}, and another flow's is`, () =>
      Effect.gen(function*() {
        yield* begun
        if (before.startsWith("over")) assert.strictEqual((yield* write(draft()))._tag, "Success")
        const store = yield* SessionStore
        const was = yield* store.read(ada)
        yield* end(true)
        const refused = yield* write(consented)
        assert.strictEqual(refused._tag === "Failure" ? refused.failure._tag : refused._tag, "GenerationPassed")
        assert.deepStrictEqual(yield* store.read(ada), was)
        assert.strictEqual((yield* write(draft()))._tag, "Success")
      }).pipe(Effect.provide(layer)))

    it.effect(`that its own process ended, or is pending, is stored ${before}`, () =>
      Effect.gen(function*() {
        yield* begun
        if (before.startsWith("over")) assert.strictEqual((yield* write(draft()))._tag, "Success")
        assert.strictEqual((yield* write(consented))._tag, "Success")
        yield* end(false)
        assert.strictEqual((yield* write(consented))._tag, "Success")
      }).pipe(Effect.provide(layer)))
  }
})
