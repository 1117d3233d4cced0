// From the docstring of Leases in src/services/storage/Leases.ts, by `npm run docs`.
import { Console, Effect } from "effect"
import { Leases, LeasesMemory } from "../../../src/index.ts"

const program = Effect.gen(function*() {
  const { hold, tryHold } = yield* Leases
  const isFree = Effect.scoped(tryHold("nightly"))
  yield* Effect.scoped(Effect.gen(function*() {
    yield* hold("nightly")
    yield* Console.log(yield* isFree) // → false
  }))
  yield* Console.log(yield* isFree) // → true
})

await Effect.runPromise(Effect.provide(program, LeasesMemory.layer))
