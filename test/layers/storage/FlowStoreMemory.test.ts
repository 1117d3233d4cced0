import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Layer, Option } from "effect"
import * as FlowStoreMemory from "../../../src/layers/storage/FlowStoreMemory.ts"
import { FlowStore } from "../../../src/services/storage/FlowStore.ts"
import type { StoreUnavailable } from "../../../src/services/storage/SessionStore.ts"
import { allChoosers, choosing, runSchedule } from "../../support/explorer.ts"
import { asks, delivers, flow } from "../../support/flowData.ts"
import { flowStoreContract } from "../../support/flowStoreContract.ts"

flowStoreContract("FlowStoreMemory", FlowStoreMemory.layer)

type Store = FlowStore["Service"]

const begun = flow("a")

const claims = (store: Store) =>
  Effect.map(store.claimTab(begun, Duration.minutes(1)), ({ _tag }) => _tag === "Granted")

/** What two do to one flow at the same moment. Of both, one is told that he was the first. */
const contests: ReadonlyArray<
  readonly [what: string, does: (store: Store, one: "1" | "2") => Effect.Effect<boolean, StoreUnavailable>]
> = [
  ["claim its tab", claims],
  ["deliver an address", (store, one) => store.change(begun.id, delivers(one))],
  ["cancel it", (store) => store.change(begun.id, asks("cancel"))]
]

describe("FlowStoreMemory, in whatever order", () => {
  for (const [what, does] of contests) {
    it(`of two that ${what} one is first`, () => {
      for (const chooser of allChoosers(2)) {
        const { outcome } = runSchedule(
          Effect.gen(function*() {
            const store = yield* FlowStore
            yield* store.begin(begun, Option.none())
            return yield* choosing(Effect.all([does(store, "1"), does(store, "2")], { concurrency: 2 }))
          }).pipe(Effect.provide(Layer.fresh(FlowStoreMemory.layer))),
          chooser
        )
        if (outcome._tag !== "Success") return assert.fail(`${outcome._tag}: ${chooser.departures()}`)
        assert.notStrictEqual(...outcome.value, chooser.departures())
      }
    })
  }
})
