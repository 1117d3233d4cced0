/**
 * Named places in fakes that a test can count visits of, wait for, hold up, or make fail.
 */
import { Context, Deferred, Effect, Layer } from "effect"

/** A checkpoint that lets nobody through until it is opened. */
export interface Gate {
  /** Returns as soon as somebody waits at the gate. */
  readonly reached: Effect.Effect<void>
  readonly open: Effect.Effect<void>
}

export class Checkpoints extends Context.Service<Checkpoints, {
  /** Called by fakes: counts the visit, then does whatever the test has put there. */
  readonly pass: (name: string) => Effect.Effect<void>
  /** How many visits there were. */
  readonly visits: (name: string) => number
  /** Puts an obstacle in the way of later visits: `Effect.never`, `Effect.die("bug")`. */
  readonly put: (name: string, obstacle: Effect.Effect<void>) => Effect.Effect<void>
  /** Holds later visits up. */
  readonly gate: (name: string) => Effect.Effect<Gate>
}>()("mcp-gas/test/support/checkpoints") {
  static readonly layer: Layer.Layer<Checkpoints> = Layer.sync(Checkpoints, () => {
    const counts = new Map<string, number>()
    const obstacles = new Map<string, Effect.Effect<void>>()
    const put = (name: string, obstacle: Effect.Effect<void>) => Effect.sync(() => void obstacles.set(name, obstacle))
    const visits = (name: string) => counts.get(name) ?? 0
    return Checkpoints.of({
      visits,
      put,
      pass: (name) =>
        Effect.suspend(() => {
          counts.set(name, visits(name) + 1)
          return obstacles.get(name) ?? Effect.void
        }),
      gate: Effect.fnUntraced(function*(name: string) {
        const reached = yield* Deferred.make<void>()
        const opened = yield* Deferred.make<void>()
        yield* put(name, Effect.andThen(Deferred.succeed(reached, undefined), Deferred.await(opened)))
        return {
          reached: Deferred.await(reached),
          open: Effect.andThen(put(name, Effect.void), Effect.asVoid(Deferred.succeed(opened, undefined)))
        }
      })
    })
  })
}

/** `visits` of the checkpoints at hand. */
export const visits = (name: string) => Checkpoints.use((all) => Effect.sync(() => all.visits(name)))

export const gate = (name: string) => Checkpoints.use((all) => all.gate(name))

export const put = (name: string, obstacle: Effect.Effect<void>) => Checkpoints.use((all) => all.put(name, obstacle))
