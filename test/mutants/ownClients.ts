/**
 * Safeties of sessions that bring their own client: nobody but that client renews and revokes their tokens.
 */
import { type Mutant, quick } from "./mutant.ts"

const test = "layers/sign-in/SessionsOwnClient"

export const ownClients: ReadonlyArray<Mutant> = [
  {
    safety: "renewing as the client that a session brings along",
    rule: "A network failure is not a sign-out",
    file: "src/layers/sign-in/TokenRefresh.ts",
    find: "provider.refresh(refreshToken, session.grantedScopes, ownClient(session))",
    replace: "provider.refresh(refreshToken, session.grantedScopes)",
    killers: [quick(test, "is renewed as that client, again and again, whatever client is configured")]
  },
  {
    safety: "keeping that client when the tokens are renewed",
    rule: "A network failure is not a sign-out",
    file: "src/layers/sign-in/TokenRefresh.ts",
    find: "...session.tokens,",
    replace: "",
    killers: [quick(test, "is renewed as that client, again and again, whatever client is configured")]
  },
  {
    safety: "revoking as that client",
    rule: "Logout wins",
    file: "src/layers/sign-in/TokensIssued.ts",
    find: "provider.revoke(refreshToken ?? accessToken, ownClient(draft))",
    replace: "provider.revoke(refreshToken ?? accessToken)",
    killers: [quick(test, "is revoked as that client by a sign-out")]
  }
]
