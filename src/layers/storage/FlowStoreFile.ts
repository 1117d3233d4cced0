/**
 * `FlowStore` in the file of the stores, whatever becomes of that file: flows go with the file they were in.
 */
import { Effect, Option } from "effect"
import type { FlowRecord, FlowStore } from "../../services/storage/FlowStore.ts"
import { watchBy } from "./FlowStoreSql.ts"
import type { StoresFileCurrent } from "./StoresFileCurrent.ts"

/** Flows in a file that is there; without one, there are none. A `watch` looks at them as that in a database does. */
export const make = (file: StoresFileCurrent): FlowStore["Service"] => {
  const none: ReadonlyArray<FlowRecord> = []
  const read: FlowStore["Service"]["read"] = (id) => file.reading(Option.none(), ({ flows }) => flows.read(id))
  return {
    newest: (key, purpose) => file.reading(Option.none(), ({ flows }) => flows.newest(key, purpose)),
    read,
    pending: (key) => file.reading(none, ({ flows }) => flows.pending(key)),
    begin: (flow, inPlaceOf) => Effect.uninterruptible(file.writing(({ flows }) => flows.begin(flow, inPlaceOf))),
    change: (id, change) => Effect.uninterruptible(file.reading(false, ({ flows }) => flows.change(id, change))),
    watch: (id) => watchBy(read(id)),
    claimTab: (flow, rest) => Effect.uninterruptible(file.writing(({ flows }) => flows.claimTab(flow, rest)))
  }
}
