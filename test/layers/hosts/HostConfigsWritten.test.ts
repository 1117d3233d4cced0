/**
 * Writing a config: in one step, only over what was seen, with a copy of it kept, and nothing else left behind.
 */
import { NodeFileSystem, NodePath } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Effect, FileSystem, Layer, Option, PlatformError } from "effect"
import { TestClock } from "effect/testing"
import * as HostConfigFile from "../../../src/layers/hosts/HostConfigFile.ts"
import { HostConfigs } from "../../../src/services/hosts/HostConfigs.ts"
import { afterOf, atHome, server, usersOwn } from "../../support/hostFiles.ts"
import { isRoot, skip, somebodyElse } from "../../support/privateFiles.ts"

const old = "{\"mcpServers\":{\"a\":{}}}"
/** The names of copies tell this time. */
const noon = Date.UTC(2026, 10, 26, 12)
const backup = ".backup-2026-11-26T12-00-00.000Z"

/** Puts a text into Cursor's config and makes a plan for it. */
const planned = (home: string, fs: FileSystem.FileSystem, text: string = old) =>
  Effect.gen(function*() {
    yield* TestClock.setTime(noon)
    const directory = `${home}/.cursor`
    const file = `${directory}/mcp.json`
    yield* fs.makeDirectory(directory, { recursive: true })
    yield* fs.writeFileString(file, text)
    const configs = yield* HostConfigs
    return { configs, directory, file, plan: yield* configs.plan("cursor", server, usersOwn) }
  })

/** The file system of this machine, but for some operations; and paths. */
const fileSystem = (but: (real: FileSystem.FileSystem) => Partial<FileSystem.FileSystem>) =>
  Layer.merge(
    NodePath.layer,
    Layer.effect(
      FileSystem.FileSystem,
      Effect.map(FileSystem.FileSystem, (real) => FileSystem.FileSystem.of({ ...real, ...but(real) }))
    ).pipe(Layer.provide(NodeFileSystem.layer))
  )

const noSpace = (method: string) =>
  PlatformError.systemError({
    _tag: "Unknown",
    module: "FileSystem",
    method,
    cause: Object.assign(new Error("ENOSPC"), { code: "ENOSPC" })
  })

const rights = (fs: FileSystem.FileSystem, path: string) => Effect.map(fs.stat(path), ({ mode }) => mode & 0o7777)

describe("Writing a config", () => {
  it.effect("keeps a copy of what was there, and leaves nothing else behind", () =>
    atHome((home, fs) =>
      Effect.gen(function*() {
        const { configs, directory, file, plan } = yield* planned(home, fs)
        assert.deepStrictEqual(yield* configs.write(plan), {
          file: Option.some(file),
          backup: Option.some(`${file}${backup}`)
        })
        assert.strictEqual(yield* fs.readFileString(file), afterOf(plan))
        assert.strictEqual(yield* fs.readFileString(`${file}${backup}`), old)
        assert.sameMembers(yield* fs.readDirectory(directory), ["mcp.json", `mcp.json${backup}`])
      })
    ))

  it.effect("done again, changes nothing and keeps no copy", () =>
    atHome((home, fs) =>
      Effect.gen(function*() {
        const { configs, directory, file, plan } = yield* planned(home, fs)
        yield* configs.write(plan)
        const before = yield* fs.stat(file)
        yield* TestClock.adjust("1 minute")
        const again = yield* configs.plan("cursor", server, usersOwn)
        assert.strictEqual(again.change._tag, "Unchanged")
        assert.deepStrictEqual(yield* configs.write(again), { file: Option.none(), backup: Option.none() })
        assert.lengthOf(yield* fs.readDirectory(directory), 2)
        assert.deepStrictEqual((yield* fs.stat(file)).ino, before.ino)
      })
    ))

  it.effect("never puts a copy in the place of another", () =>
    atHome((home, fs) =>
      Effect.gen(function*() {
        const { configs, file, plan } = yield* planned(home, fs)
        yield* fs.writeFileString(`${file}${backup}`, "first")
        yield* fs.writeFileString(`${file}${backup}-2`, "second")
        assert.deepStrictEqual((yield* configs.write(plan)).backup, Option.some(`${file}${backup}-3`))
        assert.strictEqual(yield* fs.readFileString(`${file}${backup}`), "first")
        assert.strictEqual(yield* fs.readFileString(`${file}${backup}-2`), "second")
        assert.strictEqual(yield* fs.readFileString(`${file}${backup}-3`), old)
      })
    ))

  for (const mode of [0o600, 0o664, 0o640]) {
    it.effect(`keeps the rights, also on the copy: ${mode.toString(8)}`, () =>
      atHome((home, fs) =>
        Effect.gen(function*() {
          const { configs, file, plan } = yield* planned(home, fs)
          yield* fs.chmod(file, mode)
          yield* configs.write(plan)
          assert.strictEqual(yield* rights(fs, file), mode)
          assert.strictEqual(yield* rights(fs, `${file}${backup}`), mode)
        })
      ))
  }

  it.effect("keeps the owner", (test) =>
    atHome((home, fs) =>
      Effect.gen(function*() {
        if (!isRoot) return yield* skip(test, "only root can give files away")
        const { configs, file, plan } = yield* planned(home, fs)
        yield* fs.chown(file, somebodyElse, somebodyElse)
        yield* configs.write(plan)
        const { gid, uid } = yield* fs.stat(file)
        assert.deepStrictEqual([uid, gid], [Option.some(somebodyElse), Option.some(somebodyElse)])
      })
    ))

  it.effect("makes a file that was not there readable for this user alone, and keeps no copy", () =>
    atHome((home, fs) =>
      Effect.gen(function*() {
        const configs = yield* HostConfigs
        const plan = yield* configs.plan("opencode", server, usersOwn)
        const file = `${home}/.config/opencode/opencode.json`
        assert.deepStrictEqual(yield* configs.write(plan), { file: Option.some(file), backup: Option.none() })
        assert.strictEqual(yield* rights(fs, file), 0o600)
        assert.strictEqual(yield* rights(fs, `${home}/.config`), 0o700)
        assert.deepStrictEqual(yield* fs.readDirectory(`${home}/.config/opencode`), ["opencode.json"])
      })
    ))

  it.effect("follows a link, and leaves it a link", () =>
    atHome((home, fs) =>
      Effect.gen(function*() {
        const { configs, directory, file } = yield* planned(home, fs)
        yield* fs.makeDirectory(`${home}/dotfiles`)
        yield* fs.rename(file, `${home}/dotfiles/cursor.json`)
        yield* fs.symlink("../dotfiles/cursor.json", file)
        const plan = yield* configs.plan("cursor", server, usersOwn)
        assert.strictEqual(plan.path, file)
        const target = `${home}/dotfiles/cursor.json`
        assert.deepStrictEqual(yield* configs.write(plan), {
          file: Option.some(target),
          backup: Option.some(`${target}${backup}`)
        })
        assert.strictEqual(yield* fs.readLink(file), "../dotfiles/cursor.json")
        assert.strictEqual(yield* fs.readFileString(target), afterOf(plan))
        assert.deepStrictEqual(yield* fs.readDirectory(directory), ["mcp.json"])
      })
    ))
})

describe("A config that was changed meanwhile", () => {
  const refusals: Readonly<
    Record<string, (fs: FileSystem.FileSystem, file: string) => Effect.Effect<void, PlatformError.PlatformError>>
  > = {
    "has another text": (fs, file) => fs.writeFileString(file, `${old} `),
    "is gone": (fs, file) => fs.remove(file),
    "is no text any more": (fs, file) => fs.writeFile(file, Uint8Array.of(0xFF))
  }
  for (const [what, meanwhile] of Object.entries(refusals)) {
    it.effect(`is left alone: ${what}`, () =>
      atHome((home, fs) =>
        Effect.gen(function*() {
          const { configs, directory, file, plan } = yield* planned(home, fs)
          yield* meanwhile(fs, file)
          const names = yield* fs.readDirectory(directory)
          const error = yield* Effect.flip(configs.write(plan))
          assert.strictEqual(error.code, "host_config_changed")
          assert.include(error.message, file)
          assert.deepStrictEqual(yield* fs.readDirectory(directory), names)
        })
      ))
  }

  it.effect("is left alone: is there by now", () =>
    atHome((home, fs) =>
      Effect.gen(function*() {
        const { configs, directory, file, plan: { host } } = yield* planned(home, fs)
        yield* fs.remove(file)
        const plan = yield* configs.plan(host, server, usersOwn)
        yield* fs.writeFileString(file, "{}")
        assert.strictEqual((yield* Effect.flip(configs.write(plan))).code, "host_config_changed")
        assert.strictEqual(yield* fs.readFileString(file), "{}")
        assert.deepStrictEqual(yield* fs.readDirectory(directory), ["mcp.json"])
      })
    ))

  it.effect("while the copy was made: is left alone, and the copy is taken away", () =>
    atHome((home, fs) =>
      Effect.gen(function*() {
        const { directory, file } = yield* planned(home, fs)
        /** A host writes its config as soon as there is a copy of it. */
        const busy = fileSystem((real) => ({
          writeFileString: (path, ...rest) =>
            real.writeFileString(path, ...rest).pipe(
              Effect.andThen(path.includes(".backup-") ? real.writeFileString(file, "theirs") : Effect.void)
            )
        }))
        const error = yield* Effect.flip(Effect.provide(HostConfigFile.replace(file, Option.some(old), "ours"), busy))
        assert.strictEqual(error.code, "host_config_changed")
        assert.strictEqual(yield* fs.readFileString(file), "theirs")
        assert.deepStrictEqual(yield* fs.readDirectory(directory), ["mcp.json"])
      })
    ))
})

describe("A file system that refuses", () => {
  const steps = ["makeTempFileScoped", "chmod", "writeFileString", "rename"] as const
  for (const step of steps) {
    it.effect(`${step}: the config is as it was, nothing is left, and the person is told why`, () =>
      atHome((home, fs) =>
        Effect.gen(function*() {
          const { directory, file } = yield* planned(home, fs)
          const full = fileSystem(() => ({ [step]: () => Effect.fail(noSpace(step)) }))
          const error = yield* Effect.flip(Effect.provide(HostConfigFile.replace(file, Option.some(old), "ours"), full))
          assert.strictEqual(error.code, "host_config_unavailable")
          assert.include(error.message, "there is no space left")
          assert.strictEqual(yield* fs.readFileString(file), old)
          assert.deepStrictEqual(yield* fs.readDirectory(directory), ["mcp.json"])
        })
      ))
  }

  it.effect("half a copy is taken away again", () =>
    atHome((home, fs) =>
      Effect.gen(function*() {
        const { directory, file } = yield* planned(home, fs)
        const full = fileSystem((real) => ({
          writeFileString: (path, ...rest) =>
            real.writeFileString(path, ...rest).pipe(Effect.andThen(Effect.fail(noSpace("writeFileString"))))
        }))
        yield* Effect.flip(Effect.provide(HostConfigFile.replace(file, Option.some(old), "ours"), full))
        assert.deepStrictEqual(yield* fs.readDirectory(directory), ["mcp.json"])
      })
    ))
})
