/**
 * `@google-cloud/local-auth` with the `google-auth-library` that it brings. It opens pages with the package `open`, and knows no
 * provider but Google; those two things are exchanged where it loads them, its own code runs as it is.
 */
import type * as LocalAuth from "@google-cloud/local-auth"
import type * as GoogleAuth from "google-auth-library"
import { writeFileSync } from "node:fs"
import { createRequire, Module } from "node:module"
import { join } from "node:path"
import { clientId, clientSecret } from "../world/provider.ts"
import { type Store, userinfo } from "./rest.ts"

const require = createRequire(createRequire(import.meta.url).resolve("@google-cloud/local-auth"))

/** Has `require` find this in place of a package. */
const exchange = (name: string, exports: unknown) => {
  const path = require.resolve(name)
  const module = new Module(path)
  module.exports = exports
  module.loaded = true
  require.cache[path] = module
}

/** Makes its sign-in, which then gets the rest that a whole one has. `home` takes the file of the client. */
export const make = (origin: string, visit: (url: string) => void, home: string) => {
  const library: typeof GoogleAuth = require("google-auth-library")
  const endpoints = { oauth2AuthBaseUrl: `${origin}/authorize`, oauth2TokenUrl: `${origin}/token` }
  exchange("google-auth-library", {
    ...library,
    OAuth2Client: class extends library.OAuth2Client {
      constructor(options: GoogleAuth.OAuth2ClientOptions) {
        super({ ...options, endpoints })
      }
    }
  })
  exchange("open", (url: string) => {
    visit(url)
    return Promise.resolve({ unref: () => {} })
  })
  const { authenticate }: typeof LocalAuth = require("@google-cloud/local-auth")

  const keyfilePath = join(home, "client.json")
  writeFileSync(
    keyfilePath,
    JSON.stringify({
      installed: { client_id: clientId, client_secret: clientSecret, redirect_uris: ["http://localhost/callback"] }
    })
  )
  return async (store: Store, name: string): Promise<void> => {
    const client = await authenticate({ keyfilePath, scopes: ["openid", "email"] })
    const { access_token: accessToken } = client.credentials
    store(name, await userinfo(origin, accessToken ?? ""), JSON.stringify(client.credentials))
  }
}
