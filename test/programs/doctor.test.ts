/**
 * The whole examination as the command runs it, in homes of every condition: it says what is so, tells nothing secret, and
 * changes nothing.
 */
import { NodeServices } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Console, DateTime, Effect, FileSystem, Layer, Option, Redacted, Schema } from "effect"
import { Aead, Digest, SecureRandom } from "effect/crypto"
import { chmodSync, existsSync, mkdirSync, readFileSync, truncateSync } from "node:fs"
import process from "node:process"
import * as LocalGoogleOidc from "../../src/layers/local-google/LocalGoogleOidc.ts"
import * as DataDirectoryFileSystem from "../../src/layers/storage/DataDirectoryFileSystem.ts"
import * as StoresFile from "../../src/layers/storage/StoresFile.ts"
import * as VaultAead from "../../src/layers/storage/VaultAead.ts"
import * as VaultKeysFile from "../../src/layers/storage/VaultKeysFile.ts"
import { Report, report } from "../../src/programs/doctor.ts"
import { json, words } from "../../src/programs/doctorWords.ts"
import { version } from "../../src/programs/identity.ts"
import { worst } from "../../src/services/doctor/Finding.ts"
import { LocalGoogle } from "../../src/services/local-google/LocalGoogle.ts"
import { SessionDraft, Tokens } from "../../src/services/sign-in/Session.ts"
import { FlowStore } from "../../src/services/storage/FlowStore.ts"
import { SessionStore } from "../../src/services/storage/SessionStore.ts"
import { everythingIn, layerEnv, texts } from "../support/doctor.ts"
import { flow, opens, pasted } from "../support/flowData.ts"
import { ada, draft, generation, grace, needsSignIn } from "../support/sessionData.ts"
import { home } from "../support/sessionsFile.ts"

type Env = Readonly<Record<string, string>>

const examined = (env: Env) => Effect.provide(report, layerEnv(env))

/** `area level` of each finding. */
const gist = ({ findings }: Report) => findings.map(({ area, level }) => `${area} ${level}`)

const layerStores = (at: string) =>
  StoresFile.layer.pipe(
    Layer.provide(VaultAead.layer),
    Layer.provide(VaultKeysFile.layer),
    Layer.provide([DataDirectoryFileSystem.layerAt(at), Aead.layerWebCrypto]),
    Layer.provide([SecureRandom.layerWebCrypto, Digest.layerWebCrypto]),
    Layer.provide(NodeServices.layer)
  )

/** Ada is signed in, Grace has to sign in again, and a sign-in of Ada's is under way in this process. */
const furnish = Effect.fnUntraced(function*(_at: string, clientId: string) {
  const now = yield* DateTime.now
  const store = yield* SessionStore
  const flows = yield* FlowStore
  const tokens = new Tokens({
    accessToken: Redacted.make("canary-access"),
    refreshToken: Redacted.make("canary-refresh"),
    issuedAt: now,
    expiresAt: DateTime.add(now, { hours: 1 })
  })
  yield* store.write(ada, generation(0), {
    _tag: "SignedIn",
    draft: new SessionDraft({ ...draft(), clientId, tokens, signedInAt: now })
  })
  yield* store.write(grace, generation(0), needsSignIn("revoked"))
  const begun = flow("one", { startedAt: now, expiresAt: DateTime.add(now, { minutes: 5 }) })
  yield* flows.begin(begun, Option.none())
  yield* flows.change(begun.id, opens("secret", begun.expiresAt))
  yield* flows.change(begun.id, { _tag: "Delivered", redirectedUrl: pasted("secret") })
}, (furnishing, at) => Effect.provide(furnishing, layerStores(at)))

/** A home with all of that, and the environment of a server that signs in with the local Google. */
const furnished = Effect.gen(function*() {
  const google = yield* LocalGoogle
  const at = yield* home
  yield* furnish(at, google.clientId)
  const env: Env = {
    MCP_GAS_HOME: at,
    MCP_GAS_ISSUER: google.issuer,
    MCP_GAS_CLIENT_ID: google.clientId,
    MCP_GAS_CLIENT_SECRET: Redacted.value(google.clientSecret),
    MCP_GAS_SCOPES: "openid email more"
  }
  return { at, env }
})

const layerGoogle = Layer.fresh(LocalGoogleOidc.layer())

describe("the doctor", () => {
  it.live("examines all there is, and leaves it as it is", () =>
    Effect.gen(function*() {
      const { at, env } = yield* furnished
      const google = yield* LocalGoogle
      const before = everythingIn(at)
      const told = yield* examined(env)
      assert.deepStrictEqual(everythingIn(at), before)
      assert.deepStrictEqual(gist(told), [
        "runtime ok",
        "configuration ok",
        "client ok",
        "callback ok",
        "browser ok",
        "directory ok",
        "store ok",
        "vault ok",
        "vault ok",
        "leases ok",
        "pending ok",
        "provider ok",
        "clock ok",
        "account ok",
        "account warning",
        "scopes warning"
      ])
      assert.strictEqual(worst(told.findings), "warning")
      assert.strictEqual(told.version, version)
      assert.strictEqual(told.node, process.versions.node)
      const all = texts(told.findings).join("\n")
      assert.include(all, `process ${process.pid}`)
      assert.include(all, "has not granted more.")
      const { discoveries, ...others } = yield* google.counts
      assert.deepStrictEqual([discoveries, ...Object.values(others)], [1, 0, 0, 0, 0, 0], "nothing else was asked for")
    }).pipe(Effect.provide(layerGoogle)))

  it.live("tells nothing secret, in words or in JSON, whatever it comes upon", () =>
    Effect.gen(function*() {
      const { at, env } = yield* furnished
      const key = readFileSync(`${at}/vault.key`, "utf8").trim()
      const secret = env["MCP_GAS_CLIENT_SECRET"] ?? ""
      const silent = Effect.fnUntraced(function*(more: Env = {}) {
        const told = yield* examined({ ...env, ...more })
        for (const text of [words(told, { colours: true }), yield* json(told)]) {
          for (const hidden of ["canary", key, secret]) assert.notInclude(text, hidden)
          assert.include(text, "ada@example.com")
        }
        return told
      })
      yield* silent()
      yield* silent({ MCP_GAS_CALLBACK_PORT: "none" })
      chmodSync(at, 0o755)
      chmodSync(`${at}/vault.key`, 0o644)
      assert.include(gist(yield* silent()), "vault warning")
    }).pipe(Effect.provide(layerGoogle)))

  it.live("with nothing configured and nothing there, it makes nothing", () =>
    Effect.gen(function*() {
      const at = yield* home
      // A loopback port that nobody listens on: offline for certain.
      const told = yield* examined({ MCP_GAS_HOME: at, MCP_GAS_ISSUER: "http://127.0.0.1:1" })
      assert.isFalse(existsSync(at))
      assert.deepStrictEqual(gist(told), [
        "runtime ok",
        "configuration ok",
        "client problem",
        "callback ok",
        "browser ok",
        "directory ok",
        "store ok",
        "vault ok",
        "leases ok",
        "pending ok",
        "provider problem",
        "clock warning",
        "account ok"
      ])
    }))

  it.live("with a broken environment, what can be examined is", () =>
    Effect.gen(function*() {
      const { at, env } = yield* furnished
      const told = yield* examined({ ...env, MCP_GAS_SIGN_IN_TIMEOUT: "soon", MCP_GAS_ISSUER: "ftp://far" })
      assert.deepStrictEqual(gist(told).slice(0, 4), [
        "runtime ok",
        "configuration problem",
        "configuration problem",
        "client ok"
      ])
      assert.includeMembers(gist(told), ["directory ok", "store ok", "provider warning", "clock warning", "account ok"])
      const nowhere = yield* examined({ ...env, MCP_GAS_HOME: "not/absolute" })
      assert.includeMembers(gist(nowhere), ["configuration problem", "client ok", "directory warning", "provider ok"])
      assert.isFalse(existsSync("not"))
      assert.isTrue(existsSync(at))
    }).pipe(Effect.provide(layerGoogle)))

  it.live("with a damaged store, everything else is told of, and the file stays", () =>
    Effect.gen(function*() {
      const { at, env } = yield* furnished
      truncateSync(`${at}/sessions.db`, 5_000)
      const before = everythingIn(at)
      const told = yield* examined(env)
      assert.deepStrictEqual(everythingIn(at), before)
      assert.includeMembers(gist(told), [
        "store problem",
        "vault ok",
        "leases ok",
        "pending warning",
        "provider ok",
        "clock ok",
        "account warning"
      ])
    }).pipe(Effect.provide(layerGoogle)))

  it.live("nothing is written to the console meanwhile", () =>
    Effect.gen(function*() {
      const at = yield* home
      mkdirSync(at, { mode: 0o755 })
      const printed: Array<unknown> = []
      const note = (...args: ReadonlyArray<unknown>) => void printed.push(args)
      const silent = yield* Console.Console
      const told = yield* examined({ MCP_GAS_HOME: at, MCP_GAS_ISSUER: "http://127.0.0.1:1" }).pipe(
        Effect.provideService(Console.Console, {
          ...silent,
          log: note,
          error: note,
          info: note,
          warn: note,
          debug: note
        })
      )
      assert.deepStrictEqual(printed, [])
      assert.isTrue(Schema.is(Report)(told))
    }))

  it.live("a home that is a file is a problem of the directory alone", () =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const at = yield* home
      yield* fs.writeFileString(at, "a file")
      const told = yield* examined({ MCP_GAS_HOME: at, MCP_GAS_ISSUER: "http://127.0.0.1:1" })
      assert.includeMembers(gist(told), ["directory problem", "store ok", "pending ok"])
    }).pipe(Effect.provide(NodeServices.layer)))
})
