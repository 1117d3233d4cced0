/**
 * The world outside of what is measured, from the side of whoever measures.
 */
import { Context, Effect, Layer, Queue } from "effect"
import { fork } from "node:child_process"
import { fileURLToPath } from "node:url"
import { Outside } from "./outside.ts"
import type { Counts } from "./provider.ts"

/** What the world is asked to do. */
export type Ask =
  | { readonly _tag: "Visit"; readonly url: string }
  | { readonly _tag: "Behave"; readonly expiresIn: number; readonly hangs?: string }
  | { readonly _tag: "Count" }

/** What it says. */
export type Told =
  | { readonly _tag: "Ready"; readonly origin: string }
  | { readonly _tag: "Counts"; readonly counts: Counts }

export class World extends Context.Service<World, {
  /** Has the provider say from now on that tokens last so long, and never answer this refresh token. */
  readonly behave: (expiresIn: number, hangs?: string) => Effect.Effect<void>
  /** What the provider was asked so far. */
  readonly counts: Effect.Effect<Counts>
}>()("mcp-gas/bench/world/World") {}

const program = fileURLToPath(new URL("./worldProcess.ts", import.meta.url))

/** Provides both sides of the world: starts its process, and ends it with the Scope. */
export const layer: Layer.Layer<World | Outside> = Layer.effectContext(
  Effect.gen(function*() {
    const told = yield* Queue.unbounded<Told>()
    const child = yield* Effect.acquireRelease(
      Effect.sync(() => fork(program, { execArgv: [], stdio: "inherit" })),
      (started) => Effect.sync(() => started.kill("SIGKILL"))
    )
    child.on("message", (message: Told) => Queue.offerUnsafe(told, message))
    const ask = (it: Ask) => void child.send(it)
    const ready = yield* Queue.take(told)
    if (ready._tag !== "Ready") return yield* Effect.die("the world speaks before it is ready")
    const asked = (it: Ask) =>
      Effect.flatMap(
        Effect.andThen(Effect.sync(() => ask(it)), Queue.take(told)),
        (answer) => answer._tag === "Counts" ? Effect.succeed(answer.counts) : Effect.die("the world is ready twice")
      )
    const outside = Outside.of({ origin: ready.origin, visit: (url) => ask({ _tag: "Visit", url }) })
    const world = World.of({
      behave: (expiresIn, hangs) =>
        Effect.asVoid(asked({ _tag: "Behave", expiresIn, ...(hangs === undefined ? {} : { hangs }) })),
      counts: asked({ _tag: "Count" })
    })
    return Context.add(Outside.context(outside), World, world)
  })
)
