/**
 * Starting does nothing but answer: hosts start copies of a server just to look at it, and kill them.
 */
import { assert, describe, it } from "@effect/vitest"
import { Array, Duration, Effect, FileSystem, Order } from "effect"
import process from "node:process"
import { layer, start } from "../support/signInProcess.ts"
import { tcpSocketsOf } from "../support/tcpSockets.ts"

describe("a server that is only looked at", () => {
  it.live("answers initialize within 400 ms, in the middle of eleven starts", () =>
    Effect.gen(function*() {
      const millis = yield* Effect.forEach(
        Array.range(1, 11),
        () => Effect.scoped(Effect.map(start(), ({ initializeMillis }) => initializeMillis))
      )
      const median = millis.toSorted(Order.Number)[5] ?? Number.NaN
      assert.isBelow(median, 400, `all starts: ${millis.join(", ")} ms`)
    }).pipe(Effect.provide(layer)))

  it.live("may neither write a file nor start a process, and works", () =>
    Effect.gen(function*() {
      // Node's permission model refuses both; a server that tried would fail.
      const server = yield* start({}, ["--permission", "--allow-fs-read=*"])
      assert.deepStrictEqual((yield* server.tools).map(({ name }) => name), ["gas_auth", "gas_accounts"])
      yield* server.endInput
      assert.strictEqual((yield* server.ended).code, 0)
      assert.strictEqual(yield* server.stderr, "")
    }).pipe(Effect.provide(layer)))

  it.live("lists its tools in less than 4,000 tokens of four characters", () =>
    Effect.gen(function*() {
      const server = yield* start()
      assert.isBelow(JSON.stringify(yield* server.tools).length / 4, 4_000)
    }).pipe(Effect.provide(layer)))

  it.live("leaves its home untouched", () =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const parent = yield* fs.makeTempDirectoryScoped()
      const server = yield* start({ HOME: parent, MCP_GAS_HOME: `${parent}/home` })
      yield* server.tools
      assert.deepStrictEqual(yield* fs.readDirectory(parent), [])
    }).pipe(Effect.provide(layer)))

  it.live.skipIf(process.platform !== "linux")(
    "opens no socket (told from /proc, so on Linux only)",
    () =>
      Effect.gen(function*() {
        const server = yield* start()
        yield* server.tools
        assert.deepStrictEqual(tcpSocketsOf(server.pid), [])
      }).pipe(Effect.provide(layer))
  )

  it.live("is gone within 100 ms of its stdin ending, in the middle of five", () =>
    Effect.gen(function*() {
      const millis = yield* Effect.forEach(Array.range(1, 5), () =>
        Effect.scoped(Effect.gen(function*() {
          const server = yield* start()
          const [took] = yield* Effect.timed(Effect.andThen(server.endInput, server.ended))
          return took
        })))
      const median = millis.map(Duration.toMillis).toSorted(Order.Number)[2] ?? Number.NaN
      assert.isBelow(median, 100)
    }).pipe(Effect.provide(layer)))
})
