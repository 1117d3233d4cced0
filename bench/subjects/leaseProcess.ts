/**
 * A process that takes a lease as it is told to, this package's or `proper-lockfile`'s. Run by `leases.ts`.
 *
 * `proper-lockfile` is asked for what this package promises: whoever waits looks every 20 ms, and a holder that died has lost the
 * lock as early as it allows, which is after two seconds.
 */
import { Effect, Exit, Scope } from "effect"
import { performance } from "node:perf_hooks"
import process from "node:process"
import lockfile from "proper-lockfile"
import { Leases } from "../../src/services/storage/Leases.ts"
import type { Ask, Kind, Told } from "./leaseTalk.ts"
import { layerLeases } from "./ourLeases.ts"

const [kind = "", home = ""] = process.argv.slice(2)

const tell = (told: Told) => Effect.sync(() => void process.send?.(told))

const patience = { forever: true, factor: 1, minTimeout: 20, maxTimeout: 20 } as const

/** The lease, until the Scope closes. */
const holds: Readonly<Record<Kind, Effect.Effect<unknown, unknown, Scope.Scope | Leases>>> = {
  "mcp-gas": Leases.use(({ hold }) => hold("bench")),
  "proper-lockfile": Effect.acquireRelease(
    Effect.promise(() => lockfile.lock(home, { stale: 2_000, update: 1_000, retries: patience })),
    (release) => Effect.promise(() => release())
  )
}

const hold = holds[kind === "mcp-gas" ? kind : "proper-lockfile"]

const looped = (millis: number) =>
  Effect.gen(function*() {
    const end = performance.now() + millis
    let times = 0
    while (performance.now() < end) {
      yield* Effect.scoped(hold)
      times++
    }
    return times
  })

const listening = Effect.gen(function*() {
  const context = yield* Effect.context<Leases>()
  const run = Effect.runForkWith(context)
  let scope = yield* Scope.make()
  const does = (ask: Ask) => {
    switch (ask._tag) {
      case "Hold":
        return Effect.andThen(Scope.provide(hold, scope), tell({ _tag: "Held" }))
      case "Release":
        return Effect.gen(function*() {
          yield* Scope.close(scope, Exit.void)
          scope = yield* Scope.make()
          yield* tell({ _tag: "Released" })
        })
      case "Loop":
        return Effect.flatMap(looped(ask.millis), (times) => tell({ _tag: "Looped", times }))
    }
  }
  process.on("message", (ask: Ask) => run(does(ask)))
  yield* tell({ _tag: "Ready" })
  return yield* Effect.never
})

process.on("disconnect", () => process.exit(0))
Effect.runFork(Effect.provide(listening, layerLeases(home)))
