/**
 * Leases between processes: the kernel, and nobody's word, says who has one.
 */
import { NodeServices } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Fiber, Layer } from "effect"
import { Digest } from "effect/crypto"
import { type ChildProcess, fork } from "node:child_process"
import { once } from "node:events"
import { readdirSync, statSync } from "node:fs"
import { fileURLToPath } from "node:url"
import * as DataDirectoryFileSystem from "../../../src/layers/storage/DataDirectoryFileSystem.ts"
import * as LeasesSqlite from "../../../src/layers/storage/LeasesSqlite.ts"
import { Leases } from "../../../src/services/storage/Leases.ts"
import { leasesContract } from "../../support/leasesContract.ts"
import { home } from "../../support/sessionsFile.ts"

const layerAt = (at: string) =>
  LeasesSqlite.layer.pipe(
    Layer.provide([DataDirectoryFileSystem.layerAt(at), Digest.layerWebCrypto]),
    Layer.provide(NodeServices.layer)
  )

leasesContract("LeasesSqlite", Layer.unwrap(Effect.map(home, layerAt)))

const program = fileURLToPath(new URL("../../support/leaseHolder.ts", import.meta.url))

/** Another process that has the lease when this returns; killed at the end of the test, if not before. */
const otherHolder = (at: string, name: string) =>
  Effect.acquireRelease(
    Effect.promise(async () => {
      const child = fork(program, [at, name], { execArgv: [] })
      await once(child, "message")
      return child
    }),
    (child) => Effect.promise(() => killed(child))
  )

const killed = async (child: ChildProcess) => {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = once(child, "exit")
  child.kill("SIGKILL")
  await ended
}

describe("LeasesSqlite between processes", () => {
  it.live("a holder that is killed has lost it, and whoever waits gets it within a fraction of a second", () =>
    Effect.gen(function*() {
      const at = yield* home
      const holder = yield* otherHolder(at, "flow default")
      yield* Effect.gen(function*() {
        const leases = yield* Leases
        assert.isFalse(yield* Effect.scoped(leases.tryHold("flow default")))
        assert.isTrue(yield* Effect.scoped(leases.tryHold("flow work")))
        const waiting = yield* Effect.forkChild(leases.hold("flow default"), { startImmediately: true })
        yield* Effect.promise(() => killed(holder))
        assert.isTrue(readdirSync(`${at}/leases`).every((name) => name.endsWith(".lock")), "nothing is left behind")
        const [took] = yield* Effect.timed(Fiber.join(waiting))
        assert.isBelow(Duration.toMillis(took), 500)
      }).pipe(Effect.scoped, Effect.provide(layerAt(at)))
    }))

  it.live("a holder that is stopped keeps it", () =>
    Effect.gen(function*() {
      const at = yield* home
      const holder = yield* otherHolder(at, "flow default")
      holder.kill("SIGSTOP")
      yield* Effect.gen(function*() {
        const { tryHold } = yield* Leases
        assert.isFalse(yield* Effect.scoped(tryHold("flow default")))
        holder.kill("SIGCONT")
        assert.isFalse(yield* Effect.scoped(tryHold("flow default")))
      }).pipe(Effect.provide(layerAt(at)))
    }))

  it.live("touches nothing before it is needed, keeps its files private, and says nothing in them", () =>
    Effect.gen(function*() {
      const at = yield* home
      yield* Effect.gen(function*() {
        const { hold } = yield* Leases
        assert.throws(() => statSync(at))
        const beside = Effect.sync(() => readdirSync(`${at}/leases`).filter((name) => !name.endsWith(".lock")))
        assert.deepStrictEqual(yield* Effect.scoped(Effect.andThen(hold("flow ada@example.com"), beside)), [])
      }).pipe(Effect.provide(layerAt(at)))
      assert.strictEqual(statSync(`${at}/leases`).mode & 0o777, 0o700)
      const files = readdirSync(`${at}/leases`)
      assert.lengthOf(files, 1)
      const file = statSync(`${at}/leases/${files.join()}`)
      assert.deepStrictEqual([file.mode & 0o777, file.size], [0o600, 0])
      assert.notInclude(files.join(), "ada")
    }))
})
