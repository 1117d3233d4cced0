/**
 * What is said of the environment and of the OAuth client.
 */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { writeFileSync } from "node:fs"
import * as ClientCheck from "../../../src/layers/doctor/ClientCheck.ts"
import * as ConfigurationCheck from "../../../src/layers/doctor/ConfigurationCheck.ts"
import { layerConfig, only, run, textOf, texts } from "../../support/doctor.ts"
import { temporary } from "../../support/vaultKeys.ts"

type Env = Readonly<Record<string, string>>

const configuration = (env: Env) => Effect.provide(run(ConfigurationCheck.make), layerConfig(env))
const client = (env: Env) => Effect.provide(run(ClientCheck.make), layerConfig(env))

describe("ConfigurationCheck", () => {
  it.effect("says that the environment is in order, client or not", () =>
    Effect.gen(function*() {
      assert.strictEqual(textOf(only(yield* configuration({}))), "The environment is in order.")
    }))

  it.effect("tells every problem at once, each with its remedy", () =>
    Effect.gen(function*() {
      const findings = yield* configuration({
        MCP_GAS_HOME: "somewhere",
        MCP_GAS_CALLBACK_PORT: "80",
        MCP_GAS_SIGN_IN_TIMEOUT: "soon",
        MCP_GAS_CLIENT_SECRET: "canary-secret"
      })
      assert.deepStrictEqual(findings.map(({ level }) => level), ["problem", "problem", "problem", "problem"])
      const all = texts(findings).join("\n")
      for (const name of ["HOME", "CALLBACK_PORT", "SIGN_IN_TIMEOUT", "CLIENT_SECRET"]) {
        assert.include(all, `MCP_GAS_${name}: `)
      }
      assert.notInclude(all, "canary")
    }))
})

describe("ClientCheck", () => {
  const id = "1-a.apps.googleusercontent.com"

  it.effect("by value, with its secret kept to itself", () =>
    Effect.gen(function*() {
      const finding = only(yield* client({ MCP_GAS_CLIENT_ID: id, MCP_GAS_CLIENT_SECRET: "canary-secret" }))
      assert.strictEqual(finding.level, "ok")
      assert.include(textOf(finding), id)
      assert.notInclude(textOf(finding), "canary")
    }))

  it.effect("one of Google's without a secret, or one that is none of Google's, is a warning", () =>
    Effect.gen(function*() {
      const bare = only(yield* client({ MCP_GAS_CLIENT_ID: id }))
      assert.deepInclude(bare, { level: "warning" })
      assert.include(textOf(bare), "has no secret")
      const foreign = only(yield* client({ MCP_GAS_CLIENT_ID: "my client", MCP_GAS_CLIENT_SECRET: "canary" }))
      assert.deepInclude(foreign, { level: "warning" })
      assert.include(textOf(foreign), "does not look like one of Google's")
    }))

  it.effect("another provider's may be of any name and have none", () =>
    Effect.gen(function*() {
      const env = { MCP_GAS_CLIENT_ID: "my client", MCP_GAS_ISSUER: "https://id.example" }
      assert.strictEqual(only(yield* client(env)).level, "ok")
    }))

  it.effect("none at all, and one of the wrong kind, is a problem that says what to do", () =>
    Effect.gen(function*() {
      const none = only(yield* client({}))
      assert.strictEqual(none.level, "problem")
      assert.include(textOf(none), "No OAuth client is configured.")
      const file = `${yield* temporary}/client.json`
      writeFileSync(file, JSON.stringify({ web: { client_id: id, client_secret: "canary-secret" } }))
      const web = only(yield* client({ MCP_GAS_CLIENT_FILE: file }))
      assert.strictEqual(web.level, "problem")
      assert.include(textOf(web), "Web application")
      assert.notInclude(textOf(web), "canary")
    }))

  it.effect("is not looked for where nobody knows where", () =>
    Effect.gen(function*() {
      const finding = only(yield* client({ MCP_GAS_CLIENT_ID: id, MCP_GAS_CLIENT_FILE: "/x" }))
      assert.strictEqual(finding.level, "warning")
      assert.include(textOf(finding), "See what is said of configuration")
    }))
})
