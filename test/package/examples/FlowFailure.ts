// From the docstring of FlowFailure in src/services/sign-in/FlowFailure.ts, by `npm run docs`.
import { Console, Effect } from "effect"
import { ConsentDenied, type FlowFailure, ScopesMissing } from "../../../src/index.ts"

const told = (signIn: Effect.Effect<string, FlowFailure>) =>
  signIn.pipe(
    Effect.catchTags({
      ConsentDenied: () => Effect.succeed("Fine, not today."),
      ScopesMissing: ({ missing }) => Effect.succeed(`I cannot work without ${missing.join(", ")}.`)
    }),
    Effect.catch(({ message, remedy }) => Effect.succeed(`${message} ${remedy}`)),
    Effect.flatMap(Console.log)
  )

await Effect.runPromise(told(Effect.fail(new ConsentDenied()))) // → Fine, not today.
await Effect.runPromise(told(Effect.fail(new ScopesMissing({ missing: ["email"], granted: [] }))))
// → I cannot work without email.
