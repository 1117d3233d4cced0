/**
 * Mutual exclusion per key, within this process.
 */
import { Context, type Effect } from "effect"

/**
 * Lets one at a time through, for each key by itself.
 *
 * @example
 * ```ts
 * import { Console, Effect } from "effect"
 * import { KeyedLock, KeyedLockMemory } from "mcp-gas"
 *
 * const program = Effect.gen(function*() {
 *   const { withLock } = yield* KeyedLock
 *   const visit = (name: string) =>
 *     Console.log(`${name} comes`).pipe(
 *       Effect.andThen(Effect.yieldNow),
 *       Effect.andThen(Console.log(`${name} goes`)),
 *       withLock("kitchen")
 *     )
 *   yield* Effect.all([visit("Ada"), visit("Grace")], { concurrency: "unbounded" })
 *   // → Ada comes
 *   // → Ada goes
 *   // → Grace comes
 *   // → Grace goes
 * })
 *
 * await Effect.runPromise(Effect.provide(program, KeyedLockMemory.layer))
 * ```
 */
export class KeyedLock extends Context.Service<KeyedLock, {
  /**
   * Runs `effect` while no other effect of the same key runs. Different keys never wait for each other. Callers get in
   * one by one in the order they came; waiting is interruptible. Not re-entrant: taking a key inside itself deadlocks.
   */
  readonly withLock: (key: string) => <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
  /** The keys that are held or waited for right now; nothing is kept for any other key. */
  readonly keys: Effect.Effect<ReadonlyArray<string>>
}>()("mcp-gas/services/sign-in/KeyedLock") {}
