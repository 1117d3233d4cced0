/**
 * What an answer to a consent page comes to: who consents, and to what.
 */
import { Effect } from "effect"
import type { LocalAccount } from "../../services/local-google/LocalGoogle.ts"
import { type ConsentAnswer, PersonLost } from "../../services/local-google/Person.ts"
import type { AuthorizationRequest } from "../../services/provider/AuthorizationServer.ts"

/** A page of consent. */
export interface ConsentPage {
  readonly request: AuthorizationRequest
  /** Who can be chosen. */
  readonly accounts: ReadonlyArray<LocalAccount>
  /** What can be granted. */
  readonly scopes: ReadonlyArray<string>
}

const accountOn = (page: ConsentPage, email: string | undefined): LocalAccount | undefined => {
  const by = (address: string | undefined) => page.accounts.find((account) => account.email === address)
  return email === undefined ? by(page.request.loginHint) ?? page.accounts[0] : by(email)
}

/** What a person who allows it consents to; lost where the page has no such account, or no such box. */
export const consented = Effect.fnUntraced(function*(
  page: ConsentPage,
  { email, untick = [] }: Extract<ConsentAnswer, { readonly _tag: "Allow" }>
) {
  const account = accountOn(page, email)
  if (account === undefined) {
    return yield* new PersonLost({ step: "choose the account", found: `no account ${email ?? ""} on the page` })
  }
  const missing = untick.find((scope) => !page.scopes.includes(scope))
  if (missing !== undefined) {
    return yield* new PersonLost({ step: "un-tick a permission", found: `no box for ${missing} on the page` })
  }
  return { account, scopes: page.scopes.filter((scope) => !untick.includes(scope)) }
})
