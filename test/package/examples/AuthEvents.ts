// From the docstring of AuthEvents in src/services/sign-in/AuthEvents.ts, by `npm run docs`.
import { Console, Effect, Fiber, Stream } from "effect"
import { AuthEvents, AuthEventsPubSub, defaultAccountKey } from "../../../src/index.ts"

const program = Effect.gen(function*() {
  const { publish, subscribe } = yield* AuthEvents
  // From here on nothing is missed, whenever the stream is run.
  const events = yield* subscribe
  const listening = yield* events.pipe(
    Stream.filter(({ _tag }) => _tag === "SignedOut"),
    Stream.take(1),
    Stream.runForEach((event) => Console.log(event)),
    Effect.forkChild
  )
  yield* publish({ _tag: "RefreshShared", key: defaultAccountKey })
  yield* publish({ _tag: "SignedOut", key: defaultAccountKey })
  yield* Fiber.join(listening) // → { _tag: 'SignedOut', key: 'default' }
})

await Effect.runPromise(program.pipe(Effect.scoped, Effect.provide(AuthEventsPubSub.layer)))
