/**
 * The environment as far as it can be read: where `Config` refuses, this says what is wrong and gives the rest.
 */
import { Context, type Effect, type Option } from "effect"
import type {
  BrowserChoice,
  ClientMisconfigured,
  ConfigProblem,
  OAuthClient,
  ProviderChoice
} from "../config/Config.ts"

export class ConfigSeen extends Context.Service<ConfigSeen, {
  /** Every problem of the variables; not those of a client that is looked for in the right place. */
  readonly problems: ReadonlyArray<ConfigProblem>
  /** Absolute path of the data directory. None, as below: what says so cannot be used. */
  readonly home: Option.Option<string>
  readonly provider: Option.Option<ProviderChoice>
  /** The scopes a sign-in would ask for. */
  readonly scopes: Option.Option<ReadonlyArray<string>>
  readonly browser: Option.Option<BrowserChoice>
  /** The fixed port, if there is one. */
  readonly callbackPort: Option.Option<Option.Option<number>>
  /** The OAuth client, read anew each time. */
  readonly client: Option.Option<Effect.Effect<OAuthClient, ClientMisconfigured>>
}>()("mcp-gas/services/doctor/ConfigSeen") {}
