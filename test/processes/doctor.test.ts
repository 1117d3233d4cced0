/**
 * The doctor beside real windows: it sees whose sign-in is under way and how that process is, and disturbs nobody.
 */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Queue } from "effect"
import process from "node:process"
import { report } from "../../src/programs/doctor.ts"
import { LocalGoogle } from "../../src/services/local-google/LocalGoogle.ts"
import { everythingIn, layerEnv, levelsOf, texts } from "../support/doctor.ts"
import { consent, furnish, layer, makeHome } from "../support/windowHome.ts"
import { single } from "../support/windows.ts"

describe("the doctor beside windows", () => {
  it.live("a sign-in of a window that runs, that is stopped, that has died", () =>
    Effect.gen(function*() {
      const google = yield* LocalGoogle
      const at = yield* makeHome
      const { open, tabs } = yield* furnish()
      const window = yield* open()
      yield* window.ask(at, { _tag: "Start" })
      const url = yield* Queue.take(tabs)
      const env = { MCP_GAS_HOME: at, MCP_GAS_ISSUER: google.issuer, MCP_GAS_CLIENT_ID: google.clientId }
      const examine = Effect.map(Effect.provide(report, layerEnv(env)), ({ findings }) => ({
        findings,
        text: texts(findings).join("\n")
      }))
      const until = (word: string) => Effect.repeat(examine, { until: ({ text }) => text.includes(word) })

      const running = yield* examine
      assert.deepStrictEqual(levelsOf(running.findings, "pending"), ["ok"])
      assert.include(running.text, `that process ${window.pid} began at`)
      if (process.platform === "linux") {
        assert.include(running.text, `Leases are held: that of the sign-in of "default" by process ${window.pid}.`)
      }
      assert.notInclude(running.text, new URL(url).searchParams.get("state") ?? "no state")

      yield* window.signal("SIGSTOP")
      yield* until("that process is stopped")
      // Now that nobody else writes: a window that runs looks at the store again and again, which leaves marks.
      const before = everythingIn(at)
      const stopped = yield* examine
      assert.deepStrictEqual(everythingIn(at), before)
      assert.deepStrictEqual(levelsOf(stopped.findings, "pending"), ["warning"])
      if (process.platform === "linux") assert.deepStrictEqual(levelsOf(stopped.findings, "leases"), ["warning"])

      // Looked at any number of times, the sign-in goes on and ends as it would have.
      yield* window.signal("SIGCONT")
      yield* consent(url)
      assert.strictEqual(single(yield* window.ask(at, { _tag: "SignIn", callers: 1 }))._tag, "Session")
      const done = yield* examine
      assert.deepStrictEqual(levelsOf(done.findings, "pending"), ["ok"])
      assert.include(done.text, "No sign-in is under way.")
      assert.include(done.text, "is renewed when needed")

      yield* window.ask(at, { _tag: "LogOut" })
      yield* window.ask(at, { _tag: "Start" })
      yield* window.signal("SIGKILL")
      const dead = yield* until("which has died")
      assert.deepStrictEqual(levelsOf(dead.findings, "pending"), ["warning"])
      if (process.platform === "linux") assert.include(dead.text, "No process holds a lease.")
    }).pipe(Effect.scoped, Effect.provide(layer)), 60_000)
})
