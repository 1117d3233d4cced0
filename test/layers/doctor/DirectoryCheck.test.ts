/**
 * What is said of the data directory, which is left as it is.
 */
import { NodeFileSystem, NodePath } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Effect, FileSystem, Layer, PlatformError } from "effect"
import { chmodSync, chownSync, existsSync, mkdirSync, readdirSync, statSync, symlinkSync, writeFileSync } from "node:fs"
import * as DirectoryCheck from "../../../src/layers/doctor/DirectoryCheck.ts"
import * as DataDirectoryFileSystem from "../../../src/layers/storage/DataDirectoryFileSystem.ts"
import { only, run, textOf } from "../../support/doctor.ts"
import { isRoot, skip, somebodyElse } from "../../support/privateFiles.ts"
import { home } from "../../support/sessionsFile.ts"

const check = (at: string, fs: Layer.Layer<FileSystem.FileSystem> = NodeFileSystem.layer) =>
  run(DirectoryCheck.make).pipe(
    Effect.map(only),
    Effect.provide(DataDirectoryFileSystem.layerAt(at).pipe(Layer.provideMerge([fs, NodePath.layer])))
  )

const refused = PlatformError.systemError({ _tag: "PermissionDenied", module: "FileSystem", method: "access" })

/** Whoever asks for access is refused it. */
const inaccessible = Layer.effect(
  FileSystem.FileSystem,
  Effect.map(FileSystem.FileSystem, (fs) => ({ ...fs, access: () => Effect.fail(refused) }))
).pipe(Layer.provide(NodeFileSystem.layer))

describe("DirectoryCheck", () => {
  it.effect("private and writable is in order, and the probe leaves nothing", () =>
    Effect.gen(function*() {
      const at = yield* home
      mkdirSync(at, { mode: 0o700 })
      const finding = yield* check(at)
      assert.strictEqual(textOf(finding), `${at} is this user's alone and can be written to.`)
      assert.deepStrictEqual(readdirSync(at), [])
    }))

  it.effect("one that is missing is not made", () =>
    Effect.gen(function*() {
      const at = yield* home
      const finding = yield* check(`${at}/further/down`)
      assert.strictEqual(finding.level, "ok")
      assert.include(textOf(finding), "is not there yet")
      assert.isFalse(existsSync(at))
    }))

  it.effect("one that is missing and could not be made is a problem", () =>
    Effect.gen(function*() {
      const at = yield* home
      const unwritable = yield* check(at, inaccessible)
      assert.strictEqual(unwritable.level, "problem")
      assert.include(textOf(unwritable), "cannot be written to")
      writeFileSync(at, "a file")
      for (const path of [at, `${at}/below`]) {
        const blocked = yield* check(path)
        assert.strictEqual(blocked.level, "problem")
        assert.include(textOf(blocked), `${at} is where a directory has to be`)
      }
    }))

  it.effect("a link that leads nowhere is in its way", () =>
    Effect.gen(function*() {
      const at = yield* home
      symlinkSync(`${at}-nowhere`, at)
      assert.strictEqual((yield* check(at)).level, "problem")
      assert.isFalse(existsSync(`${at}-nowhere`))
    }))

  it.effect("one that others may enter is a warning, and stays as open as it is", () =>
    Effect.gen(function*() {
      const at = yield* home
      mkdirSync(at)
      chmodSync(at, 0o755)
      const finding = yield* check(at)
      assert.strictEqual(finding.level, "warning")
      assert.include(textOf(finding), "(mode 755)")
      assert.strictEqual(statSync(at).mode & 0o777, 0o755)
      assert.strictEqual((yield* check(at, inaccessible)).level, "problem")
    }))

  it.effect("one of somebody else's is a problem", (context) =>
    Effect.gen(function*() {
      if (!isRoot) return yield* skip(context, "only root may give a directory away")
      const at = yield* home
      mkdirSync(at, { mode: 0o700 })
      chownSync(at, somebodyElse, somebodyElse)
      const finding = yield* check(at)
      assert.strictEqual(finding.level, "problem")
      assert.include(textOf(finding), "belongs to another user")
    }))

  it.effect("a full disk is a problem, in the words of the data directory", () =>
    Effect.gen(function*() {
      const at = yield* home
      mkdirSync(at, { mode: 0o700 })
      const full = Layer.effect(
        FileSystem.FileSystem,
        Effect.map(FileSystem.FileSystem, (fs) => ({
          ...fs,
          writeFileString: () =>
            Effect.fail(
              PlatformError.systemError({
                _tag: "Unknown",
                module: "FileSystem",
                method: "writeFileString",
                cause: Object.assign(new Error("no space"), { code: "ENOSPC" })
              })
            )
        }))
      ).pipe(Layer.provide(NodeFileSystem.layer))
      const finding = yield* check(at, full)
      assert.strictEqual(finding.level, "problem")
      assert.include(textOf(finding), "there is no space left")
      assert.deepStrictEqual(readdirSync(at), [])
    }))
})
