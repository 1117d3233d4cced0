/**
 * An MCP server in Effect whose people sign in to Acme, any provider that tells its metadata (OpenID Connect Discovery 1.0).
 */
import * as NodeServices from "@effect/platform-node/NodeServices"
import { Config, Effect, Layer, Logger, Option, Schema } from "effect"
import { FetchHttpClient, HttpClient, HttpClientRequest, HttpClientResponse } from "effect/http"
import {
  authorizedCall,
  ClientMisconfigured,
  ConfigProblem,
  defaultAccountKey,
  ProviderUnreachable,
  SignIn,
  TokenRefused
} from "mcp-gas"
import { authTool, serve, Tool, ToolServerMcpStdio } from "mcp-gas/mcp"

const issuer = Config.String("ACME_ISSUER").pipe(Config.withDefault("https://accounts.acme.example"))

const noClient = new ConfigProblem({
  where: "ACME_CLIENT_ID",
  problem: "It is not set.",
  remedy: "Set ACME_CLIENT_ID to the id of your OAuth client."
})

/** Asked for when somebody signs in, so that whoever has set up no client is told then. */
const client = Config.all({
  clientId: Config.String("ACME_CLIENT_ID"),
  clientSecret: Config.option(Config.Redacted("ACME_CLIENT_SECRET"))
}).pipe(Effect.mapError(() => new ClientMisconfigured({ problems: [noClient] })))

/** The sign-in: one for all windows, kept in the data directory of the user. */
const layerSignIn = Layer.unwrap(
  Effect.gen(function*() {
    const directory = yield* Config.option(Config.String("ACME_HOME"))
    return SignIn.layer({
      name: "acme-mcp",
      title: "Acme",
      issuer: yield* issuer,
      client,
      scopes: ["openid", "email"],
      ...(Option.isSome(directory) ? { directory: directory.value } : {})
    })
  }).pipe(Effect.orDie)
).pipe(Layer.provide(NodeServices.layer))

const Account = Schema.Struct({ sub: Schema.String, email: Schema.optionalKey(Schema.String) })

const acmeWhoami = Tool.make({
  name: "acme_whoami",
  title: "Who is signed in",
  description: "Who is signed in at Acme.",
  annotations: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: true },
  input: Schema.Struct({}),
  output: Account,
  handler: Effect.fnUntraced(function*() {
    const url = `${yield* Effect.orDie(issuer)}/v1/userinfo`
    // The token is fresh; should Acme refuse it all the same, it is replaced and the call made once more.
    return yield* authorizedCall(
      defaultAccountKey,
      (token) =>
        HttpClient.execute(HttpClientRequest.bearerToken(HttpClientRequest.get(url), token)).pipe(
          Effect.filterOrFail(({ status }) => status !== 401, () => new TokenRefused()),
          Effect.flatMap(HttpClientResponse.schemaBodyJson(Account))
        )
    ).pipe(
      Effect.catchTags({
        TokenRefused: () => unreachable("Acme refuses the access token."),
        HttpClientError: () => unreachable("Acme does not answer."),
        SchemaError: () => unreachable("Acme answers with something else.")
      })
    )
  })
})

const unreachable = (problem: string) => new ProviderUnreachable({ operation: "userinfo", problem, ambiguous: false })

const identity = {
  name: "acme-mcp",
  title: "Acme",
  version: "1.0.0",
  instructions: "Works at Acme for the person's account. Sign in first: call acme_auth."
}

const program = serve(
  identity,
  { tools: [authTool("acme_auth", { service: "Acme" }), acmeWhoami] },
  Layer.merge(layerSignIn, FetchHttpClient.layer)
).pipe(
  // stdout is the protocol's, so that what is logged goes to stderr.
  Effect.provide([ToolServerMcpStdio.layer, Logger.layer([Logger.withConsoleError(Logger.formatLogFmt)])])
)

await Effect.runPromise(program)
