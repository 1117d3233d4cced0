/**
 * A tool of one's own that calls a resource with the access token of whoever is signed in.
 */
import { Context, Effect, type Redacted, Schema } from "effect"
import { authorizedCall, defaultAccountKey, ProviderUnreachable, type TokenRefused } from "mcp-gas"
import { Tool } from "mcp-gas/mcp"

/** The resource. */
export class AcmeApi extends Context.Service<AcmeApi, {
  /** The address of whoever the token is of. */
  readonly email: (accessToken: Redacted.Redacted<string>) => Effect.Effect<string, TokenRefused>
}>()("own-tests/AcmeApi") {}

export const acmeWhoami = Tool.make({
  name: "acme_whoami",
  title: "Who is signed in",
  description: "Who is signed in at Acme.",
  annotations: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: true },
  input: Schema.Struct({}),
  output: Schema.Struct({ email: Schema.String }),
  handler: Effect.fnUntraced(
    function*() {
      const { email } = yield* AcmeApi
      return { email: yield* authorizedCall(defaultAccountKey, email) }
    },
    Effect.catchTag(
      "TokenRefused",
      () => new ProviderUnreachable({ operation: "whoami", problem: "Acme refuses a fresh token.", ambiguous: false })
    )
  )
})
