/**
 * What is said of the account that is meant by who names none, with real files, which stay as they are.
 */
import { NodeServices } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { SecureRandom } from "effect/crypto"
import { chmodSync, symlinkSync, writeFileSync } from "node:fs"
import * as DefaultAccountCheck from "../../../src/layers/doctor/DefaultAccountCheck.ts"
import * as DataDirectoryFileSystem from "../../../src/layers/storage/DataDirectoryFileSystem.ts"
import * as DefaultAccountFile from "../../../src/layers/storage/DefaultAccountFile.ts"
import type { StoreSeen } from "../../../src/services/doctor/StoreSeen.ts"
import { AccountKey } from "../../../src/services/sign-in/AccountKey.ts"
import { DefaultAccount } from "../../../src/services/sign-in/DefaultAccount.ts"
import { everythingIn, layerNoStore, layerStore, only, run, signedIn, slotSeen, textOf } from "../../support/doctor.ts"
import { needsSignIn, unavailable } from "../../support/sessionData.ts"
import { temporary } from "../../support/vaultKeys.ts"

const work = AccountKey.make("work")

const layerAt = (at: string) =>
  DefaultAccountFile.layer.pipe(
    Layer.provideMerge(DataDirectoryFileSystem.layerAt(at)),
    Layer.provide(SecureRandom.layerWebCrypto),
    Layer.provideMerge(NodeServices.layer)
  )

const check = Effect.fnUntraced(function*(at: string, store: Layer.Layer<StoreSeen> = layerStore()) {
  const before = everythingIn(at)
  const findings = yield* Effect.provide(run(DefaultAccountCheck.make), [layerAt(at), store])
  assert.deepStrictEqual(everythingIn(at), before)
  return findings
})

/** A data directory where `work` was chosen. */
const chosen = Effect.gen(function*() {
  const at = yield* temporary
  yield* Effect.provide(DefaultAccount.use(({ choose }) => choose(work)), layerAt(at))
  return { at, file: `${at}/default-account` }
})

describe("DefaultAccountCheck", () => {
  it.effect("where nobody has chosen, there is nothing to say", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* check(yield* temporary), [])
    }))

  it.effect("one that somebody has signed in to is in order, whatever has become of that; so is the usual one", () =>
    Effect.gen(function*() {
      const { at, file } = yield* chosen
      for (const slot of [signedIn({}, { key: work }), slotSeen(needsSignIn("revoked"), { key: work })]) {
        const finding = only(yield* check(at, layerStore({ slots: [slot] })))
        assert.strictEqual(textOf(finding), "\"work\" is the account that is meant by whoever names none.")
      }
      const unreadable = { ...signedIn({}, { key: work }), slot: Effect.fail(unavailable) }
      assert.strictEqual(only(yield* check(at, layerStore({ slots: [unreadable] }))).level, "ok")
      writeFileSync(file, "default\n")
      assert.strictEqual(only(yield* check(at)).level, "ok")
    }))

  it.effect("one that nobody is signed in to is a warning", () =>
    Effect.gen(function*() {
      const { at } = yield* chosen
      for (const slots of [[], [signedIn()], [slotSeen({ _tag: "SignedOut" }, { key: work })]]) {
        const finding = only(yield* check(at, layerStore({ slots })))
        assert.strictEqual(finding.level, "warning")
        assert.include(textOf(finding), "nobody is signed in there. Sign in: mcp-gas login --account work.")
      }
    }))

  it.effect("a file that names none, or is none, is a problem", () =>
    Effect.gen(function*() {
      const { at, file } = yield* chosen
      writeFileSync(file, "\n")
      const damaged = only(yield* check(at))
      assert.strictEqual(damaged.level, "problem")
      assert.include(textOf(damaged), "holds no name of an account")
      assert.include(textOf(damaged), "Choose the default account again")
      const other = yield* temporary
      symlinkSync(file, `${other}/default-account`)
      assert.strictEqual(only(yield* check(other)).level, "problem")
    }))

  it.effect("a file that others may read is a warning, and stays as open as it is", () =>
    Effect.gen(function*() {
      const { at, file } = yield* chosen
      chmodSync(file, 0o644)
      const finding = only(yield* check(at))
      assert.strictEqual(finding.level, "warning")
      assert.include(textOf(finding), "(mode 644)")
    }))

  it.effect("a store that cannot be looked at is somebody else's finding", () =>
    Effect.gen(function*() {
      const { at } = yield* chosen
      assert.include(textOf(only(yield* check(at, layerNoStore(unavailable)))), "See what is said of store")
    }))
})
