/**
 * An OAuth provider that costs next to nothing: it says yes to everything and remembers only what it is counted by, so that
 * what is measured against it is the client.
 *
 * The ID token is well-formed and its signature is of zeros; none of the clients that are measured checks it, since it comes
 * straight from the token endpoint (OpenID Connect Core section 3.1.3.7).
 */
import { Buffer } from "node:buffer"
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http"
import * as McpServer from "./mcpServer.ts"

/** What the provider was asked, by endpoint. */
export interface Counts {
  authorize: number
  exchange: number
  refresh: number
  userinfo: number
}

/** How it answers from now on. */
export interface Manners {
  /** Seconds that an access token is said to last. */
  readonly expiresIn: number
  /** The refresh token that is never answered, if any. */
  readonly hangs: string | undefined
}

export const clientId = "bench-client"
export const clientSecret = "bench-secret"

const encoded = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url")

const json = (response: ServerResponse, body: unknown) => {
  const text = JSON.stringify(body)
  response.writeHead(200, { "content-type": "application/json", "content-length": Buffer.byteLength(text) }).end(text)
}

const bodyOf = (request: IncomingMessage, then: (body: string) => void) => {
  const chunks: Array<Buffer> = []
  request.on("data", (chunk: Buffer) => chunks.push(chunk)).once("end", () => then(Buffer.concat(chunks).toString()))
}

const field = (name: string, value: string) => `<input name="${name}" value="${value}">`

/** What a code stands for, carried by the code itself. */
interface Consent {
  readonly scope: string
  readonly nonce: string
}

const consentOf = (code: string): Consent => {
  const read: unknown = JSON.parse(Buffer.from(code.split(".")[1] ?? "", "base64url").toString())
  const at = (name: string) => {
    const value: unknown = typeof read === "object" && read !== null ? Reflect.get(read, name) : undefined
    return typeof value === "string" ? value : ""
  }
  return { scope: at("scope"), nonce: at("nonce") }
}

/** Where the provider has what, for discovery. */
const metadataOf = (issuer: string) => ({
  issuer,
  authorization_endpoint: `${issuer}/authorize`,
  token_endpoint: `${issuer}/token`,
  userinfo_endpoint: `${issuer}/userinfo`,
  jwks_uri: `${issuer}/jwks`,
  response_types_supported: ["code"],
  subject_types_supported: ["public"],
  id_token_signing_alg_values_supported: ["RS256"]
})

/** The name by which a client that insists on `https:` knows this provider. */
export const secureIssuer = "https://provider.invalid"

export interface Provider {
  readonly server: Server
  readonly counts: Counts
  manners: Manners
}

/** Makes the provider; whoever makes it has it listen. */
export const make = (): Provider => {
  const counts: Counts = { authorize: 0, exchange: 0, refresh: 0, userinfo: 0 }
  let issued = 0

  const authorize = (query: URLSearchParams, response: ServerResponse) => {
    counts.authorize++
    const at = (name: string) => query.get(name) ?? ""
    const code = `${++issued}.${encoded({ scope: at("scope"), nonce: at("nonce") })}`
    if (query.get("response_mode") === "form_post") {
      const page = `<form action="${at("redirect_uri")}">${field("code", code)}${field("state", at("state"))}</form>`
      response.writeHead(200, { "content-type": "text/html" }).end(page)
      return
    }
    const back = new URL(at("redirect_uri"))
    back.searchParams.set("code", code)
    if (query.has("state")) back.searchParams.set("state", at("state"))
    response.writeHead(302, { location: back.href, "content-length": 0 }).end()
  }

  const token = (form: URLSearchParams, issuer: string, response: ServerResponse) => {
    const code = form.get("code")
    const presented = form.get("refresh_token")
    counts[code === null ? "refresh" : "exchange"]++
    if (presented !== null && presented === provider.manners.hangs) return
    const consent = code === null ? undefined : consentOf(code)
    const now = Math.floor(Date.now() / 1000)
    const claims = {
      iss: issuer,
      sub: "ada",
      aud: clientId,
      iat: now,
      exp: now + 3600,
      email: "ada@example.com",
      ...(consent?.nonce === "" || consent === undefined ? {} : { nonce: consent.nonce })
    }
    json(response, {
      access_token: `access-${++issued}`,
      token_type: "Bearer",
      expires_in: provider.manners.expiresIn,
      ...(consent === undefined ? {} : {
        refresh_token: `refresh-${issued}`,
        scope: consent.scope,
        id_token: `${encoded({ alg: "RS256" })}.${encoded(claims)}.${Buffer.alloc(256).toString("base64url")}`
      })
    })
  }

  const server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? "/", "http://127.0.0.1")
    const issuer = request.headers["x-bench-issuer"] === secureIssuer ? secureIssuer : `http://${request.headers.host}`
    switch (pathname) {
      case "/.well-known/openid-configuration":
      case "/v2.0/.well-known/openid-configuration":
        return json(response, metadataOf(issuer))
      case "/authorize":
        return authorize(searchParams, response)
      case "/token":
        return bodyOf(request, (body) => token(new URLSearchParams(body), issuer, response))
      case "/userinfo":
        counts.userinfo++
        return json(response, { sub: "ada", email: "ada@example.com", name: "Ada" })
      case McpServer.path:
        return bodyOf(request, (body) => McpServer.answer(request.method ?? "", body, response))
      default:
        response.writeHead(404, { "content-length": 0 }).end()
    }
  })
  // No connection goes because somebody else had a long turn.
  server.keepAliveTimeout = 60_000
  const provider: Provider = { server, counts, manners: { expiresIn: 3600, hangs: undefined } }
  return provider
}
