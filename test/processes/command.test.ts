/**
 * The command besides serving: the demo, its words, its exit codes.
 */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { execFile } from "node:child_process"
import process from "node:process"
import { version } from "../../src/programs/identity.ts"
import { binary } from "../support/signInProcess.ts"

interface Ran {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** Runs the built command to its end. */
const run = (args: ReadonlyArray<string>, env: Readonly<Record<string, string>> = {}) =>
  Effect.callback<Ran>((resume) => {
    const child = execFile(
      process.execPath,
      [binary, ...args],
      { env: { PATH: "/usr/bin:/bin", ...env } },
      (_error, stdout, stderr) => resume(Effect.succeed({ code: child.exitCode ?? -1, stdout, stderr }))
    )
  })

describe("mcp-gas", () => {
  it.live("demo shows one sign-in for ten callers, and exits with 0", () =>
    Effect.gen(function*() {
      const { code, stderr, stdout } = yield* run(["demo"])
      assert.strictEqual(code, 0, stdout)
      assert.strictEqual(stderr, "")
      assert.include(stdout, "one began the sign-in, 9 joined it")
      assert.include(stdout, "the code was exchanged once")
      assert.notInclude(stdout, "✗")
    }))

  it.live("demo that cannot run says why without a stack, and exits with 1", () =>
    Effect.gen(function*() {
      const { code, stderr } = yield* run(["demo"], { TMPDIR: "/nonexistent/directory" })
      assert.strictEqual(code, 1)
      assert.include(stderr, "/nonexistent/directory")
      assert.notMatch(stderr, /^\s+at /m)
    }))

  it.live("--version and --help tell", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* run(["--version"]), { code: 0, stdout: `${version}\n`, stderr: "" })
      const help = yield* run(["--help"])
      assert.strictEqual(help.code, 0)
      assert.include(help.stdout, "mcp-gas demo")
    }))

  it.live("with an unknown command tells what there is, on stderr, and exits with 2", () =>
    Effect.gen(function*() {
      const { code, stderr, stdout } = yield* run(["sing"])
      assert.deepStrictEqual({ code, stdout }, { code: 2, stdout: "" })
      assert.include(stderr, "Unknown command: sing")
    }))
})
