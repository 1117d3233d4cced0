/**
 * Whether there is an OAuth client, and of the kind that can sign in from here.
 */
import { Effect, Option } from "effect"
import type { OAuthClient } from "../../services/config/Config.ts"
import { ConfigSeen } from "../../services/doctor/ConfigSeen.ts"
import { type Finding, ok, problem, warning } from "../../services/doctor/Finding.ts"
import { type Check, misconfigured } from "./Check.ts"

const googleSuffix = ".apps.googleusercontent.com"

const judged = ({ clientId, clientSecret }: OAuthClient, isGoogle: boolean): Finding => {
  if (isGoogle && !clientId.endsWith(googleSuffix)) {
    return warning(
      "client",
      `The OAuth client ${clientId} does not look like one of Google's, whose ids end in ${googleSuffix}.`,
      "Check it against https://console.cloud.google.com/apis/credentials, or set MCP_GAS_ISSUER to whose client it is."
    )
  }
  if (isGoogle && Option.isNone(clientSecret)) {
    return warning(
      "client",
      `The OAuth client ${clientId} has no secret; Google asks one of clients of the type "Desktop app".`,
      "Set MCP_GAS_CLIENT_SECRET as well, or MCP_GAS_CLIENT_FILE to the JSON that Google offers for download."
    )
  }
  return ok(
    "client",
    `The OAuth client ${clientId} is there, as a desktop app with${Option.isNone(clientSecret) ? "out" : ""} a secret.`
  )
}

export const make: Effect.Effect<Check, never, ConfigSeen> = Effect.map(ConfigSeen, ({ client, provider }) => ({
  area: "client",
  run: Option.match(client, {
    onNone: () => Effect.fail(misconfigured("what says where the OAuth client is")),
    onSome: (found) =>
      Effect.match(found, {
        onSuccess: (it): ReadonlyArray<Finding> => [
          judged(it, Option.exists(provider, ({ _tag }) => _tag === "Google"))
        ],
        onFailure: ({ problems }) =>
          problems.map((each) => problem("client", `${each.where}: ${each.problem}`, each.remedy))
      })
  })
}))
