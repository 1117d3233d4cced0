// From the docstring of authorizedCall in src/services/sign-in/AuthorizedCall.ts, by `npm run docs`.
import { Console, Effect, Layer, Redacted, Ref } from "effect"
import { authorizedCall, defaultAccountKey, Sessions, TokenRefused } from "../../../src/index.ts"

// Asks the resource, and says so if it answers with 401.
const call = (token: Redacted.Redacted<string>) =>
  Redacted.value(token) === "first" ? new TokenRefused() : Effect.succeed(`done with the ${Redacted.value(token)}`)

const program = Effect.gen(function*() {
  yield* Console.log(yield* authorizedCall(defaultAccountKey, call)) // → done with the second
})

// In the place of a sign-in, whose first token the resource does not take any more.
const SignedIn = Layer.unwrap(
  Effect.map(Ref.make("first"), (current) =>
    Layer.mock(Sessions, {
      accessToken: () => Effect.map(Ref.get(current), (text) => Redacted.make(text)),
      invalidate: () => Ref.set(current, "second")
    }))
)

await Effect.runPromise(Effect.provide(program, SignedIn))
