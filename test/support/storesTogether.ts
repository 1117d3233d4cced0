/**
 * Stores in memory that stand for one database of several processes: what comes of a flow that was ended over its process's head is
 * not stored, in one step with the write, as the stores in SQLite have it.
 */
import { Context, Effect, Layer, Option, Semaphore } from "effect"
import * as FlowStoreMemory from "../../src/layers/storage/FlowStoreMemory.ts"
import * as SessionStoreMemory from "../../src/layers/storage/SessionStoreMemory.ts"
import { FlowStore } from "../../src/services/storage/FlowStore.ts"
import { GenerationPassed, SessionStore } from "../../src/services/storage/SessionStore.ts"

/** Provides `SessionStore` and `FlowStore`. */
export const layer = Layer.effectContext(Effect.gen(function*() {
  const flows = yield* FlowStore
  const sessions = yield* SessionStore
  const one = yield* Semaphore.make(1)

  const write: SessionStore["Service"]["write"] = (key, expected, change) =>
    one.withPermit(Effect.gen(function*() {
      const flow = change._tag === "SignedIn" ? yield* flows.read(change.draft.flowId) : Option.none()
      if (!Option.exists(flow, ({ evicted }) => evicted)) return yield* sessions.write(key, expected, change)
      const { generation: current } = yield* sessions.read(key)
      return yield* new GenerationPassed({ expected, current })
    })).pipe(Effect.uninterruptible)

  return Context.make(SessionStore, SessionStore.of({ ...sessions, write })).pipe(
    Context.add(
      FlowStore,
      FlowStore.of({
        ...flows,
        change: (id, what) => Effect.uninterruptible(one.withPermit(flows.change(id, what)))
      })
    )
  )
})).pipe(Layer.provide([SessionStoreMemory.layer, FlowStoreMemory.layer]))
