import { NodeFileSystem, NodePath } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { ByteSize, Effect, FileSystem, Layer, Option, PlatformError } from "effect"
import * as DataDirectoryFileSystem from "../../../src/layers/storage/DataDirectoryFileSystem.ts"
import { Config, defaultScopes, defaultSignInTimeout } from "../../../src/services/config/Config.ts"
import { DataDirectory } from "../../../src/services/storage/DataDirectory.ts"
import type { StoreUnavailable } from "../../../src/services/storage/SessionStore.ts"
import { isRoot, recordedLog, skip } from "../../support/privateFiles.ts"

const layerAt = (home: string, fileSystem: Layer.Layer<FileSystem.FileSystem> = NodeFileSystem.layer) =>
  DataDirectoryFileSystem.layer.pipe(
    Layer.provide([
      fileSystem,
      NodePath.layer,
      Layer.mock(Config, {
        settings: {
          home,
          provider: { _tag: "Google" },
          scopes: defaultScopes,
          browser: { _tag: "None" },
          callbackPort: Option.none(),
          signInTimeout: defaultSignInTimeout,
          logLevel: "Info",
          googleApi: Option.none()
        }
      })
    ])
  )

const ready = (...args: Parameters<typeof layerAt>): Effect.Effect<void, StoreUnavailable> =>
  Effect.flatMap(DataDirectory, (directory) => directory.ready).pipe(Effect.provide(layerAt(...args)))

const withDirectory = <A, E, R>(use: (fs: FileSystem.FileSystem, parent: string) => Effect.Effect<A, E, R>) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    return yield* use(fs, yield* fs.makeTempDirectoryScoped({ prefix: "mcp-gas-data-" }))
  }).pipe(Effect.scoped, Effect.provide(NodeFileSystem.layer))

const privateDirectory: FileSystem.File.Info = {
  type: "Directory",
  mode: 0o700,
  mtime: Option.none(),
  atime: Option.none(),
  birthtime: Option.none(),
  dev: 1n,
  ino: Option.none(),
  nlink: Option.none(),
  uid: Option.none(),
  gid: Option.none(),
  rdev: Option.none(),
  size: ByteSize.zero,
  blksize: Option.none(),
  blocks: Option.none()
}

/** What `ready` says about a file system that answers one operation with this code of the operating system. */
const refusedWith = (method: "makeDirectory" | "makeTempDirectory" | "writeFileString", code: string) => {
  const tag = code === "EACCES" ? "PermissionDenied" : "Unknown"
  const refuse = () =>
    Effect.fail(PlatformError.systemError({
      _tag: tag,
      module: "FileSystem",
      method,
      cause: Object.assign(new Error(code), { code })
    }))
  const removed: Array<string> = []
  const fileSystem = FileSystem.layerNoop({
    makeDirectory: () => Effect.void,
    // What cannot be made is not there.
    ...(method === "makeDirectory" ? {} : { stat: () => Effect.succeed(privateDirectory) }),
    makeTempDirectory: () => Effect.succeed("/gas/.probe-1"),
    writeFileString: () => Effect.void,
    remove: (path) => Effect.sync(() => void removed.push(path)),
    [method]: refuse
  })
  return Effect.map(Effect.flip(ready("/gas", fileSystem)), (error) => ({ error, removed }))
}

describe("DataDirectoryFileSystem", () => {
  it.effect("building it touches nothing", () =>
    withDirectory((fs, parent) =>
      Effect.gen(function*() {
        const { path } = yield* Effect.provide(DataDirectory, layerAt(`${parent}/gas`))
        assert.strictEqual(path, `${parent}/gas`)
        assert.deepStrictEqual(yield* fs.readDirectory(parent), [])
      })
    ))

  it.effect("a missing directory is made, parents included, for this user alone; nothing is left in it", () =>
    withDirectory((fs, parent) =>
      Effect.gen(function*() {
        yield* ready(`${parent}/a/gas`)
        const { mode, type } = yield* fs.stat(`${parent}/a/gas`)
        assert.strictEqual(type, "Directory")
        assert.strictEqual(mode & 0o777, 0o700)
        assert.deepStrictEqual(yield* fs.readDirectory(`${parent}/a/gas`), [])
      })
    ))

  it.effect("a directory that is there keeps its content, however often and at once it is asked", () =>
    withDirectory((fs, parent) =>
      Effect.gen(function*() {
        yield* fs.writeFileString(`${parent}/client.json`, "mine")
        yield* Effect.replicateEffect(ready(parent), 10, { concurrency: "unbounded" })
        assert.deepStrictEqual(yield* fs.readDirectory(parent), ["client.json"])
        assert.strictEqual(yield* fs.readFileString(`${parent}/client.json`), "mine")
      })
    ))

  for (const wide of [0o755, 0o770, 0o701]) {
    it.effect(`a directory of mode ${wide.toString(8)} is closed to others, with one warning`, () =>
      withDirectory((fs, parent) =>
        Effect.gen(function*() {
          yield* fs.chmod(parent, wide)
          const { lines, logged } = yield* recordedLog
          yield* Effect.andThen(ready(parent), ready(parent)).pipe(logged)
          assert.strictEqual((yield* fs.stat(parent)).mode & 0o777, 0o700)
          assert.deepStrictEqual(lines, [
            `Warn: Other users had access to ${parent} (mode ${wide.toString(8)}); it is mode 700 now.`
          ])
        })
      ))
  }

  it.effect("a mode that lets nobody else in is kept, and nothing is said", () =>
    withDirectory((fs, parent) =>
      Effect.gen(function*() {
        const { lines, logged } = yield* recordedLog
        yield* ready(parent).pipe(logged)
        assert.strictEqual((yield* fs.stat(parent)).mode & 0o777, 0o700)
        assert.deepStrictEqual(lines, [])
      })
    ))

  it.effect("a directory of somebody else is refused, and stays as it is", (context) =>
    withDirectory((fs, parent) =>
      Effect.gen(function*() {
        if (!isRoot) return yield* skip(context, "only root can give a directory to another user")
        yield* fs.chmod(parent, 0o755)
        yield* fs.chown(parent, 65534, 65534)
        const error = yield* Effect.flip(ready(parent))
        assert.include(error.message, `${parent} belongs to another user (65534)`)
        assert.include(error.remedy, "another data directory")
        assert.strictEqual((yield* fs.stat(parent)).mode & 0o777, 0o755)
        assert.deepStrictEqual(yield* fs.readDirectory(parent), [])
      })
    ))

  it.effect("a link to a directory is followed", () =>
    withDirectory((fs, parent) =>
      Effect.gen(function*() {
        yield* fs.makeDirectory(`${parent}/real`, { mode: 0o755 })
        yield* fs.symlink(`${parent}/real`, `${parent}/link`)
        yield* ready(`${parent}/link`)
        assert.strictEqual((yield* fs.stat(`${parent}/real`)).mode & 0o777, 0o700)
      })
    ))

  it.effect("a file in its place, or above it, is named as the obstacle and left alone", () =>
    withDirectory((fs, parent) =>
      Effect.gen(function*() {
        yield* fs.writeFileString(`${parent}/file`, "mine")
        for (const home of [`${parent}/file`, `${parent}/file/gas`, `${parent}/file/deep/gas`]) {
          const error = yield* Effect.flip(ready(home))
          assert.strictEqual(error.code, "store_unavailable")
          assert.include(error.message, `${home} cannot be used: something other than a directory`)
          assert.include(error.remedy, "another data directory")
        }
        assert.strictEqual(yield* fs.readFileString(`${parent}/file`), "mine")
      })
    ))

  it.effect("a link that leads nowhere, in its place or above it, is named as the obstacle", () =>
    withDirectory((fs, parent) =>
      Effect.gen(function*() {
        yield* fs.symlink(`${parent}/nowhere`, `${parent}/link`)
        for (const home of [`${parent}/link`, `${parent}/link/gas`, `${parent}/link/deep/gas`]) {
          assert.include((yield* Effect.flip(ready(home))).message, `${home} cannot be used: something other than`)
        }
        assert.deepStrictEqual(yield* fs.readDirectory(parent), ["link"])
      })
    ))

  it.effect("a file system that refuses whoever asks is reported with the path", () =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(ready("/proc/mcp-gas"))
      assert.match(error.message, /^The data directory \/proc\/mcp-gas cannot be used: .+\.$/u)
      assert.include(error.remedy, "another data directory")
    }))

  const obstacles: ReadonlyArray<readonly [code: string, why: RegExp]> = [
    ["EACCES", /permission/u],
    ["EROFS", /read-only/u],
    ["ENOSPC", /no space/u],
    ["EDQUOT", /no space/u],
    ["EIO", /EIO/u]
  ]
  for (const [code, why] of obstacles) {
    it.effect(`${code} is explained, at whichever step it shows, and the step before is undone`, () =>
      Effect.gen(function*() {
        for (const method of ["makeDirectory", "makeTempDirectory", "writeFileString"] as const) {
          const { error, removed } = yield* refusedWith(method, code)
          assert.match(error.message, why)
          assert.include(error.message, "/gas")
          assert.match(error.remedy, /another data directory/u)
          assert.deepStrictEqual(removed, method === "writeFileString" ? ["/gas/.probe-1"] : [])
        }
      }))
  }

  it.live("takes away what a process left that was killed over this, and not what another one is at", () =>
    withDirectory((fs, parent) =>
      Effect.gen(function*() {
        const home = `${parent}/gas`
        yield* ready(home)
        for (const name of [".probe-old", ".probe-new", "sessions.db", "old"]) {
          yield* fs.makeDirectory(`${home}/${name}`)
        }
        yield* fs.writeFileString(`${home}/.probe-old/probe`, "")
        for (const name of [".probe-old", "old"]) yield* fs.utimes(`${home}/${name}`, 1, 1)
        yield* ready(home)
        assert.deepStrictEqual((yield* fs.readDirectory(home)).toSorted(), [".probe-new", "old", "sessions.db"])
      })
    ))
})
