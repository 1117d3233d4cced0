// From the docstring of KeyedLock in src/services/sign-in/KeyedLock.ts, by `npm run docs`.
import { Console, Effect } from "effect"
import { KeyedLock, KeyedLockMemory } from "../../../src/index.ts"

const program = Effect.gen(function*() {
  const { withLock } = yield* KeyedLock
  const visit = (name: string) =>
    Console.log(`${name} comes`).pipe(
      Effect.andThen(Effect.yieldNow),
      Effect.andThen(Console.log(`${name} goes`)),
      withLock("kitchen")
    )
  yield* Effect.all([visit("Ada"), visit("Grace")], { concurrency: "unbounded" })
  // → Ada comes
  // → Ada goes
  // → Grace comes
  // → Grace goes
})

await Effect.runPromise(Effect.provide(program, KeyedLockMemory.layer))
