/**
 * What is said of sign-ins under way and of leases, by how the processes are that have them: faked ones, and real ones that
 * run, are stopped, and have died.
 */
import { NodeServices } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { DateTime, Effect, Layer, Option } from "effect"
import { Digest } from "effect/crypto"
import { TestClock } from "effect/testing"
import { type ChildProcess, fork } from "node:child_process"
import { once } from "node:events"
import process from "node:process"
import { fileURLToPath } from "node:url"
import * as LeasesCheck from "../../../src/layers/doctor/LeasesCheck.ts"
import * as LeasesSeenProc from "../../../src/layers/doctor/LeasesSeenProc.ts"
import * as PendingCheck from "../../../src/layers/doctor/PendingCheck.ts"
import * as ProcessStatesSystem from "../../../src/layers/doctor/ProcessStatesSystem.ts"
import * as DataDirectoryFileSystem from "../../../src/layers/storage/DataDirectoryFileSystem.ts"
import { type LeaseHeld, LeasesSeen } from "../../../src/services/doctor/LeasesSeen.ts"
import type { ProcessState } from "../../../src/services/doctor/ProcessStates.ts"
import type { FlowSeen } from "../../../src/services/doctor/StoreSeen.ts"
import { defaultAccountKey } from "../../../src/services/sign-in/AccountKey.ts"
import {
  everythingIn,
  flowSeen,
  layerNoStore,
  layerProcesses,
  layerStore,
  only,
  run,
  signedIn,
  textOf,
  texts
} from "../../support/doctor.ts"
import { skip } from "../../support/privateFiles.ts"
import { ada, grace, unavailable } from "../../support/sessionData.ts"
import { home } from "../../support/sessionsFile.ts"

const pending = (state: ProcessState, ...flows: ReadonlyArray<FlowSeen>) =>
  run(PendingCheck.make).pipe(Effect.provide([layerStore({ pending: flows }), layerProcesses(state)]))

const program = fileURLToPath(new URL("../../support/leaseHolder.ts", import.meta.url))

const end = async (child: ChildProcess) => {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = once(child, "exit")
  child.kill("SIGKILL")
  await ended
}

/** Another process that has this lease. */
const holder = (at: string, name: string) =>
  Effect.acquireRelease(
    Effect.promise(async () => {
      const child = fork(program, [at, name], { execArgv: [] })
      await once(child, "message")
      return { pid: child.pid ?? 0, end: Effect.promise(() => end(child)) }
    }),
    (child) => child.end
  )

const layerReal = Layer.provide(ProcessStatesSystem.layer, NodeServices.layer)

describe("PendingCheck", () => {
  it.effect("nothing under way is in order", () =>
    Effect.gen(function*() {
      assert.strictEqual(textOf(only(yield* pending("running"))), "No sign-in is under way.")
    }))

  it.effect("by how its process is: who, since when, until when, and what to do", () =>
    Effect.gen(function*() {
      const running = only(yield* pending("running", flowSeen()))
      assert.deepStrictEqual(running, {
        area: "pending",
        level: "ok",
        found:
          "The sign-in of \"default\" that process 4711 began at 1970-01-01T00:00:00Z waits for its person until " +
          "1970-01-01T00:05:00Z."
      })
      assert.include(textOf(only(yield* pending("running", flowSeen({ answered: true })))), "being finished")
      const stopped = only(yield* pending("stopped", flowSeen()))
      assert.strictEqual(stopped.level, "warning")
      assert.include(textOf(stopped), "kill -CONT 4711")
      assert.include(textOf(stopped), "1970-01-01T00:05:00Z")
      const gone = only(yield* pending("gone", flowSeen()))
      assert.strictEqual(gone.level, "warning")
      assert.include(textOf(gone), "has died")
    }))

  it.effect("one that should have ended is a warning, once an exchange would be over", () =>
    Effect.gen(function*() {
      yield* TestClock.setTime(329_000)
      assert.strictEqual(only(yield* pending("running", flowSeen())).level, "ok")
      yield* TestClock.setTime(331_000)
      const overdue = only(yield* pending("running", flowSeen()))
      assert.strictEqual(overdue.level, "warning")
      assert.include(textOf(overdue), "should have ended at 1970-01-01T00:05:00Z")
    }))

  it.effect("a store that cannot be looked at is somebody else's finding", () =>
    Effect.gen(function*() {
      const findings = yield* run(PendingCheck.make).pipe(
        Effect.provide([layerNoStore(unavailable), layerProcesses("running")])
      )
      assert.strictEqual(only(findings).level, "warning")
      assert.include(textOf(only(findings)), "See what is said of store")
    }))

  it.live("real processes: this one runs, a stopped one is told from it, a killed one is gone", (context) =>
    Effect.gen(function*() {
      if (process.platform === "win32") return yield* skip(context, "nothing is stopped there")
      const expiresAt = DateTime.makeUnsafe("2100-01-01T00:00:00Z")
      const of = (pid: number) =>
        run(PendingCheck.make).pipe(
          Effect.map((findings) => textOf(only(findings))),
          Effect.provide([layerStore({ pending: [flowSeen({ pid, expiresAt })] }), layerReal])
        )
      const child = yield* holder(yield* home, "any")
      assert.include(yield* of(process.pid), "waits for its person")
      assert.include(yield* of(child.pid), "waits for its person")
      process.kill(child.pid, "SIGSTOP")
      // The signal is delivered by the time a process has got around to it.
      yield* Effect.repeat(of(child.pid), { until: (text) => text.includes("is stopped") })
      yield* child.end
      assert.include(yield* of(child.pid), "has died")
      assert.include(yield* of(0), "has died")
    }))
})

describe("LeasesCheck", () => {
  const stored = {
    slots: [signedIn()],
    leases: [{ key: defaultAccountKey, lease: "flow default openid" }, { key: grace, lease: "flow grace openid" }]
  }

  const leases = (held: Option.Option<ReadonlyArray<LeaseHeld>>, state: ProcessState = "running") =>
    run(LeasesCheck.make).pipe(
      Effect.provide([
        layerStore(stored),
        layerProcesses(state),
        Layer.succeed(LeasesSeen, { held: () => Effect.succeed(held) })
      ])
    )

  const renewal = { name: Option.some(`refresh ${ada}`), pid: Option.some(12) }

  it.effect("none, or none that can be seen, is in order", () =>
    Effect.gen(function*() {
      assert.strictEqual(textOf(only(yield* leases(Option.some([])))), "No process holds a lease.")
      const unseen = only(yield* leases(Option.none()))
      assert.strictEqual(unseen.level, "ok")
      assert.include(textOf(unseen), "cannot be seen on this system without taking them")
    }))

  it.effect("those that are held are told by what they are for and who has them", () =>
    Effect.gen(function*() {
      const held = [
        renewal,
        { name: Option.some("flow default openid instead"), pid: Option.none() },
        { name: Option.none(), pid: Option.some(14) }
      ]
      assert.deepStrictEqual(texts(yield* leases(Option.some(held))), [
        "Leases are held: that of the renewal of \"ada@example.com\" by process 12, that of the sign-in of \"default\" by a " +
        "process out of sight and that of something that is being imported, or is just beginning, by process 14."
      ])
    }))

  it.effect("one that a stopped process holds is a warning", () =>
    Effect.gen(function*() {
      const finding = only(yield* leases(Option.some([renewal]), "stopped"))
      assert.strictEqual(finding.level, "warning")
      assert.include(textOf(finding), "the renewal of \"ada@example.com\" by process 12")
      assert.include(textOf(finding), "kill -CONT")
    }))

  it.live("real leases are seen while they are held, by name and process, and are not touched", (context) =>
    Effect.gen(function*() {
      if (process.platform !== "linux") return yield* skip(context, "only Linux tells who has a lock")
      const at = yield* home
      const layerLeases = LeasesSeenProc.layer.pipe(
        Layer.provide([DataDirectoryFileSystem.layerAt(at), Digest.layerWebCrypto]),
        Layer.provide(NodeServices.layer)
      )
      const check = run(LeasesCheck.make).pipe(
        Effect.map((findings) => textOf(only(findings))),
        Effect.provide([layerStore(stored), layerReal, layerLeases])
      )
      assert.strictEqual(yield* check, "No process holds a lease.")
      const one = yield* holder(at, "flow grace openid")
      const other = yield* holder(at, "nobody knows this name")
      const before = everythingIn(at)
      const text = yield* check
      assert.include(text, `that of the sign-in of "grace@example.com" by process ${one.pid}`)
      assert.include(text, `that of something that is being imported, or is just beginning, by process ${other.pid}`)
      assert.deepStrictEqual(everythingIn(at), before)
      yield* Effect.all([one.end, other.end])
      assert.strictEqual(yield* check, "No process holds a lease.")
    }))
})
