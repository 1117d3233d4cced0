/**
 * Importing as the command does it: a local Google that knows more than one client, a data directory of its own, and the
 * real store, vault and configuration.
 */
import { NodeCrypto, NodeFileSystem, NodePath } from "@effect/platform-node"
import { ConfigProvider, Effect, Fiber, FileSystem, Layer, Option, Redacted, type Scope } from "effect"
import { FetchHttpClient } from "effect/http"
import { UserDirectories } from "effect/persistence"
import { readdirSync, statSync } from "node:fs"
import { join } from "node:path"
import * as ConfigEnv from "../../src/layers/config/ConfigEnv.ts"
import * as ImportsFromFiles from "../../src/layers/importing/ImportsFromFiles.ts"
import * as LocalGoogleOidc from "../../src/layers/local-google/LocalGoogleOidc.ts"
import * as PersonHttp from "../../src/layers/local-google/PersonHttp.ts"
import * as AuthorizationServerDiscovered from "../../src/layers/provider/AuthorizationServerDiscovered.ts"
import { authorizationParameters } from "../../src/layers/provider/AuthorizationServerGoogle.ts"
import * as SessionsSynchronized from "../../src/layers/sign-in/SessionsSynchronized.ts"
import * as DataDirectoryFileSystem from "../../src/layers/storage/DataDirectoryFileSystem.ts"
import * as LeasesSqlite from "../../src/layers/storage/LeasesSqlite.ts"
import * as StoresFile from "../../src/layers/storage/StoresFile.ts"
import * as VaultAead from "../../src/layers/storage/VaultAead.ts"
import * as VaultKeysFile from "../../src/layers/storage/VaultKeysFile.ts"
import { Config } from "../../src/services/config/Config.ts"
import { type ImportOptions, Imports } from "../../src/services/importing/Imports.ts"
import { LocalGoogle } from "../../src/services/local-google/LocalGoogle.ts"
import type { ConsentAnswer } from "../../src/services/local-google/Person.ts"
import { AccountKey } from "../../src/services/sign-in/AccountKey.ts"
import { nextTurns } from "./loopbackClient.ts"
import { asClient, signIn } from "./providerLocalGoogle.ts"
import { tools } from "./providerStub.ts"
import * as RecordedEvents from "./recordedEvents.ts"

export const work = AccountKey.make("work")

/** Another program's client, and one that has no secret. */
export const other = { clientId: "other-program", clientSecret: Option.some(Redacted.make("canary-other-hush")) }
export const secretless = { clientId: "secretless-program", clientSecret: Option.none<Redacted.Redacted<string>>() }

export const layerGoogle = Layer.merge(
  LocalGoogleOidc.layer({
    clients: [{ ...other, name: "Other program" }, { ...secretless, name: "Secretless program" }]
  }),
  PersonHttp.layer.pipe(Layer.provide(FetchHttpClient.layer))
)

const platform = Layer.merge(NodeFileSystem.layer, NodePath.layer)

/** A data directory for the time of the test; it is not there yet. */
export const home: Effect.Effect<string, never, Scope.Scope> = Effect.flatMap(
  FileSystem.FileSystem,
  (fs) => Effect.orDie(fs.makeTempDirectoryScoped({ prefix: "mcp-gas-import-" }))
).pipe(Effect.map((parent) => join(parent, "gas")), Effect.provide(platform))

export interface Options {
  /** Whether each refresh replaces the refresh token. */
  readonly rotates?: boolean
  /** The environment, but for where the data and the provider are. */
  readonly env?: Readonly<Record<string, string>>
}

/** The program, at a data directory. Its configured client is the first that the local Google knows, unless `env` says otherwise. */
export const layerAt = (at: string, { env, rotates = false }: Options = {}) =>
  Layer.unwrap(Effect.map(LocalGoogle, ({ change, clientId, clientSecret, issuer }) => {
    const environment = ConfigProvider.fromEnvRecord({
      MCP_GAS_HOME: at,
      MCP_GAS_ISSUER: issuer,
      ...env ?? { MCP_GAS_CLIENT_ID: clientId, MCP_GAS_CLIENT_SECRET: Redacted.value(clientSecret) }
    })
    const provider = Layer.unwrap(Effect.andThen(
      change({ rotateRefreshTokens: rotates }),
      Effect.map(
        Config,
        ({ client }) =>
          AuthorizationServerDiscovered.layer({
            issuer,
            client,
            authorizationParameters,
            rotatesRefreshTokens: rotates
          })
      )
    ))
    return Layer.merge(ImportsFromFiles.layer, SessionsSynchronized.layer).pipe(
      Layer.provideMerge(Layer.mergeAll(provider, StoresFile.layer, LeasesSqlite.layer, RecordedEvents.layer)),
      Layer.provide(tools),
      Layer.provideMerge(VaultAead.layer),
      Layer.provide([VaultKeysFile.layer, NodeCrypto.layerAead]),
      Layer.provide([NodeCrypto.layerSecureRandom, NodeCrypto.layerDigest]),
      Layer.provide(DataDirectoryFileSystem.layerAt(at)),
      Layer.provideMerge(ConfigEnv.layer),
      Layer.provide([UserDirectories.layerPlatform("linux"), ConfigProvider.layer(environment)]),
      Layer.provideMerge(platform)
    )
  }))

/** Has the person sign in with another program, which is left with these tokens. */
export const signedInElsewhere = (client = other, answer?: ConsentAnswer) =>
  Effect.map(signIn(answer).pipe(asClient(client)), ({ accessToken, refreshToken = accessToken }) => ({
    access: Redacted.value(accessToken),
    refresh: Redacted.value(refreshToken)
  }))

/** Writes the file of another program, beside the data directory, and imports it. */
export const importing = Effect.fnUntraced(function*(
  content: unknown,
  options: Partial<ImportOptions> = {},
  name = "file.json"
) {
  const fs = yield* FileSystem.FileSystem
  const { settings } = yield* Config
  const file = join(settings.home, "..", name)
  yield* Effect.orDie(fs.writeFileString(file, typeof content === "string" ? content : JSON.stringify(content)))
  return yield* Imports.use(({ importFile }) => importFile(file, { key: work, ...options }))
})

/** The names in a data directory and the rights on what has them; nothing for a directory that is not there. */
export const filesIn = (at: string): Readonly<Record<string, string>> =>
  Object.fromEntries(
    (statSync(at, { throwIfNoEntry: false }) === undefined ? [] : readdirSync(at)).toSorted().map((name) => [
      name,
      (statSync(join(at, name)).mode & 0o777).toString(8)
    ])
  )

/** Runs an import to where it has its tokens and has not stored them, and asks whose they are; `heal` lets it go on. */
export const held = Effect.fnUntraced(function*<A, E, R>(call: Effect.Effect<A, E, R>) {
  const google = yield* LocalGoogle
  const before = (yield* google.counts).userinfos
  yield* google.fail("userinfo", { _tag: "Hang" }, 1)
  const caller = yield* Effect.forkChild(call)
  while ((yield* google.counts).userinfos === before) yield* nextTurns
  return caller
})

/** Does something while an import is held there. Gives why the import failed. */
export const meanwhile = <B, E2, R2>(during: Effect.Effect<B, E2, R2>) => <A, E, R>(call: Effect.Effect<A, E, R>) =>
  Effect.gen(function*() {
    const caller = yield* held(Effect.flip(call))
    yield* during
    yield* LocalGoogle.use(({ heal }) => heal)
    return yield* Fiber.join(caller)
  })

/** Everything a test of an import has. */
export type World = Layer.Success<ReturnType<typeof layerAt>> | Layer.Success<typeof layerGoogle>
