/**
 * An OpenID provider with Google's paths, Google's desktop clients and Google's words.
 */
import { Option, Redacted } from "effect"
import { generateKeyPairSync, randomBytes } from "node:crypto"
import OidcProvider, { type Configuration, interactionPolicy, type JWK } from "oidc-provider"
import type { LocalAccount, LocalClient, LocalGoogleHabits } from "../../services/local-google/LocalGoogle.ts"
import { paths } from "./LocalGoogleEndpoints.ts"
import * as Errors from "./LocalGoogleErrors.ts"
import * as Page from "./LocalGooglePage.ts"
import * as Scopes from "./LocalGoogleScopes.ts"
import type { Store } from "./LocalGoogleStore.ts"

export interface ProviderOptions {
  readonly issuer: string
  readonly clients: ReadonlyArray<LocalClient>
  readonly accounts: ReadonlyArray<LocalAccount>
  readonly store: Store
  readonly habits: () => LocalGoogleHabits
  /** Told of each secret that a token request brought or was answered with. */
  readonly confided: (secret: string) => void
}

const halfAYear = 180 * 24 * 60 * 60

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value)

// Google signs with RS256; an RSA key costs up to 100 ms, this one nothing, and discovery announces it.
const signingKey = (): JWK => ({
  ...generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey.export({ format: "jwk" }),
  alg: "ES256",
  use: "sig",
  kid: randomBytes(8).toString("hex")
})

const registration = ({ clientId, clientSecret, name }: LocalClient) => ({
  client_id: clientId,
  ...Option.match(clientSecret, {
    onNone: () => ({ token_endpoint_auth_method: "none" as const }),
    onSome: (secret) => ({
      client_secret: Redacted.value(secret),
      token_endpoint_auth_method: "client_secret_post" as const
    })
  }),
  client_name: name,
  application_type: "native" as const,
  grant_types: ["authorization_code", "refresh_token"],
  response_types: ["code" as const],
  redirect_uris: ["http://127.0.0.1/callback"],
  id_token_signed_response_alg: "ES256" as const
})

const configuration = ({ accounts, clients, habits, store }: ProviderOptions) => {
  const policy = interactionPolicy.base()
  // `prompt=consent select_account`: the consent page chooses the account, so it answers both.
  policy.add(new interactionPolicy.Prompt({ name: "select_account", requestable: true }), 0)
  return {
    adapter: store.adapter,
    claims: {
      openid: ["sub"],
      "https://www.googleapis.com/auth/userinfo.email": ["email", "email_verified"],
      "https://www.googleapis.com/auth/userinfo.profile": ["name"]
    },
    clientAuthMethods: [
      "client_secret_post",
      "client_secret_basic",
      ...clients.some(({ clientSecret }) => Option.isNone(clientSecret)) ? ["none" as const] : []
    ],
    clientBasedCORS: () => false,
    clients: clients.map(registration),
    conformIdTokenClaims: false,
    cookies: {
      keys: [randomBytes(32)],
      // A path nobody visits: browsers never send the login session back, so that every sign-in starts afresh.
      long: { path: `${paths.consent}/never`, httpOnly: true }
    },
    enabledJWA: { idTokenSigningAlgValues: ["ES256"] },
    expiresWithSession: () => false,
    extraParams: {
      access_type: null,
      include_granted_scopes: null,
      scope: (_ctx, value) => Errors.refuseInvalidScopes(value)
    },
    features: {
      devInteractions: { enabled: false },
      dPoP: { enabled: false },
      pushedAuthorizationRequests: { enabled: false },
      resourceIndicators: { enabled: false },
      revocation: { enabled: true },
      rpInitiatedLogout: { enabled: false }
    },
    findAccount: (ctx, sub, token) => {
      // Asked for after a refresh token was found good and before anything is issued for it.
      if (token?.kind === "RefreshToken" && ctx.oidc.route === "token" && habits().reauthRequired) {
        throw Errors.reauthRequired()
      }
      const account = accounts.find((candidate) => candidate.sub === sub)
      return account && {
        accountId: sub,
        claims: () => ({ sub, email: account.email, email_verified: true, name: account.name })
      }
    },
    interactions: { policy, url: (_ctx, interaction) => `${paths.consent}/${interaction.uid}` },
    issueRefreshToken: (_ctx, _client, source) => source.grantId !== undefined && store.mayRefresh(source.grantId),
    jwks: { keys: [signingKey()] },
    pkce: { required: () => false },
    renderError: (ctx, out) => {
      const { detail, error } = Errors.refusal(out.error, out.error_description)
      ctx.set(Page.headers)
      ctx.body = Page.refusal(ctx.status, error, detail)
    },
    responseTypes: ["code"],
    rotateRefreshToken: () => habits().rotateRefreshTokens,
    routes: {
      authorization: paths.authorize,
      jwks: paths.certs,
      revocation: paths.revoke,
      token: paths.token,
      userinfo: paths.userinfo
    },
    scopes: Scopes.signIn,
    ttl: {
      AccessToken: () => habits().accessTokenSeconds,
      AuthorizationCode: 600,
      Grant: halfAYear,
      IdToken: 3600,
      Interaction: 3600,
      RefreshToken: halfAYear,
      Session: 3600
    }
  } satisfies Configuration
}

/** Whether Google lets a desktop client redirect there: any port and path of a loopback address. */
const isLoopback = (redirectUri: string): boolean => {
  const url = URL.parse(redirectUri)
  return url !== null && url.protocol === "http:" && url.hash === "" && url.username === "" &&
    ["127.0.0.1", "localhost", "[::1]"].includes(url.hostname)
}

export const make = (options: ProviderOptions): OidcProvider => {
  const { habits, issuer } = options
  const provider = new OidcProvider(issuer, configuration(options))
  // Koa writes what it did not expect to stderr.
  provider.silent = true
  // Both classes belong to this provider alone.
  provider.Client.prototype.redirectUriAllowed = isLoopback
  // The provider forgets requested scopes that are not on its list; Google has more of them than any list.
  Object.defineProperty(provider.OIDCContext.prototype, "requestParamOIDCScopes", {
    get(this: InstanceType<OidcProvider["OIDCContext"]>) {
      return this.requestParamScopes
    }
  })

  provider.on("authorization.success", (ctx, response) => {
    if (response === undefined) return
    response["scope"] = ctx.oidc.entities.AuthorizationCode?.scope
    response["authuser"] = "0"
    response["prompt"] = "consent"
  })
  provider.on("grant.success", (ctx) => {
    const { code, code_verifier, refresh_token } = ctx.oidc.params ?? {}
    const { access_token, id_token, refresh_token: issued } = isRecord(ctx.body) ? ctx.body : {}
    for (const secret of [code, code_verifier, refresh_token, access_token, id_token, issued]) {
      if (typeof secret === "string") options.confided(secret)
    }
    // Google sends a refresh token when it is a new one, and does not repeat the one it was given.
    if (refresh_token !== undefined && isRecord(ctx.body) && ctx.body["refresh_token"] === refresh_token) {
      ctx.body = { ...ctx.body, refresh_token: undefined }
    }
  })
  provider.on("grant.error", (ctx, error) => {
    const { client_secret, grant_type } = ctx.oidc.params ?? {}
    const hasSecret = Boolean(client_secret) || ctx.headers.authorization !== undefined
    const google = Errors.tokenReply(error, { grantType: grant_type, hasSecret })
    if (google === undefined) return
    ctx.status = google.status
    ctx.body = google.body
  })
  provider.on("userinfo.error", (ctx) => {
    if (ctx.status === 403) return
    ctx.status = Errors.userinfoReply.status
    ctx.body = Errors.userinfoReply.body
  })
  provider.use(async (ctx, next) => {
    await next()
    const redirect = URL.parse(ctx.response.get("location"))
    if (redirect !== null && redirect.origin !== issuer && !habits().issuerInResponse) {
      redirect.searchParams.delete("iss")
      ctx.set("location", redirect.href)
    }
    if (ctx.path === paths.discovery && isRecord(ctx.body)) {
      ctx.body = {
        ...ctx.body,
        scopes_supported: ["openid", "email", "profile"],
        // Google sends `iss` and does not say so; what is undefined does not appear.
        authorization_response_iss_parameter_supported: undefined
      }
    }
  })
  return provider
}
