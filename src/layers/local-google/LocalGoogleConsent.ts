/**
 * The consent page at work: shows it, and turns the person's answer into a grant. Account and consent are settled in
 * one step, as far as the provider is concerned.
 */
import { Effect } from "effect"
import type Provider from "oidc-provider"
import type { LocalAccount, LocalClient } from "../../services/local-google/LocalGoogle.ts"
import { type Incoming, send } from "./LocalGoogleIncoming.ts"
import * as Page from "./LocalGooglePage.ts"
import * as Scopes from "./LocalGoogleScopes.ts"
import type { Store } from "./LocalGoogleStore.ts"

export interface ConsentOptions {
  readonly provider: Provider
  readonly clients: ReadonlyArray<LocalClient>
  readonly accounts: ReadonlyArray<LocalAccount>
  readonly store: Store
}

const text = (value: unknown): string => typeof value === "string" ? value : ""

export const make = ({ accounts, clients, provider, store }: ConsentOptions) => {
  const finish = (incoming: Incoming, result: Parameters<Provider["interactionFinished"]>[2]) =>
    Effect.tryPromise(() =>
      provider.interactionFinished(incoming.request, incoming.response, result, { mergeWithLastSubmission: false })
    )

  const allow = Effect.fnUntraced(function*(incoming: Incoming, params: Record<string, unknown>) {
    const account = accounts.find(({ email }) => email === incoming.form.get("account"))
    if (account === undefined) return yield* send(incoming.response, 400, Page.headers, noAccount)
    const ticked = incoming.form.getAll("scope")
    const asked = Scopes.parse(text(params["scope"]))
    const isGranted = (scope: string) => Scopes.signIn.includes(scope) || ticked.includes(scope)
    const clientId = text(params["client_id"])
    const isFirst = !store.hasConsented(account.sub, clientId)
    const grant = new provider.Grant({ accountId: account.sub, clientId })
    grant.addOIDCScope(asked.filter(isGranted))
    grant.rejectOIDCScope(asked.filter((scope) => !isGranted(scope)))
    const grantId = yield* Effect.tryPromise(() => grant.save())
    if (params["access_type"] === "offline" && (isFirst || text(params["prompt"]).split(" ").includes("consent"))) {
      store.allowRefresh(grantId)
    }
    yield* finish(incoming, {
      login: { accountId: account.sub, remember: false },
      consent: { grantId },
      select_account: {}
    })
  })

  /** Answers a request to the consent page; one that belongs to no sign-in under way gets the error page. */
  return Effect.fnUntraced(
    function*(incoming: Incoming) {
      const { params } = yield* Effect.tryPromise(() =>
        provider.interactionDetails(incoming.request, incoming.response)
      )
      if (incoming.request.method === "POST") {
        return yield* incoming.form.get("action") === "allow"
          ? allow(incoming, params)
          : finish(incoming, { error: "access_denied" })
      }
      const question = {
        app: clients.find(({ clientId }) => clientId === params["client_id"])?.name ?? "",
        accounts,
        loginHint: text(params["login_hint"]) || undefined,
        scopes: Scopes.parse(text(params["scope"]))
      }
      yield* send(incoming.response, 200, Page.headers, Page.consent(question))
    },
    (effect, incoming) =>
      Effect.catchTag(effect, "UnknownError", () => send(incoming.response, 400, Page.headers, expired))
  )
}

const expired = Page.refusal(400, "invalid_request", "This sign-in is over or has expired. Start it again in the app.")
const noAccount = Page.refusal(400, "invalid_request", "Choose one of the accounts on the page before.")
