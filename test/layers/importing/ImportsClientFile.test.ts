import { assert, describe, it } from "@effect/vitest"
import { Effect, FileSystem } from "effect"
import { TestClock } from "effect/testing"
import { execFileSync } from "node:child_process"
import { chmodSync, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { Imports } from "../../../src/services/importing/Imports.ts"
import * as World from "../../support/importWorld.ts"

/** The file as it is downloaded, down to the byte order mark and white space that some editors leave. */
const fileOf = (client_id: string) =>
  `\uFEFF${JSON.stringify({ installed: { client_id, client_secret: "hush", project_id: "p" } }, undefined, 1)}\n`

const inWorld = (options?: World.Options) => <A, E>(test: (home: string) => Effect.Effect<A, E, World.World>) =>
  Effect.flatMap(World.home, (home) => Effect.provide(test(home), World.layerAt(home, options))).pipe(
    Effect.provide(World.layerGoogle)
  )

const contentOf = (home: string, name = "client.json") => readFileSync(join(home, name), "utf8")

describe("Imports: a client file", () => {
  it.effect("is copied byte for byte to where the configuration looks for it, for this user alone", () =>
    inWorld({ env: {} })((home) =>
      Effect.gen(function*() {
        assert.deepStrictEqual(yield* World.importing(fileOf("mine")), {
          _tag: "Client",
          clientId: "mine",
          path: join(home, "client.json"),
          backup: undefined,
          isInUse: true
        })
        assert.strictEqual(contentOf(home), fileOf("mine"))
        assert.deepStrictEqual(World.filesIn(home), { "client.json": "600" })
        assert.strictEqual(contentOf(home, "../file.json"), fileOf("mine"))
      })
    ))

  it.effect("is told of where the environment names another client, which comes first", () =>
    inWorld()(() =>
      Effect.gen(function*() {
        assert.deepInclude(yield* World.importing(fileOf("mine")), { clientId: "mine", isInUse: false })
      })
    ))

  it.effect("that is there already is left as it is, also when it is imported from its own place", () =>
    inWorld({ env: {} })((home) =>
      Effect.gen(function*() {
        yield* World.importing(fileOf("mine"))
        const fs = yield* FileSystem.FileSystem
        const { ino } = yield* fs.stat(join(home, "client.json"))
        for (const name of ["again.json", "gas/client.json"]) {
          assert.deepInclude(yield* World.importing(fileOf("mine"), { replace: true }, name), { backup: undefined })
        }
        assert.deepStrictEqual(World.filesIn(home), { "client.json": "600" })
        assert.deepStrictEqual(
          yield* World.importing(fileOf("mine"), {}, "third.json").pipe(
            Effect.andThen(fs.stat(join(home, "client.json"))),
            Effect.map((info) => info.ino)
          ),
          ino
        )
      })
    ))

  it.effect("does not take the place of another one, unless it is asked to; the other one is kept then", () =>
    inWorld({ env: {} })((home) =>
      Effect.gen(function*() {
        yield* World.importing(fileOf("old"))
        const error = yield* Effect.flip(World.importing(fileOf("new")))
        assert.strictEqual(error._tag, "ImportRefused")
        assert.include(error.remedy, "--replace")
        assert.strictEqual(contentOf(home), fileOf("old"))
        yield* TestClock.adjust("1 second")
        const backup = join(home, "client.json.replaced-1970-01-01T00-00-01.000Z")
        assert.deepInclude(yield* World.importing(fileOf("new"), { replace: true }), { clientId: "new", backup })
        assert.strictEqual(contentOf(home), fileOf("new"))
        assert.strictEqual(readFileSync(backup, "utf8"), fileOf("old"))
        assert.deepStrictEqual(Object.values(World.filesIn(home)), ["600", "600"])
      })
    ))

  it.effect("of two that come at once, one is there and the other is refused", () =>
    inWorld({ env: {} })((home) =>
      Effect.gen(function*() {
        const names = ["a", "b", "c", "d"]
        const exits = yield* Effect.forEach(
          names,
          (name) => Effect.result(World.importing(fileOf(name), {}, `${name}.json`)),
          { concurrency: "unbounded" }
        )
        const [winner, ...others] = exits.flatMap((exit) =>
          exit._tag === "Success" && exit.success._tag === "Client" ? [exit.success.clientId] : []
        )
        assert.deepStrictEqual(others, [])
        assert.strictEqual(contentOf(home), fileOf(winner ?? ""))
        assert.deepStrictEqual(World.filesIn(home), { "client.json": "600" })
      })
    ))

  it.effect("narrows the rights on one that others could read, and takes no link for one", () =>
    inWorld({ env: {} })((home) =>
      Effect.gen(function*() {
        mkdirSync(home, { mode: 0o700 })
        writeFileSync(join(home, "client.json"), fileOf("old"))
        chmodSync(join(home, "client.json"), 0o644)
        yield* World.importing(fileOf("new"), { replace: true })
        assert.deepStrictEqual(Object.values(World.filesIn(home)), ["600", "600"])
        execFileSync("rm", [join(home, "client.json")])
        symlinkSync("/nowhere", join(home, "client.json"))
        const error = yield* Effect.flip(World.importing(fileOf("new"), { replace: true }))
        assert.strictEqual(error._tag, "StoreUnavailable")
        assert.include(error.message, "a link")
      })
    ))
})

/** The system's own view of this process, where there is one: a regular file of no size with something in it. */
const untold = "/proc/self/status"

const refusal = (file: string) =>
  Imports.use(({ importFile }) => Effect.flip(importFile(file, { key: World.work }))).pipe(
    Effect.map(({ _tag, message }) => ({ _tag, message }))
  )

describe("Imports: a path", () => {
  it.effect("that leads to no file, to a directory, to a pipe, or to more than a mebibyte is refused as such", () =>
    inWorld({ env: {} })((home) =>
      Effect.gen(function*() {
        const beside = join(home, "..")
        execFileSync("mkfifo", [join(beside, "pipe")])
        writeFileSync(join(beside, "large"), `${fileOf("mine")}${" ".repeat(1024 * 1024)}`)
        const found = [
          ["nothing", "There is no file"],
          ["", "is a directory"],
          ["pipe", "not a regular file"],
          ["large", "larger than 1 MiB"]
        ] as const
        for (const [name, problem] of found) {
          const { _tag, message } = yield* refusal(join(beside, name))
          assert.strictEqual(_tag, "ImportRefused")
          assert.include(message, problem)
        }
        assert.deepStrictEqual(World.filesIn(home), {})
      })
    ))

  it.effect.skipIf(!existsSync(untold))(
    "to a file that does not tell its size is read all the same",
    () =>
      inWorld({ env: {} })(() =>
        Effect.gen(function*() {
          assert.include((yield* refusal(untold)).message, "not JSON")
        })
      )
  )
})
