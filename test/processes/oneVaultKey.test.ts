/**
 * Copies of the server that need the first key at the same moment.
 */
import { NodeServices } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Effect, FileSystem, Queue, Stream } from "effect"
import { ChildProcess } from "effect/process"
import process from "node:process"
import { fileURLToPath } from "node:url"
import { temporary } from "../support/vaultKeys.ts"

const program = fileURLToPath(new URL("../support/vaultKeyProcess.ts", import.meta.url))
const utf8 = new TextEncoder()

/** A process that answers each line with a line; ready when this returns. */
const start = Effect.gen(function*() {
  const lines = yield* Queue.unbounded<string>()
  const answers = yield* Queue.unbounded<string>()
  const child = yield* ChildProcess.make(process.execPath, [program], {
    stdin: Stream.fromQueue(lines).pipe(Stream.map((line) => utf8.encode(`${line}\n`))),
    stderr: "inherit"
  })
  yield* child.stdout.pipe(
    Stream.decodeText(),
    Stream.splitLines,
    Stream.runForEach((line) => Queue.offer(answers, line)),
    Effect.ensuring(Queue.offer(answers, "gone")),
    Effect.forkScoped
  )
  assert.strictEqual(yield* Queue.take(answers), "ready")
  return {
    tell: (line: string) => Queue.offer(lines, line),
    answer: Queue.take(answers)
  }
})

describe("One vault key", () => {
  it.live("8 processes that need the first key at once get the same one, 50 times over", () =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const parent = yield* temporary
      const children = yield* Effect.replicateEffect(start, 8, { concurrency: "unbounded" })
      const seen = new Set<string>()
      for (let round = 0; round < 50; round++) {
        const home = `${parent}/${round}`
        yield* fs.makeDirectory(home)
        yield* Effect.forEach(children, (child) => child.tell(home))
        const keys = yield* Effect.forEach(children, (child) => child.answer)
        const [key = ""] = keys
        assert.match(key, /^[\w-]{43}$/u)
        assert.deepStrictEqual(keys, keys.map(() => key))
        assert.deepStrictEqual(yield* fs.readDirectory(home), ["vault.key"])
        assert.strictEqual(yield* fs.readFileString(`${home}/vault.key`), `${key}\n`)
        seen.add(key)
      }
      assert.strictEqual(seen.size, 50)
    }).pipe(Effect.scoped, Effect.provide(NodeServices.layer)), 60_000)
})
