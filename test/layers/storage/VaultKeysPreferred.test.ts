import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, FileSystem, Layer, Option, Queue, Redacted, Ref } from "effect"
import { TestClock } from "effect/testing"
import * as VaultAead from "../../../src/layers/storage/VaultAead.ts"
import * as VaultKeysFile from "../../../src/layers/storage/VaultKeysFile.ts"
import * as VaultKeysPreferred from "../../../src/layers/storage/VaultKeysPreferred.ts"
import { encode } from "../../../src/layers/storage/VaultKeyText.ts"
import { KeychainUnavailable } from "../../../src/services/storage/Keychain.ts"
import type { StoreUnavailable } from "../../../src/services/storage/SessionStore.ts"
import { Vault } from "../../../src/services/storage/Vault.ts"
import { VaultKeys } from "../../../src/services/storage/VaultKeys.ts"
import { recordedLog } from "../../support/privateFiles.ts"
import { FakeKeychain, layerAt, layerFakeKeychain, temporary } from "../../support/vaultKeys.ts"

/** Runs with a fresh data directory and a keychain; `start` is a process over these two. */
const withHome = <A, E>(
  use: (
    home: string,
    start: Effect.Effect<{ readonly keys: VaultKeys["Service"]; readonly vault: Vault["Service"] }>
  ) => Effect.Effect<A, E, FileSystem.FileSystem | FakeKeychain>
) =>
  Effect.gen(function*() {
    const home = yield* temporary
    const context = yield* Layer.build(Layer.merge(layerAt(home), layerFakeKeychain))
    const layer = VaultAead.layer.pipe(Layer.provideMerge(VaultKeysPreferred.layer), Layer.fresh)
    const start = Effect.all({ keys: VaultKeys, vault: Vault }).pipe(
      Effect.provide(Layer.provide(layer, Layer.succeedContext(context)))
    )
    return yield* Effect.provideContext(use(home, start), context)
  }).pipe(Effect.scoped)

const refuse = Effect.flatMap(
  FakeKeychain,
  ({ before }) => Ref.set(before, () => new KeychainUnavailable({ why: "no bus" }))
)
const comply = Effect.flatMap(FakeKeychain, ({ before }) => Ref.set(before, () => Effect.void))
const files = (home: string) => Effect.flatMap(FileSystem.FileSystem, (fs) => fs.readDirectory(home))
const token = Redacted.make("token")

describe("VaultKeysPreferred", () => {
  it.effect("a keychain that works is preferred, and no file is made", () =>
    withHome((home, start) =>
      Effect.gen(function*() {
        const { keys, vault } = yield* start
        assert.strictEqual(yield* vault.keeper, "keychain")
        assert.strictEqual((yield* Ref.get((yield* FakeKeychain).kept)).size, 0)
        assert.strictEqual((yield* keys.current).keeper, "keychain")
        assert.strictEqual(yield* vault.keeper, "keychain")
        assert.deepStrictEqual(yield* files(home), [])
        const sealed = yield* vault.seal(token, ["ada"])
        assert.strictEqual(Redacted.value(yield* (yield* start).vault.open(sealed, ["ada"])), "token")
      })
    ))

  it.effect("where there is none, a key file is made, and the log says why", () =>
    withHome((home, start) =>
      Effect.gen(function*() {
        yield* refuse
        const { lines, logged } = yield* recordedLog
        const { keys, vault } = yield* start
        assert.strictEqual(yield* vault.keeper, "file")
        assert.deepStrictEqual(yield* files(home), [])
        assert.strictEqual((yield* logged(keys.current)).keeper, "file")
        assert.strictEqual(yield* vault.keeper, "file")
        assert.deepStrictEqual(yield* files(home), ["vault.key"])
        assert.lengthOf(lines, 1)
        assert.include(lines[0], "no bus")
      })
    ))

  it.effect("a key file that is there stays in use, whatever the keychain does", () =>
    withHome((_home, start) =>
      Effect.gen(function*() {
        yield* refuse
        const before = yield* (yield* start).keys.current
        yield* comply
        const { keys, vault } = yield* start
        assert.strictEqual(yield* vault.keeper, "file")
        const after = yield* keys.current
        assert.strictEqual(Redacted.value(encode(after.bytes)), Redacted.value(encode(before.bytes)))
        assert.deepStrictEqual(yield* Ref.get((yield* FakeKeychain).kept), new Map())
      })
    ))

  it.effect("a silent keychain costs 3 seconds, once, for any number of callers", () =>
    withHome((_home, start) =>
      Effect.gen(function*() {
        const { before, calls } = yield* FakeKeychain
        yield* Ref.set(before, () => Effect.never)
        const { keys } = yield* start
        const fiber = yield* Effect.forkChild(Effect.replicateEffect(keys.current, 200, { concurrency: "unbounded" }))
        yield* Queue.take(calls)
        yield* TestClock.adjust("3 seconds")
        const made = yield* Fiber.join(fiber)
        assert.strictEqual(new Set(made.map((key) => Redacted.value(encode(key.bytes)))).size, 1)
        assert.isTrue(made.every((key) => key.keeper === "file"))
      })
    ))

  it.effect("what the keychain sealed waits for the keychain: out of reach, then open, then broken when its key is gone", () =>
    withHome((_home, start) =>
      Effect.gen(function*() {
        const sealed = yield* (yield* start).vault.seal(token, ["ada"])
        yield* refuse
        const locked = yield* start
        const error = yield* Effect.flip(locked.vault.open(sealed, ["ada"]))
        assert.strictEqual(error._tag, "StoreUnavailable")
        assert.include(error.message, "no bus")

        // Sealing goes on, with a file, which changes nothing for what is sealed already.
        const inFile = yield* locked.vault.seal(token, ["ada"])
        assert.match(inFile, /^v1\.file\./u)
        assert.strictEqual((yield* Effect.flip(locked.vault.open(sealed, ["ada"])))._tag, "StoreUnavailable")

        yield* comply
        assert.strictEqual(Redacted.value(yield* locked.vault.open(sealed, ["ada"])), "token")
        assert.strictEqual(Redacted.value(yield* locked.vault.open(inFile, ["ada"])), "token")

        yield* Ref.set((yield* FakeKeychain).kept, new Map())
        assert.strictEqual((yield* Effect.flip((yield* start).vault.open(sealed, ["ada"])))._tag, "SealBroken")
      })
    ))

  it.effect("a process with a keychain and one without agree on the file when the file comes while a key is made", () =>
    withHome((home, start) =>
      Effect.gen(function*() {
        const { before } = yield* FakeKeychain
        const without = VaultKeysFile.layer.pipe(Layer.provide(layerAt(home)))
        const rival = Effect.flatMap(VaultKeys, (keys) => keys.current).pipe(Effect.provide(without), Effect.orDie)
        yield* Ref.set(before, (call) => call === "set" ? Effect.asVoid(rival) : Effect.void)
        const key = yield* (yield* start).keys.current
        assert.strictEqual(key.keeper, "file")
        assert.strictEqual(Redacted.value(encode(key.bytes)), Redacted.value(encode((yield* rival).bytes)))
      })
    ))

  it.effect("a key file that must not be used is not passed over for the keychain", () =>
    withHome((home, start) =>
      Effect.gen(function*() {
        const fs = yield* FileSystem.FileSystem
        yield* fs.symlink("/etc/hostname", `${home}/vault.key`)
        const { keys, vault } = yield* start
        const all: ReadonlyArray<Effect.Effect<unknown, StoreUnavailable>> = [
          keys.current,
          keys.keeper,
          vault.seal(token, [])
        ]
        for (const asked of all) {
          assert.propertyVal(yield* Effect.flip(Effect.asVoid(asked)), "_tag", "StoreUnavailable")
        }
        assert.deepStrictEqual(yield* keys.find("keychain"), Option.none())
      })
    ))
})
