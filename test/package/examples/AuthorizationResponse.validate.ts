// From the docstring of AuthorizationResponse.validate in src/services/provider/AuthorizationResponse.ts, by `npm run docs`.
import { Console, Effect, Redacted, Result } from "effect"
import { AuthorizationResponse } from "../../../src/index.ts"

const validated = (query: string) =>
  AuthorizationResponse.validate(new URLSearchParams(query), {
    state: Redacted.make("xyz"),
    issuer: { identifier: "https://accounts.example.com", required: true }
  })

const shown = Result.match({
  onSuccess: ({ _tag }: AuthorizationResponse.AuthorizationResponse) => _tag,
  onFailure: (rejection) => rejection
})

const program = Effect.gen(function*() {
  const iss = encodeURIComponent("https://accounts.example.com")
  yield* Console.log(shown(validated(`state=xyz&code=4%2Fabc&iss=${iss}`))) // → Code
  yield* Console.log(shown(validated(`state=xyz&error=access_denied&iss=${iss}`))) // → Refusal
  yield* Console.log(shown(validated("state=xyz&code=4%2Fabc"))) // → issuer_mismatch
  yield* Console.log(shown(validated(`state=zyx&code=4%2Fabc&iss=${iss}`))) // → state_mismatch
})

await Effect.runPromise(program)
