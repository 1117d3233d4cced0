import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Fiber, Layer, Option, Queue, Redacted, Ref } from "effect"
import { TestClock } from "effect/testing"
import * as VaultKeysKeychain from "../../../src/layers/storage/VaultKeysKeychain.ts"
import { encode } from "../../../src/layers/storage/VaultKeyText.ts"
import { KeychainUnavailable } from "../../../src/services/storage/Keychain.ts"
import type { StoreUnavailable } from "../../../src/services/storage/SessionStore.ts"
import { VaultKeys } from "../../../src/services/storage/VaultKeys.ts"
import { bytesOf, FakeKeychain, keyOf, layerAt, layerFakeKeychain, printed } from "../../support/vaultKeys.ts"

/** Whatever is asked of the keys. */
type Asked = Effect.Effect<unknown, StoreUnavailable>

const home = "/home/ada/gas"

/** One process of those that share the keychain. */
const layer = Layer.fresh(VaultKeysKeychain.layer).pipe(Layer.provideMerge(layerAt(home)))
const alone = layer.pipe(Layer.provideMerge(layerFakeKeychain))

const other = keyOf("keychain", 9)
const textOf = (key: typeof other) => Redacted.value(encode(key.bytes))
const keeps = (text: string) => Effect.flatMap(FakeKeychain, ({ kept }) => Ref.set(kept, new Map([[home, text]])))
const locked = () => new KeychainUnavailable({ why: "it is locked" })
const refuse = Effect.flatMap(FakeKeychain, ({ before }) => Ref.set(before, () => locked()))
const hangs = (call: "get" | "set") =>
  Effect.flatMap(FakeKeychain, ({ before }) => Ref.set(before, (asked) => asked === call ? Effect.never : Effect.void))

describe("VaultKeysKeychain", () => {
  it.effect("makes one key, keeps it for the data directory, and gives the same one to all callers", () =>
    Effect.gen(function*() {
      const keys = yield* VaultKeys
      const fake = yield* FakeKeychain
      assert.deepStrictEqual(yield* keys.find("keychain"), Option.none())
      assert.strictEqual(yield* keys.keeper, "keychain")
      assert.strictEqual((yield* Ref.get(fake.kept)).size, 0)

      yield* Ref.set(fake.before, () => Effect.yieldNow)
      const made = yield* Effect.replicateEffect(keys.current, 200, { concurrency: "unbounded" })
      const [key = other] = made
      assert.strictEqual(new Set(made.map((each) => textOf(each))).size, 1)
      assert.strictEqual(bytesOf(key).length, 32)
      assert.deepStrictEqual(Array.from(yield* Ref.get(fake.kept)), [[home, textOf(key)]])
      const calls = yield* Queue.takeAll(fake.calls)
      assert.strictEqual(calls.filter((call) => call === "set").length, 1)

      // Believed without asking.
      assert.strictEqual(textOf(yield* keys.current), textOf(key))
      assert.deepStrictEqual(Option.map(yield* keys.find("keychain"), textOf), Option.some(textOf(key)))
      assert.strictEqual(yield* Queue.size(fake.calls), 0)
      assert.deepStrictEqual(yield* keys.find("file"), Option.none())
    }).pipe(Effect.provide(alone)))

  it.effect("a key that is there is used and not written", () =>
    Effect.gen(function*() {
      yield* keeps(textOf(other))
      const keys = yield* VaultKeys
      assert.strictEqual(textOf(yield* keys.current), textOf(other))
      assert.deepStrictEqual(yield* Queue.takeAll((yield* FakeKeychain).calls), ["get"])
    }).pipe(Effect.provide(alone)))

  it.effect("whoever writes a key uses what is there afterwards", () =>
    Effect.gen(function*() {
      const { before, kept } = yield* FakeKeychain
      // Another process writes between our writing and our reading back.
      const sets = yield* Ref.make(0)
      yield* Ref.set(before, (call) =>
        Effect.gen(function*() {
          if (call === "set") return yield* Ref.update(sets, (count) => count + 1)
          if ((yield* Ref.get(sets)) > 0) yield* Ref.set(kept, new Map([[home, textOf(other)]]))
        }))
      const keys = yield* VaultKeys
      assert.strictEqual(textOf(yield* keys.current), textOf(other))
      assert.strictEqual(textOf(yield* keys.current), textOf(other))
    }).pipe(Effect.provide(alone)))

  it.effect("processes that make a key at once all have the last writer's a minute later", () =>
    Effect.gen(function*() {
      const fake = yield* FakeKeychain
      const processes = yield* Effect.replicateEffect(Effect.provide(VaultKeys, layer), 8)
      // All find none before any of them writes.
      const looked = yield* Ref.make(0)
      const all = yield* Queue.unbounded<void>()
      yield* Ref.set(fake.before, (call) =>
        call === "get"
          ? Effect.void
          : Effect.gen(function*() {
            if ((yield* Ref.updateAndGet(looked, (count) => count + 1)) === 8) {
              yield* Queue.offerAll(all, Array(8).fill(undefined))
            }
            yield* Queue.take(all)
          }))
      yield* Effect.forEach(processes, (keys) => keys.current, { concurrency: "unbounded" })
      assert.strictEqual(yield* Ref.get(looked), 8)
      yield* TestClock.adjust("1 minute")
      const after = yield* Effect.forEach(processes, (keys) => keys.current, { concurrency: "unbounded" })
      assert.deepStrictEqual(Array.from(new Set(after.map(textOf))), Array.from((yield* Ref.get(fake.kept)).values()))
    }).pipe(Effect.provide(layerFakeKeychain)))

  it.effect("a keychain that says nothing is given up after 3 seconds and not before, by all callers together", () =>
    Effect.gen(function*() {
      const keys = yield* VaultKeys
      const { calls } = yield* FakeKeychain
      yield* hangs("get")
      const asked: ReadonlyArray<Asked> = [keys.current, keys.current, keys.find("keychain"), keys.keeper]
      const fibers = yield* Effect.forEach(
        asked,
        (each) => Effect.forkChild(Effect.flip(Effect.asVoid(each)))
      )
      assert.strictEqual(yield* Queue.take(calls), "get")
      yield* TestClock.adjust("2999 millis")
      assert.isTrue(fibers.every((fiber) => fiber.pollUnsafe() === undefined))
      yield* TestClock.adjust("1 millis")
      for (const error of yield* Fiber.joinAll(fibers)) {
        assert.include(String(error), "it did not answer within 3 seconds")
        assert.propertyVal(error, "_tag", "StoreUnavailable")
        assert.property(error, "remedy")
      }
      assert.deepStrictEqual(yield* Queue.takeAll(calls), ["given up"])
    }).pipe(Effect.provide(alone)))

  it.effect("one that does not take a key is given up, too", () =>
    Effect.gen(function*() {
      const keys = yield* VaultKeys
      const { calls } = yield* FakeKeychain
      yield* hangs("set")
      const fiber = yield* Effect.forkChild(Effect.flip(keys.current))
      assert.deepStrictEqual([yield* Queue.take(calls), yield* Queue.take(calls)], ["get", "set"])
      yield* TestClock.adjust("3 seconds")
      assert.include((yield* Fiber.join(fiber)).message, "did not answer")
    }).pipe(Effect.provide(alone)))

  it.effect("one that takes a key and keeps none is of no use", () =>
    Effect.gen(function*() {
      const { before, kept } = yield* FakeKeychain
      yield* Ref.set(before, () => Ref.set(kept, new Map()))
      const error = yield* Effect.flip(Effect.flatMap(VaultKeys, (keys) => keys.current))
      assert.include(error.message, "does not keep")
    }).pipe(Effect.provide(alone)))

  it.effect("one that refuses is out of reach: not an empty one; and is asked again by the next call", () =>
    Effect.gen(function*() {
      const keys = yield* VaultKeys
      const { before } = yield* FakeKeychain
      yield* keeps(textOf(other))
      yield* refuse
      const all: ReadonlyArray<Asked> = [keys.find("keychain"), keys.current, keys.keeper]
      for (const asked of all) {
        const error = yield* Effect.flip(Effect.asVoid(asked))
        assert.propertyVal(error, "code", "store_unavailable")
        assert.include(String(error), "it is locked")
      }
      yield* Ref.set(before, () => Effect.void)
      assert.strictEqual(textOf(yield* keys.current), textOf(other))
    }).pipe(Effect.provide(alone)))

  it.effect("a key this process knows stays in use while the keychain is locked, and is let go of when it is replaced", () =>
    Effect.gen(function*() {
      const keys = yield* VaultKeys
      const { before } = yield* FakeKeychain
      const key = yield* keys.current
      yield* TestClock.adjust("1 minute")
      yield* refuse
      assert.strictEqual(textOf(yield* keys.current), textOf(key))
      assert.deepStrictEqual(Option.map(yield* keys.find("keychain"), textOf), Option.some(textOf(key)))

      yield* Ref.set(before, () => Effect.void)
      yield* keeps(textOf(other))
      yield* TestClock.adjust("1 minute")
      assert.strictEqual(textOf(yield* keys.current), textOf(other))

      yield* Ref.set((yield* FakeKeychain).kept, new Map())
      yield* TestClock.adjust("1 minute")
      assert.deepStrictEqual(yield* keys.find("keychain"), Option.none())
      yield* refuse
      assert.isTrue(Exit.isFailure(yield* Effect.exit(keys.find("keychain"))))
    }).pipe(Effect.provide(alone)))

  it.effect("what is no key is neither used nor replaced, and printed nowhere", () =>
    Effect.gen(function*() {
      const keys = yield* VaultKeys
      const { kept } = yield* FakeKeychain
      const short = textOf(keyOf("keychain", 9, 31))
      for (
        const text of [
          "",
          "canary garbage",
          short,
          `${textOf(other)}=`,
          `${textOf(other)}\n`,
          `${textOf(other).slice(0, -1)}l`
        ]
      ) {
        yield* keeps(text)
        const all: ReadonlyArray<Asked> = [keys.current, keys.find("keychain")]
        for (const asked of all) {
          const exit = yield* Effect.exit(asked)
          assert.include(String(exit), "is not a key")
          if (text !== "") { for (const line of printed(exit)) assert.notInclude(line, text.trim()) }
        }
        assert.deepStrictEqual(Array.from((yield* Ref.get(kept)).values()), [text])
      }
    }).pipe(Effect.provide(alone)))
})
