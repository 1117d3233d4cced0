/**
 * The sign-in engine as the environment says: Google or the issuer that stands in for it, sessions sealed in the data
 * directory. Loading this file loads all of that; the server does so at its first call.
 */
import * as NodeServices from "@effect/platform-node/NodeServices"
import { Effect, Layer, Option, Result } from "effect"
import { Digest, SecureRandom } from "effect/crypto"
import { UserDirectories } from "effect/persistence"
import * as ConfigEnv from "../layers/config/ConfigEnv.ts"
import * as MetricsSampled from "../layers/observability/MetricsSampled.ts"
import * as OtlpVariables from "../layers/observability/OtlpVariables.ts"
import * as ProcessMemoryNode from "../layers/observability/ProcessMemoryNode.ts"
import * as AuthorizationServerGoogle from "../layers/provider/AuthorizationServerGoogle.ts"
import * as AuthEventsLog from "../layers/sign-in/AuthEventsLog.ts"
import * as AuthEventsPubSub from "../layers/sign-in/AuthEventsPubSub.ts"
import { Config } from "../services/config/Config.ts"
import * as SignIn from "./embedding/SignIn.ts"
import { identity, serverTitle } from "./identity.ts"

const layerConfig = ConfigEnv.layer.pipe(
  Layer.provideMerge(UserDirectories.layer),
  Layer.provideMerge(NodeServices.layer)
)

const layerEngine = Layer.unwrap(Effect.map(Config, ({ client, settings }) => {
  const options: SignIn.Options = {
    name: identity.name,
    title: serverTitle,
    client,
    scopes: settings.scopes,
    timeout: settings.signInTimeout,
    browser: settings.browser,
    directory: settings.home,
    events: AuthEventsLog.layer.pipe(Layer.provideMerge(AuthEventsPubSub.layer)),
    ...Option.match(settings.callbackPort, { onNone: () => ({}), onSome: (callbackPort) => ({ callbackPort }) })
  }
  return settings.provider._tag === "Google"
    ? SignIn.Google(options)
    : SignIn.layer({
      ...options,
      issuer: settings.provider.issuer,
      // Whoever stands in for Google is asked as Google is, but not trusted to take a refresh token twice.
      authorizationParameters: AuthorizationServerGoogle.authorizationParameters
    })
}))

/** What goes on is looked at where metrics are sent to somebody, and nowhere else. */
const layerSampled = Layer.unwrap(
  Effect.map(
    OtlpVariables.protocolOf("METRICS"),
    (protocol) =>
      Result.isSuccess(protocol) && Option.isSome(protocol.success)
        ? Layer.effectDiscard(Layer.build(MetricsSampled.layer().pipe(Layer.provide(ProcessMemoryNode.layer))))
        : Layer.empty
  )
)

/** Everything the tools need. Building it reads the environment and nothing else; what it opens, its Scope closes. */
export const layer = layerSampled.pipe(
  Layer.provideMerge(layerEngine),
  Layer.provideMerge([SecureRandom.layerWebCrypto, Digest.layerWebCrypto]),
  Layer.provideMerge(layerConfig)
)
