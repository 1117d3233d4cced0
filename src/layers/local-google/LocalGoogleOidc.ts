/**
 * The local Google on `oidc-provider`. Loads that library: import this file only where a local Google is wanted.
 */
import { Deferred, Effect, Layer, MutableHashSet, Option, Redacted, Ref } from "effect"
import { randomBytes } from "node:crypto"
import {
  type LocalAccount,
  type LocalClient,
  LocalGoogle,
  type LocalGoogleHabits,
  LocalGoogleUnavailable
} from "../../services/local-google/LocalGoogle.ts"
import * as Consent from "./LocalGoogleConsent.ts"
import { countOf, endpointOf, lengthenScopes, paths } from "./LocalGoogleEndpoints.ts"
import * as Errors from "./LocalGoogleErrors.ts"
import * as Faults from "./LocalGoogleFaults.ts"
import { type Incoming, json } from "./LocalGoogleIncoming.ts"
import * as Provider from "./LocalGoogleProvider.ts"
import { listen, serve } from "./LocalGoogleServer.ts"
import * as Store from "./LocalGoogleStore.ts"

export interface LocalGoogleOptions {
  /** The port on 127.0.0.1; any free one if not said. */
  readonly port?: number
  /** The client's identifier; a random one that looks like Google's if not said. */
  readonly clientId?: string
  readonly clientSecret?: Redacted.Redacted<string>
  /** The app's name on the consent page. */
  readonly clientName?: string
  /** Further clients that it knows; none if not said. */
  readonly clients?: ReadonlyArray<LocalClient>
  /** Who can consent, at least one; three people of `example.com` if not said. */
  readonly accounts?: readonly [LocalAccount, ...Array<LocalAccount>]
}

const people: readonly [LocalAccount, ...Array<LocalAccount>] = [
  { sub: "100000000000000000001", email: "ada@example.com", name: "Ada Lovelace" },
  { sub: "100000000000000000002", email: "grace@example.com", name: "Grace Hopper" },
  { sub: "100000000000000000003", email: "alan@example.com", name: "Alan Turing" }
]

const googleHabits: LocalGoogleHabits = {
  issuerInResponse: true,
  accessTokenSeconds: 3599,
  rotateRefreshTokens: false,
  reauthRequired: false
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
    Effect.gen(function*() {
      const server = yield* listen(options.port ?? 0)
      const address = server.address()
      if (address === null || typeof address === "string") {
        return yield* new LocalGoogleUnavailable({ cause: new Error("listening, but not on a port") })
      }
      const issuer = `http://127.0.0.1:${address.port}`
      const habits = yield* Ref.make(googleHabits)
      const faults = yield* Faults.make
      const {
        accounts = people,
        clientId = `${randomBytes(6).readUIntBE(0, 6)}-${randomBytes(16).toString("hex")}.apps.googleusercontent.com`,
        clientName = "mcp-gas",
        clientSecret = Redacted.make(`GOCSPX-${randomBytes(21).toString("base64url")}`)
      } = options
      const clients = [
        { clientId, clientSecret: Option.some(clientSecret), name: clientName },
        ...options.clients ?? []
      ]
      const store = Store.make()
      const secrets = MutableHashSet.empty<string>()
      const provider = yield* Effect.try({
        try: () =>
          Provider.make({
            issuer,
            clients,
            accounts,
            store,
            habits: () => Ref.getUnsafe(habits),
            confided: (secret) => void MutableHashSet.add(secrets, secret)
          }),
        catch: (cause) => new LocalGoogleUnavailable({ cause })
      })
      const consent = Consent.make({ provider, clients, accounts, store })
      const callback = provider.callback()

      const revoke = Effect.fnUntraced(function*({ form, request, response }: Incoming) {
        const query = new URL(request.url ?? "", issuer).searchParams
        const value = form.get("token") ?? query.get("token") ?? ""
        const [accessToken, refreshToken] = yield* Effect.promise(() =>
          Promise.all([provider.AccessToken.find(value), provider.RefreshToken.find(value)])
        )
        const token = accessToken ?? refreshToken
        if (token?.accountId === undefined) {
          return yield* json(response, Errors.revokeReply.status, Errors.revokeReply.body)
        }
        store.revoke(token.accountId, token.clientId)
        yield* json(response, 200, {})
      })

      yield* serve(server, issuer, {
        rewrite: lengthenScopes,
        strike: Effect.fnUntraced(function*({ form, path }) {
          const endpoint = endpointOf(path)
          if (endpoint === undefined) return undefined
          const count = countOf(endpoint, form.get("grant_type"))
          if (count !== undefined) yield* faults.count(count)
          const struck = yield* faults.strike(endpoint)
          return struck && { fault: struck.fault, cleared: Deferred.await(struck.cleared) }
        }),
        answer: (incoming) => {
          if (incoming.path === paths.revoke) return revoke(incoming)
          if (incoming.path.startsWith(`${paths.consent}/`)) return consent(incoming)
          return Effect.promise(() => callback(incoming.request, incoming.response))
        }
      })

      return LocalGoogle.of({
        issuer,
        clientId,
        clientSecret,
        clients,
        accounts,
        change: (some) => Ref.update(habits, (all) => ({ ...all, ...some })),
        fail: faults.fail,
        heal: faults.heal,
        revokeGrants: (email) =>
          Effect.sync(() => {
            for (const account of accounts) {
              if (account.email === email) store.revoke(account.sub)
            }
          }),
        counts: faults.counts,
        secrets: Effect.sync(() => Array.from(secrets, (secret) => Redacted.make(secret)))
      })
    })
  )
