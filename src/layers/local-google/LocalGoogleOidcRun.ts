/**
 * The local Google as it runs, on `oidc-provider`. Loads that library: `LocalGoogleOidc` does not until it is built.
 */
import { Deferred, Effect, MutableHashSet, Option, Redacted, Ref, type Scope } from "effect"
import { randomBytes } from "node:crypto"
import {
  type LocalAccount,
  LocalGoogle,
  type LocalGoogleHabits,
  LocalGoogleUnavailable
} from "../../services/local-google/LocalGoogle.ts"
import * as Consent from "./LocalGoogleConsent.ts"
import { countOf, endpointOf, lengthenScopes, paths } from "./LocalGoogleEndpoints.ts"
import * as Errors from "./LocalGoogleErrors.ts"
import * as Faults from "./LocalGoogleFaults.ts"
import { type Incoming, json } from "./LocalGoogleIncoming.ts"
import type { LocalGoogleOptions } from "./LocalGoogleOidc.ts"
import * as Provider from "./LocalGoogleProvider.ts"
import { listen, serve } from "./LocalGoogleServer.ts"
import * as Store from "./LocalGoogleStore.ts"

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

/** Runs one until the Scope closes: see `LocalGoogleOidc.layer`. */
export const make = (
  options: LocalGoogleOptions
): Effect.Effect<LocalGoogle["Service"], LocalGoogleUnavailable, Scope.Scope> =>
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
