/**
 * `@azure/msal-node`, signing in interactively at the world's provider. It takes none but `https:` providers, so it is told of
 * one, and its requests are carried to the world's over `http:`, which spares it the encryption.
 */
import { type INetworkModule, type NetworkRequestOptions, PublicClientApplication } from "@azure/msal-node"
import { clientId, secureIssuer } from "../world/provider.ts"
import { type Store, userinfo } from "./rest.ts"

/** Carries requests for the secure name of the provider to where it is. */
const networkTo = (origin: string): INetworkModule => {
  const send = async <T>(method: string, url: string, options?: NetworkRequestOptions) => {
    const answer = await fetch(url.replace(secureIssuer, origin), {
      method,
      headers: { ...options?.headers, "x-bench-issuer": secureIssuer },
      ...(options?.body === undefined ? {} : { body: options.body })
    })
    // What is in it, the library finds out; its interface has the caller say so.
    const body = await answer.json() as T
    return { headers: Object.fromEntries(answer.headers), body, status: answer.status }
  }
  return {
    sendGetRequestAsync: (url, options) => send("GET", url, options),
    sendPostRequestAsync: (url, options) => send("POST", url, options)
  }
}

/** Makes its sign-in, which then gets the rest that a whole one has. */
export const make = (origin: string, visit: (url: string) => void) => {
  const client = new PublicClientApplication({
    auth: { clientId, authority: secureIssuer, knownAuthorities: [new URL(secureIssuer).host] },
    system: { networkClient: networkTo(origin), protocolMode: "OIDC" }
  })
  return async (store: Store, name: string): Promise<void> => {
    const result = await client.acquireTokenInteractive({
      scopes: ["openid", "email"],
      openBrowser: (url) => Promise.resolve(visit(url.replace(secureIssuer, origin)))
    })
    store(name, await userinfo(origin, result.accessToken), JSON.stringify(result))
  }
}
