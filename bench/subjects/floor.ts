/**
 * The floor: the steps of a sign-in in bare `node:http` and `fetch`. There is no state, no PKCE, no lock, no time-out, no
 * check of what comes back, no seal, and no page that can be reloaded.
 */
import { createServer } from "node:http"
import { clientId, clientSecret } from "../world/provider.ts"
import { type Store, userinfo } from "./rest.ts"

const exchange = async (origin: string, code: string, redirectUri: string): Promise<string> => {
  const answer = await fetch(`${origin}/token`, {
    method: "POST",
    body: new URLSearchParams({
      grant_type: "authorization_code",
      code,
      redirect_uri: redirectUri,
      client_id: clientId,
      client_secret: clientSecret
    })
  })
  return answer.text()
}

const accessTokenOf = (tokens: string): string => {
  const read: unknown = JSON.parse(tokens)
  return typeof read === "object" && read !== null ? String(Reflect.get(read, "access_token")) : ""
}

/** Signs in: authorize, callback, exchange, userinfo, one write, and an answer to the browser. */
export const signIn = (origin: string, visit: (url: string) => void, store: Store, name: string): Promise<void> =>
  new Promise((resolve, reject) => {
    const server = createServer((request, response) => {
      const finish = async () => {
        const code = new URL(request.url ?? "/", redirectUri).searchParams.get("code") ?? ""
        const tokens = await exchange(origin, code, redirectUri)
        store(name, await userinfo(origin, accessTokenOf(tokens)), tokens)
        response.end("signed in")
        server.close()
        server.closeIdleConnections()
        resolve()
      }
      finish().catch(reject)
    })
    let redirectUri = ""
    server.listen(0, "127.0.0.1", () => {
      const address = server.address()
      if (address === null || typeof address === "string") return reject(new Error("listening, but not on a port"))
      redirectUri = `http://127.0.0.1:${address.port}/callback`
      const query = new URLSearchParams({
        response_type: "code",
        client_id: clientId,
        redirect_uri: redirectUri,
        scope: "openid email"
      })
      visit(`${origin}/authorize?${query}`)
    })
  })
