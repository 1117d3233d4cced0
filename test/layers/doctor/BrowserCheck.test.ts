/**
 * What is said of the browser: of a command of the person's own with real files, none of which is run.
 */
import { NodePath } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { chmodSync, existsSync, mkdirSync, writeFileSync } from "node:fs"
import * as BrowserCheck from "../../../src/layers/doctor/BrowserCheck.ts"
import * as ProgramsSeenPath from "../../../src/layers/doctor/ProgramsSeenPath.ts"
import { layerConfig, layerEnv, only, run, textOf } from "../../support/doctor.ts"
import { temporary } from "../../support/vaultKeys.ts"

type Env = Readonly<Record<string, string>>

const browser = (env: Env) =>
  run(BrowserCheck.make).pipe(
    Effect.map(only),
    Effect.provide([layerConfig(env), ProgramsSeenPath.layer.pipe(Layer.provide([NodePath.layer, layerEnv(env)]))])
  )

/** Two directories of a PATH, and a program in the second, which would leave a mark if it were run. */
const furnished = Effect.gen(function*() {
  const at = yield* temporary
  const [first, second] = [`${at}/first`, `${at}/second`] as const
  for (const directory of [first, second]) mkdirSync(directory, { recursive: true })
  const program = `${second}/surf`
  writeFileSync(program, `#!/bin/sh\ntouch ${at}/mark\n`, { mode: 0o755 })
  return { first, program, mark: `${at}/mark`, PATH: `${first}:${second}` }
})

describe("BrowserCheck", () => {
  it.effect("the system's, and none, are in order", () =>
    Effect.gen(function*() {
      assert.strictEqual(textOf(yield* browser({})), "The system's browser is asked to open the sign-in.")
      assert.include(textOf(yield* browser({ MCP_GAS_BROWSER: "none" })), "No browser is opened")
    }))

  it.effect("a command is looked for on the PATH, or at its path, and not run", () =>
    Effect.gen(function*() {
      const { mark, PATH, program } = yield* furnished
      for (const command of ["surf", program]) {
        const finding = yield* browser({ MCP_GAS_BROWSER: command, PATH })
        assert.deepInclude(finding, {
          level: "ok",
          found: `MCP_GAS_BROWSER names "${command}", which is there and can be run.`
        })
      }
      assert.isFalse(existsSync(mark))
    }))

  it.effect("one that is not there is a warning: with arguments, a directory, not on the PATH, without one", () =>
    Effect.gen(function*() {
      const { first, PATH, program } = yield* furnished
      mkdirSync(`${first}/folder`)
      for (const command of ["glide", "surf --private", "folder", `${program}.gone`]) {
        const finding = yield* browser({ MCP_GAS_BROWSER: command, PATH })
        assert.strictEqual(finding.level, "warning")
        assert.include(textOf(finding), `"${command}", and there is no such program`)
      }
      assert.strictEqual((yield* browser({ MCP_GAS_BROWSER: "surf" })).level, "warning")
      assert.strictEqual((yield* browser({ MCP_GAS_BROWSER: "sh" })).level, "ok")
    }))

  it.effect("one that may not be executed is a warning, unless there is another further on", () =>
    Effect.gen(function*() {
      const { first, PATH, program } = yield* furnished
      writeFileSync(`${first}/surf`, "", { mode: 0o644 })
      assert.strictEqual((yield* browser({ MCP_GAS_BROWSER: "surf", PATH })).level, "ok")
      chmodSync(program, 0o644)
      for (const command of ["surf", program]) {
        assert.include(textOf(yield* browser({ MCP_GAS_BROWSER: command, PATH })), "may not execute")
      }
    }))
})
