/**
 * The local Google on `oidc-provider`, which is loaded when it is built and not before.
 */
import { Effect, Layer, type Redacted } from "effect"
import {
  type LocalAccount,
  type LocalClient,
  LocalGoogle,
  type LocalGoogleUnavailable
} from "../../services/local-google/LocalGoogle.ts"

/** Who and what it knows. */
export interface LocalGoogleOptions {
  /** The port on 127.0.0.1; any free one if not said. */
  readonly port?: number
  /** The client's identifier; a random one that looks like Google's if not said. */
  readonly clientId?: string
  /** The client's secret; a random one that looks like Google's if not said. */
  readonly clientSecret?: Redacted.Redacted<string>
  /** The app's name on the consent page. */
  readonly clientName?: string
  /** Further clients that it knows; none if not said. */
  readonly clients?: ReadonlyArray<LocalClient>
  /** Who can consent, at least one; three people of `example.com` if not said. */
  readonly accounts?: readonly [LocalAccount, ...Array<LocalAccount>]
}

/**
 * Provides a `LocalGoogle` of its own: two of them in one process share nothing. Needs nothing. Prints nothing. When
 * the Scope closes, the port is closed and every connection cut at once, hanging requests included.
 *
 * Like Google's: the paths, the desktop client with a secret and any loopback redirect, PKCE with S256, refresh tokens
 * only for `access_type=offline` at the first consent or under `prompt=consent`, boxes that can be un-ticked, long
 * scope names, revocation of the whole consent to a client by any of its tokens without client authentication, the error
 * bodies.
 *
 * Unlike Google's: the consent page comes with every authorization, earlier grants or not; ID tokens are signed with
 * ES256, as discovery says; `include_granted_scopes` is accepted and adds nothing; every name under Google's prefix for
 * scopes is taken for a scope; `prompt=none` is always refused.
 */
export const layer = (options: LocalGoogleOptions = {}): Layer.Layer<LocalGoogle, LocalGoogleUnavailable> =>
  Layer.effect(
    LocalGoogle,
    Effect.flatMap(Effect.promise(() => import("./LocalGoogleOidcRun.ts")), ({ make }) => make(options))
  )
