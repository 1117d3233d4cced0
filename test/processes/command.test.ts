/**
 * The command besides serving and signing in: the demo, its words, its exit codes.
 */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { version } from "../../src/programs/identity.ts"
import { run } from "../support/command.ts"

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
      for (const command of ["login", "status", "logout", "accounts", "import", "setup", "doctor", "demo"]) {
        assert.match(help.stdout, new RegExp(`^  ${command} +\\w`, "m"))
      }
    }))

  for (
    const [what, args] of Object.entries({
      "an unknown command": ["sing"],
      "an unknown option": ["status", "--loudly"],
      "an account that is none": ["status", "--account", "two words"],
      "a host that is not known": ["setup", "notepad"],
      "serve with options": ["serve", "now"]
    })
  ) {
    it.live(`with ${what} says so on stderr, and exits with 2`, () =>
      Effect.gen(function*() {
        const { code, stderr, stdout } = yield* run(args)
        assert.deepStrictEqual({ code, stdout }, { code: 2, stdout: "" })
        assert.notStrictEqual(stderr, "")
        assert.notMatch(stderr, /^\s+at /m)
      }))
  }

  for (const shell of ["bash", "zsh", "fish", "powershell"]) {
    it.live(`completions ${shell} names the commands and their options`, () =>
      Effect.gen(function*() {
        const { code, stdout } = yield* run(["completions", shell])
        assert.strictEqual(code, 0)
        for (const word of ["login", "account", "doctor", "claude-desktop"]) assert.include(stdout, word)
      }))
  }
})
