/**
 * A process with a store in a file, and nothing else: does what the lines on stdin say, and answers each with a line of
 * JSON. Ends when stdin does.
 */
import { Cause, Data, Effect, Exit, Layer, Logger, ManagedRuntime } from "effect"
import { rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { argv, stdin, stdout } from "node:process"
import { createInterface } from "node:readline"
import { type GenerationPassed, SessionStore, type StoreUnavailable } from "../../src/services/storage/SessionStore.ts"
import { ada, signIn, tokensOf } from "./sessionData.ts"
import { layerAt } from "./sessionsFile.ts"

/** There is room for nothing more. */
class FileFull extends Data.TaggedError("FileFull")<{ readonly cause: unknown }> {}

const home = argv[2] ?? ""
const filler = join(home, "filler")

const commands: Readonly<
  Record<string, Effect.Effect<unknown, GenerationPassed | StoreUnavailable | FileFull, SessionStore>>
> = {
  read: Effect.gen(function*() {
    const store = yield* SessionStore
    const slot = yield* store.read(ada)
    return { generation: slot.generation, state: slot.state._tag, ...tokensOf(slot) }
  }),
  write: Effect.gen(function*() {
    const store = yield* SessionStore
    const { generation } = yield* store.read(ada)
    return { generation: (yield* store.write(ada, generation, signIn())).generation }
  }),
  /** Takes all the room there is; fails with the file system's reason, which is what it is for. */
  fill: Effect.try({
    try: () => {
      for (const size of [4096, 512, 64, 1]) {
        try {
          while (true) writeFileSync(filler, "x".repeat(size), { flag: "a" })
        } catch (cause) {
          if (size === 1) throw cause
        }
      }
    },
    catch: (cause) => new FileFull({ cause })
  }),
  free: Effect.sync(() => rmSync(filler))
}

const runtime = ManagedRuntime.make(
  Layer.provideMerge(layerAt(home), Logger.layer([Logger.withConsoleError(Logger.formatLogFmt)]))
)

for await (const line of createInterface({ input: stdin })) {
  const exit = await runtime.runPromiseExit(commands[line] ?? Effect.die(`no such command: ${line}`))
  const answer = Exit.isSuccess(exit)
    ? { done: exit.value }
    : { failed: { message: Cause.pretty(exit.cause), ...(Cause.squash(exit.cause) as object) } }
  stdout.write(`${JSON.stringify(answer)}\n`)
}
await runtime.dispose()
