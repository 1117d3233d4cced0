/**
 * The examination as a whole: in a fixed order, bounded in time, and with nothing hidden by anything else.
 */
import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Fiber, Layer } from "effect"
import { TestClock } from "effect/testing"
import type { Check } from "../../../src/layers/doctor/Check.ts"
import * as Checks from "../../../src/layers/doctor/Check.ts"
import * as DoctorChecks from "../../../src/layers/doctor/DoctorChecks.ts"
import { KeptChecks, layerNowhere } from "../../../src/layers/doctor/KeptChecks.ts"
import { OAuthFetch, Rejected } from "../../../src/layers/provider/OAuthFetch.ts"
import { NoAnswer } from "../../../src/layers/provider/OAuthFetch.ts"
import { Doctor } from "../../../src/services/doctor/Doctor.ts"
import { ok } from "../../../src/services/doctor/Finding.ts"
import { ProgramsSeen } from "../../../src/services/doctor/ProgramsSeen.ts"
import { layerConfig, texts } from "../../support/doctor.ts"

const offline = Layer.succeed(OAuthFetch, {
  attempt: () =>
    Effect.fail(new Rejected({ cause: new NoAnswer({ reason: "network", sent: false, code: "ENOTFOUND" }) }))
})

const noProgram = Layer.succeed(ProgramsSeen, { state: () => Effect.succeed("missing" as const) })

const layer = (kept: Layer.Layer<KeptChecks>, env: Readonly<Record<string, string>> = {}) =>
  DoctorChecks.layer({ version: "0.0.1", node: "24.0.0" }).pipe(
    Layer.provide([kept, offline, noProgram, layerConfig(env)])
  )

const layerKept = (...checks: ReadonlyArray<Check>) =>
  layer(Layer.succeed(KeptChecks, { begin: Effect.succeed(checks) }), { MCP_GAS_CLIENT_ID: "an id" })

const examine = Doctor.use((doctor) => doctor.examine)

const fine = (area: Check["area"]): Check => ({ area, run: Effect.succeed([ok(area, `${area} is well.`)]) })

describe("DoctorChecks", () => {
  it.effect("comes out in the order of the areas, however long each takes", () =>
    Effect.gen(function*() {
      const gate = yield* Deferred.make<void>()
      const slow: Check = { area: "store", run: Effect.andThen(Deferred.await(gate), fine("store").run) }
      const opens: Check = {
        area: "leases",
        run: Effect.andThen(Deferred.succeed(gate, undefined), fine("leases").run)
      }
      const findings = yield* Effect.provide(examine, layerKept(fine("consent"), slow, opens))
      assert.deepStrictEqual(findings.map(({ area }) => area), [
        "runtime",
        "configuration",
        "client",
        "browser",
        "store",
        "leases",
        "provider",
        "clock",
        "consent"
      ])
    }))

  it.effect("what hangs is a finding after five seconds, and hides nothing", () =>
    Effect.gen(function*() {
      const hanging: Check = { area: "vault", run: Effect.never }
      const fiber = yield* Effect.forkChild(Effect.provide(examine, layerKept(hanging, fine("store"))), {
        startImmediately: true
      })
      yield* TestClock.adjust("4999 millis")
      assert.isUndefined(fiber.pollUnsafe())
      yield* TestClock.adjust("1 millis")
      const findings = yield* Fiber.join(fiber)
      const vault = findings.filter(({ area }) => area === "vault")
      assert.deepStrictEqual(vault.map(({ level }) => level), ["problem"])
      assert.include(texts(vault).join(), "within 5 seconds")
      assert.include(texts(findings), "store is well.")
    }))

  it.effect("what breaks is a finding without a word of the defect, and hides nothing", () =>
    Effect.gen(function*() {
      const broken: Check = { area: "vault", run: Effect.die(new Error("canary-secret")) }
      const findings = yield* Effect.provide(examine, layerKept(broken, fine("store")))
      assert.deepStrictEqual(findings.filter(({ area }) => area === "vault").map(({ level }) => level), ["problem"])
      assert.notInclude(texts(findings).join(), "canary")
      assert.include(texts(findings), "store is well.")
    }))

  it.effect("what something else stands in the way of is a warning that says what", () =>
    Effect.gen(function*() {
      const blocked: Check = {
        area: "scopes",
        run: Effect.fail(new Checks.NotExamined({ why: "the store is on fire", see: "store" }))
      }
      const findings = yield* Effect.provide(examine, layerKept(blocked))
      assert.deepInclude(findings, {
        area: "scopes",
        level: "warning",
        found: "This could not be examined, since the store is on fire.",
        remedy: "See what is said of store, and try again."
      })
    }))

  it.effect("offline, the provider is a problem and the clock is not compared", () =>
    Effect.gen(function*() {
      const findings = yield* Effect.provide(examine, layerKept())
      assert.deepStrictEqual(
        findings.map(({ area, level }) => `${area} ${level}`),
        ["runtime ok", "configuration ok", "client warning", "browser ok", "provider problem", "clock warning"]
      )
      assert.include(texts(findings).join(), "ENOTFOUND")
    }))

  it.effect("where the data directory is not known, and who the provider is, the rest is examined", () =>
    Effect.gen(function*() {
      const env = { MCP_GAS_HOME: "here", MCP_GAS_ISSUER: "http://far.example", MCP_GAS_CLIENT_ID: "an id" }
      const findings = yield* Effect.provide(examine, layer(layerNowhere, env))
      assert.deepStrictEqual(findings.map(({ area, level }) => `${area} ${level}`), [
        "runtime ok",
        "configuration problem",
        "configuration problem",
        "client ok",
        "browser ok",
        "directory warning",
        "provider warning",
        "clock warning"
      ])
    }))
})
