import { NodeServices } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Effect, FileSystem, Layer } from "effect"
import { SecureRandom } from "effect/crypto"
import * as DataDirectoryFileSystem from "../../../src/layers/storage/DataDirectoryFileSystem.ts"
import * as DefaultAccountFile from "../../../src/layers/storage/DefaultAccountFile.ts"
import { AccountKey, defaultAccountKey } from "../../../src/services/sign-in/AccountKey.ts"
import { DefaultAccount } from "../../../src/services/sign-in/DefaultAccount.ts"

/** One process's view of a data directory. */
const seenFrom = (home: string) =>
  Effect.provide(
    DefaultAccount,
    Layer.fresh(DefaultAccountFile.layer).pipe(
      Layer.provide([DataDirectoryFileSystem.layerAt(home), SecureRandom.layerWebCrypto])
    )
  )

const withHome = <A, E>(
  story: (home: string) => Effect.Effect<A, E, Layer.Success<typeof NodeServices.layer>>
) =>
  FileSystem.FileSystem.use((fs) => fs.makeTempDirectoryScoped({ prefix: "mcp-gas-test-" })).pipe(
    Effect.flatMap((directory) => story(`${directory}/home`)),
    Effect.scoped,
    Effect.provide(NodeServices.layer)
  )

const work = AccountKey.make("work")
const file = (home: string) => `${home}/${DefaultAccountFile.fileName}`

describe("DefaultAccountFile", () => {
  it.effect("is default where nobody has chosen, and makes nothing to say so", () =>
    withHome(Effect.fnUntraced(function*(home) {
      const account = yield* seenFrom(home)
      assert.strictEqual(yield* account.get, defaultAccountKey)
      assert.isFalse(yield* FileSystem.FileSystem.use((fs) => fs.exists(home)))
    })))

  it.effect("is the last choice, at once in every process, and leaves one private file", () =>
    withHome(Effect.fnUntraced(function*(home) {
      const one = yield* seenFrom(home)
      const other = yield* seenFrom(home)
      yield* one.choose(work)
      assert.strictEqual(yield* other.get, work)
      yield* other.choose(AccountKey.make("ada@example.com"))
      assert.strictEqual(yield* one.get, "ada@example.com")
      const fs = yield* FileSystem.FileSystem
      assert.deepStrictEqual(yield* fs.readDirectory(home), [DefaultAccountFile.fileName])
      assert.strictEqual((yield* fs.stat(file(home))).mode & 0o777, 0o600)
    })))

  it.effect("of many that choose at once one is chosen, and nothing else is left", () =>
    withHome(Effect.fnUntraced(function*(home) {
      const keys = Array.from({ length: 20 }, (_, index) => AccountKey.make(`account-${index}`))
      yield* Effect.forEach(keys, (key) => Effect.flatMap(seenFrom(home), ({ choose }) => choose(key)), {
        concurrency: "unbounded"
      })
      assert.include(keys, yield* Effect.flatMap(seenFrom(home), ({ get }) => get))
      const fs = yield* FileSystem.FileSystem
      assert.deepStrictEqual(yield* fs.readDirectory(home), [DefaultAccountFile.fileName])
    })))

  for (const [what, text] of Object.entries({ "nothing": "", "two names": "a b", "far too much": "a".repeat(3000) })) {
    it.effect(`a file that holds ${what} is said to be damaged, and the next choice mends it`, () =>
      withHome(Effect.fnUntraced(function*(home) {
        const account = yield* seenFrom(home)
        yield* account.choose(work)
        yield* FileSystem.FileSystem.use((fs) => fs.writeFileString(file(home), text))
        const error = yield* Effect.flip(account.get)
        assert.match(`${error.message} ${error.remedy}`, /holds no name of an account.*Choose the default account/)
        yield* account.choose(work)
        assert.strictEqual(yield* account.get, work)
      })))
  }

  it.effect("a link in its place is refused, and where it leads stays as it is", () =>
    withHome(Effect.fnUntraced(function*(home) {
      const fs = yield* FileSystem.FileSystem
      const account = yield* seenFrom(home)
      yield* fs.makeDirectory(home, { mode: 0o700 })
      yield* fs.writeFileString(`${home}/elsewhere`, "mine")
      yield* fs.symlink(`${home}/elsewhere`, file(home))
      for (const deed of [Effect.asVoid(account.get), account.choose(work)]) {
        assert.match((yield* Effect.flip(deed)).message, /is a link/)
      }
      assert.strictEqual(yield* fs.readFileString(`${home}/elsewhere`), "mine")
    })))
})
