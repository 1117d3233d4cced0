/**
 * The sign-in of this package, composed by its own `SignIn`, with the world's provider for Google and the world's person for a
 * browser. The vault's key is in a file, so that nobody's keychain is asked; nothing else is left out.
 */
import * as NodeServices from "@effect/platform-node/NodeServices"
import { DateTime, Effect, FileSystem, Layer, Option, Redacted } from "effect"
import * as Gas from "../../src/index.ts"
import { ownVaultKey } from "../../src/programs/ownVaultKey.ts"
import { Outside } from "../world/outside.ts"
import { clientId, clientSecret } from "../world/provider.ts"

export const scopes = ["openid", "email"]

/** Where sessions, flows and leases are: in files under this folder, or in memory. */
export type Kept = { readonly _tag: "Files"; readonly home: string } | { readonly _tag: "Memory" }

export const inMemory: Kept = { _tag: "Memory" }

/** A folder for as long as the Scope is open. */
export const folder = Effect.orDie(
  FileSystem.FileSystem.use((fs) => fs.makeTempDirectoryScoped({ prefix: "mcp-gas-bench-" }))
).pipe(Effect.provide(NodeServices.layer))

const optionsAt = (origin: string) => ({
  name: "bench",
  issuer: origin,
  client: { clientId, clientSecret: Option.some(Redacted.make(clientSecret)) },
  scopes,
  // Whoever wants a page opened has the person open it.
  browser: { _tag: "None" } as const
})

const layerFiles = (origin: string, home: string) =>
  Layer.unwrap(Effect.as(ownVaultKey(home), Gas.SignIn.layer({ ...optionsAt(origin), directory: home })))

/** The composed sign-in at the provider of the world outside. */
export const layer = (kept: Kept) =>
  Layer.unwrap(
    Effect.map(Outside, ({ origin }) =>
      kept._tag === "Files" ? layerFiles(origin, kept.home) : Gas.SignIn.layerMemory(optionsAt(origin)))
  ).pipe(
    Layer.provide(NodeServices.layer)
  )

/** Begins a flow of an account nobody has signed in to, whose page the person opens, and waits for the session. */
export const signIn = Effect.fnUntraced(function*(name: string) {
  const flows = yield* Gas.AuthFlows
  const { visit } = yield* Outside
  const opener: Gas.UrlOpener = ({ authorizationUrl }) =>
    Effect.as(Effect.sync(() => visit(authorizationUrl)), "opened")
  const started = yield* flows.start(Gas.AccountKey.make(name), { openBrowser: true, opener })
  return started._tag === "AlreadyAuthenticated"
    ? yield* Effect.die(`${name} is signed in already`)
    : yield* started.flow.outcome
})

/** How long the token of a stored session lasts. */
export type Lasting = "an hour" | "no more"

/** Puts a session into the store, as another process of this machine would have; its refresh token is `refresh-of-<name>`. */
export const store = Effect.fnUntraced(function*(name: string, lasting: Lasting) {
  const sessions = yield* Gas.SessionStore
  const now = yield* DateTime.now
  const issuedAt = lasting === "an hour" ? now : DateTime.subtract(now, { hours: 2 })
  const draft = new Gas.SessionDraft({
    account: new Gas.Account({ sub: name, email: `${name}@example.com`, name }),
    tokens: new Gas.Tokens({
      accessToken: Redacted.make(`access-of-${name}-${"x".repeat(180)}`, { label: "access token" }),
      refreshToken: Redacted.make(`refresh-of-${name}`, { label: "refresh token" }),
      issuedAt,
      expiresAt: DateTime.add(issuedAt, { hours: 1 })
    }),
    grantedScopes: scopes,
    clientId,
    flowId: Gas.FlowId.make(`flow-of-${name}`),
    signedInAt: issuedAt
  })
  const key = Gas.AccountKey.make(name)
  yield* sessions.write(key, (yield* sessions.read(key)).generation, { _tag: "SignedIn", draft })
  return key
})
