import { NodeFileSystem } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, FileSystem, Layer, Option, PlatformError, Redacted, Ref } from "effect"
import { TestClock } from "effect/testing"
import * as VaultKeysFile from "../../../src/layers/storage/VaultKeysFile.ts"
import { encode } from "../../../src/layers/storage/VaultKeyText.ts"
import { DataDirectory } from "../../../src/services/storage/DataDirectory.ts"
import { StoreUnavailable } from "../../../src/services/storage/SessionStore.ts"
import { type VaultKey, VaultKeys } from "../../../src/services/storage/VaultKeys.ts"
import { isRoot, recordedLog, skip, somebodyElse } from "../../support/privateFiles.ts"
import { bytesOf, keyOf, layerAt, printed, temporary } from "../../support/vaultKeys.ts"

const keysAt = (home: string, replaced: Layer.Layer<FileSystem.FileSystem | DataDirectory> = layerAt(home)) =>
  Effect.provide(
    VaultKeys,
    Layer.fresh(VaultKeysFile.layer).pipe(Layer.provide(replaced), Layer.provide(layerAt(home)))
  )

const withHome = <A, E>(
  use: (path: string, keys: VaultKeys["Service"], home: string) => Effect.Effect<A, E, FileSystem.FileSystem>
) =>
  Effect.gen(function*() {
    const home = yield* temporary
    return yield* use(`${home}/vault.key`, yield* keysAt(home), home)
  }).pipe(Effect.scoped, Effect.provide(NodeFileSystem.layer))

const textOf = (key: VaultKey) => Redacted.value(encode(key.bytes))
const other = textOf(keyOf("file", 9))
const FS = FileSystem.FileSystem

/** That both ways to the key are refused, with these words and nothing of what is in the file. */
const isRefused = Effect.fnUntraced(function*(keys: VaultKeys["Service"], words: RegExp, content = "") {
  const all: ReadonlyArray<Effect.Effect<unknown, StoreUnavailable>> = [keys.current, keys.find("file"), keys.keeper]
  for (const asked of all) {
    const error = yield* Effect.flip(Effect.asVoid(asked))
    assert.strictEqual(error.code, "store_unavailable")
    assert.match(error.message, words)
    assert.notStrictEqual(error.remedy, "")
    if (content.trim() !== "") { for (const text of printed(Exit.fail(error))) assert.notInclude(text, content.trim()) }
  }
})

describe("VaultKeysFile", () => {
  it.effect("makes no file before a key is needed; then one that only this user can read", () =>
    withHome((path, keys, home) =>
      Effect.gen(function*() {
        const fs = yield* FS
        assert.strictEqual(yield* keys.keeper, "file")
        assert.deepStrictEqual(yield* keys.find("file"), Option.none())
        assert.deepStrictEqual(yield* fs.readDirectory(home), [])
        const { lines, logged } = yield* recordedLog
        const key = yield* logged(keys.current)
        // Private from its first moment on: there was nothing to repair.
        assert.deepStrictEqual(lines, [])
        assert.strictEqual(key.keeper, "file")
        assert.strictEqual(bytesOf(key).length, 32)
        assert.deepStrictEqual(yield* fs.readDirectory(home), ["vault.key"])
        assert.strictEqual((yield* fs.stat(path)).mode & 0o777, 0o600)
        assert.strictEqual(yield* fs.readFileString(path), `${textOf(key)}\n`)
        assert.deepStrictEqual(Option.map(yield* keys.find("file"), textOf), Option.some(textOf(key)))
        assert.deepStrictEqual(yield* keys.find("keychain"), Option.none())
        assert.strictEqual(textOf(yield* (yield* keysAt(home)).current), textOf(key))
      })
    ))

  it.effect("a file that has not changed for two seconds is read once, and again once it has", () =>
    withHome((path, _keys, home) =>
      Effect.gen(function*() {
        const fs = yield* FS
        const reads = yield* Ref.make(0)
        const counting = Layer.succeed(FS, {
          ...fs,
          readFileString: (...args) =>
            Effect.andThen(Ref.update(reads, (count) => count + 1), fs.readFileString(...args))
        })
        const keys = yield* keysAt(home, Layer.merge(layerAt(home), counting))
        const read = Effect.gen(function*() {
          const before = yield* Ref.get(reads)
          const found = yield* Effect.forEach([1, 2, 3], () => keys.find("file"))
          const [text, ...rest] = found.map((key) => Option.getOrUndefined(Option.map(key, textOf)))
          for (const each of rest) assert.strictEqual(each, text)
          return { text, times: (yield* Ref.get(reads)) - before }
        })
        yield* fs.writeFileString(path, textOf(keyOf("file", 1)), { mode: 0o600 })
        const changed = Option.getOrThrow((yield* fs.stat(path)).mtime).getTime()
        yield* TestClock.setTime(changed + 1_000)
        assert.deepStrictEqual(yield* read, { text: textOf(keyOf("file", 1)), times: 3 })
        yield* TestClock.setTime(changed + 3_000)
        assert.deepStrictEqual(yield* read, { text: textOf(keyOf("file", 1)), times: 1 })
        assert.deepStrictEqual(yield* read, { text: textOf(keyOf("file", 1)), times: 0 })
        // In its place: the same file, as long as before.
        yield* fs.writeFileString(path, other)
        assert.strictEqual((yield* read).text, other)
      })
    ))

  it.effect("any number of callers that find none get the same one, and nothing else is left", () =>
    withHome((_path, keys, home) =>
      Effect.gen(function*() {
        const rivals = [keys, ...(yield* Effect.replicateEffect(keysAt(home), 19))]
        const made = yield* Effect.forEach(rivals, (each) => each.current, { concurrency: "unbounded" })
        assert.strictEqual(new Set(made.map(textOf)).size, 1)
        assert.deepStrictEqual(yield* Effect.flatMap(FS, (fs) => fs.readDirectory(home)), ["vault.key"])
      })
    ))

  it.effect("a key is another one in another directory, and after its file was removed", () =>
    withHome((path, keys) =>
      Effect.gen(function*() {
        const first = textOf(yield* keys.current)
        yield* Effect.flatMap(FS, (fs) => fs.remove(path))
        assert.deepStrictEqual(yield* keys.find("file"), Option.none())
        assert.notStrictEqual(textOf(yield* keys.current), first)
      })
    ))

  it.effect("a file that was replaced is noticed by the next call", () =>
    withHome((path, keys) =>
      Effect.gen(function*() {
        yield* keys.current
        yield* Effect.flatMap(FS, (fs) => fs.writeFileString(path, other))
        assert.strictEqual(textOf(yield* keys.current), other)
        assert.deepStrictEqual(Option.map(yield* keys.find("file"), textOf), Option.some(other))
      })
    ))

  const contents: ReadonlyArray<readonly [name: string, content: string]> = [
    ["empty", ""],
    ["one byte short", textOf(keyOf("file", 9, 31))],
    ["one byte long", textOf(keyOf("file", 9, 33))],
    ["cut", other.slice(0, 20)],
    ["another spelling of a key", `${other.slice(0, -1)}l`],
    ["padded", `${other}=`],
    ["garbage", "canary garbage that is forty-three bytes in."],
    ["raw bytes", "\0\u0001\u0002".repeat(10)],
    ["two keys", `${other}\n${other}\n`],
    ["very long", other.repeat(10_000)]
  ]
  for (const [name, content] of contents) {
    it.effect(`a file that holds no key is neither used, nor replaced, nor printed: ${name}`, () =>
      withHome((path, keys, home) =>
        Effect.gen(function*() {
          const fs = yield* FS
          yield* fs.writeFileString(path, content, { mode: 0o600 })
          yield* isRefused(keys, /does not hold a key/u, content)
          assert.strictEqual(yield* fs.readFileString(path), content)
          assert.deepStrictEqual(yield* fs.readDirectory(home), ["vault.key"])
        })
      ))
  }

  it.effect("a link, to a key or to nowhere, and a directory are refused and left alone", () =>
    withHome((path, keys, home) =>
      Effect.gen(function*() {
        const fs = yield* FS
        yield* fs.writeFileString(`${home}/elsewhere`, other, { mode: 0o600 })
        for (const target of ["elsewhere", "nowhere"]) {
          yield* fs.symlink(`${home}/${target}`, path)
          yield* isRefused(keys, /vault\.key is a link/u, other)
          assert.strictEqual(yield* fs.readLink(path), `${home}/${target}`)
          yield* fs.remove(path)
        }
        assert.deepStrictEqual(yield* fs.readDirectory(home), ["elsewhere"])
        yield* fs.makeDirectory(path)
        yield* isRefused(keys, /vault\.key is a directory/u)
      })
    ))

  it.effect("a file that others may read is theirs no longer, and the log says so once", () =>
    withHome((path, keys) =>
      Effect.gen(function*() {
        const fs = yield* FS
        for (const mode of [0o644, 0o660, 0o777, 0o604]) {
          yield* fs.writeFileString(path, other)
          yield* fs.chmod(path, mode)
          const { lines, logged } = yield* recordedLog
          assert.strictEqual(textOf(yield* logged(keys.current)), other)
          yield* logged(keys.find("file"))
          assert.strictEqual((yield* fs.stat(path)).mode & 0o777, 0o600)
          assert.lengthOf(lines, 1)
          assert.match(lines.join("\n"), new RegExp(`^Warn: .*vault\\.key \\(mode ${mode.toString(8)}\\)`, "u"))
          assert.notInclude(lines.join("\n"), other)
        }
      })
    ))

  it.effect("a file of somebody else is refused", (context) =>
    isRoot
      ? withHome((path, keys) =>
        Effect.gen(function*() {
          const fs = yield* FS
          yield* fs.writeFileString(path, other, { mode: 0o600 })
          yield* fs.chown(path, somebodyElse, somebodyElse)
          yield* isRefused(keys, /belongs to another user/u, other)
        })
      )
      : skip(context, "only root can give a file away"))

  it.effect("what stops the directory stops the key", () =>
    withHome((_path, _keys, home) =>
      Effect.gen(function*() {
        const problem = new StoreUnavailable({ problem: "No space.", remedy: "Make some." })
        const directory = Layer.succeed(DataDirectory, { path: home, ready: Effect.fail(problem) })
        const keys = yield* keysAt(home, Layer.merge(NodeFileSystem.layer, directory))
        assert.strictEqual(yield* Effect.flip(keys.current), problem)
        assert.deepStrictEqual(yield* keys.find("file"), Option.none())
      })
    ))

  for (const method of ["open", "link"] as const) {
    for (const [code, why] of [["ENOSPC", /no space/u], ["EPERM", /permission/u], ["EIO", /EIO/u]] as const) {
      it.effect(`${code} on ${method} is explained, and leaves nothing behind`, () =>
        withHome((_path, _keys, home) =>
          Effect.gen(function*() {
            const fs = yield* FS
            const cause = Object.assign(new Error(code), { code })
            const refuse = () =>
              Effect.fail(PlatformError.systemError({ _tag: "Unknown", module: "FileSystem", method, cause }))
            const failing = Layer.succeed(FS, { ...fs, [method]: refuse })
            const keys = yield* keysAt(
              home,
              Layer.merge(failing, Layer.succeed(DataDirectory, { path: home, ready: Effect.void }))
            )
            const error = yield* Effect.flip(keys.current)
            assert.include(error.message, `${home}/vault.key cannot be made`)
            assert.match(error.message, why)
            assert.include(error.remedy, "another data directory")
            assert.deepStrictEqual(yield* fs.readDirectory(home), [])
          })
        ))
    }
  }
})
