import { assert, describe, it } from "@effect/vitest"
import { Effect, Option } from "effect"
import { execFileSync } from "node:child_process"
import {
  chmodSync,
  chownSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync
} from "node:fs"
import { umask } from "node:process"
import * as PrivateFile from "../../../src/layers/storage/PrivateFile.ts"
import { isRoot, recordedLog, skip, somebodyElse } from "../../support/privateFiles.ts"
import { home, namesIn } from "../../support/sessionsFile.ts"

const directory = Effect.tap(home, (at) => Effect.sync(() => mkdirSync(at, { mode: 0o700 })))

const modeOf = (path: string) => lstatSync(path).mode & 0o777

describe("PrivateFile", () => {
  it.effect("nothing is found where nothing is, nor below what is not there", () =>
    Effect.gen(function*() {
      const at = yield* directory
      assert.isTrue(Option.isNone(yield* PrivateFile.inspect(`${at}/file`)))
      assert.isTrue(Option.isNone(yield* PrivateFile.inspect(`${at}/no/file`)))
      writeFileSync(`${at}/text`, "")
      assert.isTrue(Option.isNone(yield* PrivateFile.inspect(`${at}/text/file`)))
      assert.deepStrictEqual(namesIn(at), ["text"])
    }))

  it.effect("a file is made private from its birth, whatever the umask, and never in the place of another", () =>
    Effect.gen(function*() {
      const at = yield* directory
      const before = umask(0)
      assert.isTrue(yield* Effect.ensuring(PrivateFile.create(`${at}/file`), Effect.sync(() => umask(before))))
      assert.strictEqual(modeOf(`${at}/file`), 0o600)
      writeFileSync(`${at}/file`, "mine")
      assert.isFalse(yield* PrivateFile.create(`${at}/file`))
      assert.strictEqual(readFileSync(`${at}/file`, "utf8"), "mine")
      symlinkSync(`${at}/elsewhere`, `${at}/link`)
      assert.isFalse(yield* PrivateFile.create(`${at}/link`))
      assert.deepStrictEqual(namesIn(at), ["file", "link"])
    }))

  it.effect("a file that cannot be made is reported with the path", () =>
    Effect.gen(function*() {
      const at = yield* directory
      const error = yield* Effect.flip(PrivateFile.create(`${at}/no/file`))
      assert.include(error.message, `${at}/no/file cannot be made`)
      assert.include(error.remedy, "another data directory")
    }))

  it.effect("the same file is told by any of its names, and another that takes the name is told apart", () =>
    Effect.gen(function*() {
      const at = yield* directory
      yield* PrivateFile.create(`${at}/one`)
      yield* PrivateFile.create(`${at}/two`)
      linkSync(`${at}/one`, `${at}/also one`)
      const found = yield* Effect.forEach(["one", "also one", "two"], (name) => PrivateFile.inspect(`${at}/${name}`))
      const [one, also, two] = found.map(Option.getOrUndefined)
      if (one === undefined || also === undefined || two === undefined) return assert.fail("not found")
      assert.isTrue(PrivateFile.isSame(one, also))
      assert.isFalse(PrivateFile.isSame(one, two))
    }))

  for (const wide of [0o644, 0o660, 0o604, 0o777]) {
    it.effect(`mode ${wide.toString(8)} becomes 600, its content stays, and one warning tells`, () =>
      Effect.gen(function*() {
        const at = yield* directory
        writeFileSync(`${at}/file`, "mine")
        chmodSync(`${at}/file`, wide)
        const { lines, logged } = yield* recordedLog
        const look = logged(PrivateFile.inspect(`${at}/file`))
        assert.strictEqual(Option.getOrThrow(yield* look).size, 4n)
        yield* look
        assert.strictEqual(modeOf(`${at}/file`), 0o600)
        assert.strictEqual(readFileSync(`${at}/file`, "utf8"), "mine")
        assert.deepStrictEqual(lines, [
          `Warn: Other users had access to ${at}/file (mode ${wide.toString(8)}); it is mode 600 now.`
        ])
      }))
  }

  for (const narrow of [0o600, 0o400, 0o700]) {
    it.effect(`mode ${narrow.toString(8)} lets nobody else in and is kept`, () =>
      Effect.gen(function*() {
        const at = yield* directory
        yield* PrivateFile.create(`${at}/file`)
        chmodSync(`${at}/file`, narrow)
        const { lines, logged } = yield* recordedLog
        yield* logged(PrivateFile.inspect(`${at}/file`))
        assert.strictEqual(modeOf(`${at}/file`), narrow)
        assert.deepStrictEqual(lines, [])
      }))
  }

  const impostors: Readonly<Record<string, (path: string) => void>> = {
    "a link": (path) => {
      writeFileSync(`${path}.target`, "theirs", { mode: 0o644 })
      symlinkSync(`${path}.target`, path)
    },
    "a directory": (path) => mkdirSync(path, { mode: 0o755 }),
    "no regular file": (path) => execFileSync("mkfifo", ["-m", "644", path])
  }
  for (const [kind, put] of Object.entries(impostors)) {
    it.effect(`${kind} is refused, and stays as it is`, () =>
      Effect.gen(function*() {
        const at = yield* directory
        put(`${at}/file`)
        const modes = () => namesIn(at).map((name) => [name, lstatSync(`${at}/${name}`).mode])
        const before = modes()
        const error = yield* Effect.flip(PrivateFile.inspect(`${at}/file`))
        assert.strictEqual(error.code, "store_unavailable")
        assert.include(error.message, `${at}/file is ${kind}, where`)
        assert.include(error.remedy, "Move it away")
        assert.deepStrictEqual(modes(), before)
      }))
  }

  it.effect("a file of somebody else is refused, and stays as it is", (context) =>
    Effect.gen(function*() {
      if (!isRoot) return yield* skip(context, "only root can give a file to another user")
      const at = yield* directory
      writeFileSync(`${at}/file`, "theirs")
      chmodSync(`${at}/file`, 0o666)
      chownSync(`${at}/file`, somebodyElse, somebodyElse)
      const error = yield* Effect.flip(PrivateFile.inspect(`${at}/file`))
      assert.include(error.message, `${at}/file belongs to another user (${somebodyElse})`)
      assert.strictEqual(modeOf(`${at}/file`), 0o666)
      assert.strictEqual(statSync(`${at}/file`).uid, somebodyElse)
    }))
})
