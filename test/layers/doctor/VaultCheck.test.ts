/**
 * What is said of the key of the stored tokens, with real key files and a keychain that does what the test says.
 */
import { NodeCrypto, NodeFileSystem, NodePath } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Layer, Queue, Ref } from "effect"
import { TestClock } from "effect/testing"
import { chmodSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs"
import * as StoreSeenSqlite from "../../../src/layers/doctor/StoreSeenSqlite.ts"
import * as VaultCheck from "../../../src/layers/doctor/VaultCheck.ts"
import * as VaultKeysSeen from "../../../src/layers/doctor/VaultKeysSeen.ts"
import * as StoresFile from "../../../src/layers/storage/StoresFile.ts"
import * as VaultAead from "../../../src/layers/storage/VaultAead.ts"
import * as VaultKeysPreferred from "../../../src/layers/storage/VaultKeysPreferred.ts"
import type { StoreSeen } from "../../../src/services/doctor/StoreSeen.ts"
import { KeychainUnavailable } from "../../../src/services/storage/Keychain.ts"
import { SessionStore } from "../../../src/services/storage/SessionStore.ts"
import { VaultKeys } from "../../../src/services/storage/VaultKeys.ts"
import { everythingIn, layerNoStore, levelsOf, run, texts } from "../../support/doctor.ts"
import { ada, generation, signIn, unavailable } from "../../support/sessionData.ts"
import { FakeKeychain, layerAt, layerFakeKeychain, temporary } from "../../support/vaultKeys.ts"

const refuses = () => Effect.fail(new KeychainUnavailable({ why: "it is locked" }))

/** A sign-in of Ada's, sealed as a server would. */
const signedIn = (at: string) =>
  SessionStore.use((store) => store.write(ada, generation(0), signIn())).pipe(
    Effect.provide(
      StoresFile.layer.pipe(
        Layer.provide(VaultAead.layer),
        Layer.provide(VaultKeysPreferred.layer),
        Layer.provide(layerAt(at))
      )
    )
  )

const check = Effect.fnUntraced(function*(at: string, store?: Layer.Layer<StoreSeen>) {
  const before = everythingIn(at)
  const keys = VaultKeysSeen.layer
  const seen = store ?? StoreSeenSqlite.layer.pipe(Layer.provide(VaultAead.layer), Layer.provide(keys))
  const findings = yield* run(VaultCheck.make).pipe(
    Effect.provide(Layer.merge(seen, keys).pipe(Layer.provideMerge(layerAt(at))))
  )
  assert.deepStrictEqual(everythingIn(at), before)
  return findings
})

const calls = FakeKeychain.use(({ calls: asked }) => Queue.clear(asked))
const set = (before: () => Effect.Effect<void, KeychainUnavailable>) =>
  FakeKeychain.use((keychain) => Ref.set(keychain.before, before))

const keyFile = (at: string) => `${at}/vault.key`

/** A home with a key file, and a sign-in sealed with it. */
const withFile = Effect.gen(function*() {
  const at = yield* temporary
  yield* set(refuses)
  yield* signedIn(at)
  yield* calls
  return at
})

/** A home whose key the keychain has, and a sign-in sealed with it. */
const withKeychain = Effect.gen(function*() {
  const at = yield* temporary
  yield* signedIn(at)
  yield* calls
  return at
})

describe("VaultCheck", () => {
  it.effect("the key in a file: tokens can be opened, and nobody's keychain is asked", () =>
    Effect.gen(function*() {
      const at = yield* withFile
      assert.deepStrictEqual(texts(yield* check(at)), [
        `The key is kept in ${keyFile(at)}, which only this user can read.`,
        "The tokens of 1 account can be opened."
      ])
      assert.deepStrictEqual(yield* calls, [])
    }).pipe(Effect.provide(layerFakeKeychain)))

  it.effect("a key file that others may read is a warning, and stays as open as it is", () =>
    Effect.gen(function*() {
      const at = yield* withFile
      chmodSync(keyFile(at), 0o644)
      const findings = yield* check(at)
      assert.deepStrictEqual(levelsOf(findings, "vault"), ["warning", "ok"])
      assert.include(texts(findings).join(), "(mode 644)")
      assert.strictEqual(statSync(keyFile(at)).mode & 0o777, 0o644)
    }).pipe(Effect.provide(layerFakeKeychain)))

  it.effect("a key that is gone, or another one, is a problem that names the account", () =>
    Effect.gen(function*() {
      const at = yield* withFile
      renameSync(keyFile(at), `${at}/elsewhere`)
      const gone = yield* check(at)
      assert.deepStrictEqual(levelsOf(gone, "vault"), ["ok", "problem"])
      assert.include(texts(gone)[0], "The key is gone; the next one is kept in a file")
      assert.include(texts(gone).join(), `The stored tokens of "ada@example.com" cannot be opened`)
      assert.notInclude(texts(gone).join(), "access-1")
      writeFileSync(keyFile(at), "A".repeat(43), { mode: 0o600 })
      assert.deepStrictEqual(levelsOf(yield* check(at), "vault"), ["ok", "problem"])
    }).pipe(Effect.provide(layerFakeKeychain)))

  it.effect("a key file that holds none is a problem, and none of it is told", () =>
    Effect.gen(function*() {
      const at = yield* withFile
      writeFileSync(keyFile(at), "canary-key")
      const findings = yield* check(at)
      assert.include(levelsOf(findings, "vault"), "problem")
      assert.include(texts(findings).join(), "does not hold a key")
      assert.notInclude(texts(findings).join(), "canary")
    }).pipe(Effect.provide(layerFakeKeychain)))

  it.effect("the key in the keychain: asked, never written to", () =>
    Effect.gen(function*() {
      const at = yield* withKeychain
      assert.deepStrictEqual(texts(yield* check(at)), [
        "The key is kept by the system's keychain.",
        "The tokens of 1 account can be opened."
      ])
      assert.notInclude(yield* calls, "set")
    }).pipe(Effect.provide(layerFakeKeychain)))

  it.effect("a keychain that is locked is a problem once something was sealed with its key", () =>
    Effect.gen(function*() {
      const at = yield* withKeychain
      yield* set(refuses)
      const findings = yield* check(at)
      assert.deepStrictEqual(levelsOf(findings, "vault"), ["problem"])
      assert.include(texts(findings).join(), "it is locked")
      assert.include(texts(findings).join(), "Unlock the keychain")
    }).pipe(Effect.provide(layerFakeKeychain)))

  it.effect("one that says nothing is given up before the examination is", () =>
    Effect.gen(function*() {
      const at = yield* withKeychain
      yield* set(() => Effect.never)
      const fiber = yield* Effect.forkChild(check(at), { startImmediately: true })
      yield* FakeKeychain.use(({ calls: asked }) => Queue.take(asked))
      yield* TestClock.adjust("3 seconds")
      const findings = yield* Fiber.join(fiber)
      assert.deepStrictEqual(levelsOf(findings, "vault"), ["problem"])
      assert.include(texts(findings).join(), "did not answer within 3 seconds")
    }).pipe(Effect.provide(layerFakeKeychain)))

  it.effect("before there is a key, it says who will keep it, and makes none", () =>
    Effect.gen(function*() {
      const at = yield* temporary
      assert.deepStrictEqual(texts(yield* check(at)), [
        "There is no key yet; the system's keychain can be used and will keep the next one."
      ])
      yield* set(refuses)
      const findings = yield* check(at)
      assert.deepStrictEqual(levelsOf(findings, "vault"), ["ok"])
      assert.deepStrictEqual(texts(findings), [
        "There is no key yet; the next one is kept in a file that only this user can read, " +
        "since no keychain of the system can be used here."
      ])
      assert.notInclude(yield* calls, "set")
    }).pipe(Effect.provide(layerFakeKeychain)))

  it.effect("a store that cannot be looked at does not hide who keeps the key", () =>
    Effect.gen(function*() {
      const at = yield* withFile
      rmSync(`${at}/sessions.db`)
      assert.deepStrictEqual(levelsOf(yield* check(at, layerNoStore(unavailable)), "vault"), ["ok"])
    }).pipe(Effect.provide(layerFakeKeychain)))

  it.effect("where neither can be looked at, it does not say that there is no key", () =>
    Effect.gen(function*() {
      const at = yield* withKeychain
      yield* set(refuses)
      const findings = yield* check(at, layerNoStore(unavailable))
      assert.deepStrictEqual(levelsOf(findings, "vault"), ["warning"])
      assert.include(texts(findings).join(), "could not be found out")
    }).pipe(Effect.provide(layerFakeKeychain)))

  it.effect("whoever examines cannot seal", () =>
    Effect.gen(function*() {
      const at = yield* temporary
      const error = yield* VaultKeys.use(({ current }) => Effect.flip(current)).pipe(
        Effect.provide(
          VaultKeysSeen.layer.pipe(
            Layer.provide([layerAt(at), NodeFileSystem.layer, NodePath.layer, NodeCrypto.layerSecureRandom])
          )
        )
      )
      assert.include(error.message, "makes no key")
      assert.notInclude(yield* calls, "set")
    }).pipe(Effect.provide(layerFakeKeychain)))
})
