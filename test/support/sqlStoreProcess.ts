/**
 * A process that opens the store in a file, signs a slot out a number of times, and prints the generations it wrote.
 */
import { NodeRuntime } from "@effect/platform-node"
import { Console, Effect } from "effect"
import { ada } from "./sessionData.ts"
import { layerVault, openStore } from "./sqlStores.ts"

const [, , filename = "", times = "0"] = process.argv

Effect.gen(function*() {
  const { store } = yield* openStore(filename)
  const signedOut = yield* Effect.replicateEffect(store.tombstone(ada), Number(times))
  yield* Console.log(JSON.stringify(signedOut.map(({ after }) => after.generation)))
}).pipe(Effect.scoped, Effect.provide(layerVault), NodeRuntime.runMain)
