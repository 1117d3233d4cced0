/**
 * The checks of what is kept share one look at the store, and the next examination looks anew.
 */
import { NodeFileSystem, NodePath } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Ref } from "effect"
import * as Check from "../../../src/layers/doctor/Check.ts"
import * as KeptChecks from "../../../src/layers/doctor/KeptChecks.ts"
import { LeasesSeen } from "../../../src/services/doctor/LeasesSeen.ts"
import { StoreSeen } from "../../../src/services/doctor/StoreSeen.ts"
import { defaultAccountKey } from "../../../src/services/sign-in/AccountKey.ts"
import { DefaultAccount } from "../../../src/services/sign-in/DefaultAccount.ts"
import { LoopbackListener } from "../../../src/services/sign-in/LoopbackListener.ts"
import { DataDirectory } from "../../../src/services/storage/DataDirectory.ts"
import { VaultKeys } from "../../../src/services/storage/VaultKeys.ts"
import { layerConfig, layerProcesses, layerStore } from "../../support/doctor.ts"
import { unavailable } from "../../support/sessionData.ts"

/** Nothing is kept anywhere. */
const layerNothing = Layer.mergeAll(
  NodeFileSystem.layer,
  NodePath.layer,
  layerConfig(),
  layerProcesses("running"),
  Layer.succeed(DataDirectory, { path: "/nonexistent/gas", ready: Effect.void }),
  Layer.succeed(DefaultAccount, { get: Effect.succeed(defaultAccountKey), choose: () => Effect.void }),
  Layer.succeed(LoopbackListener, { listen: () => Effect.succeed(1) }),
  Layer.succeed(LeasesSeen, { held: () => Effect.succeedNone }),
  Layer.succeed(VaultKeys, {
    current: Effect.fail(unavailable),
    find: () => Effect.succeedNone,
    keeper: Effect.succeed("file" as const)
  })
)

describe("KeptChecks", () => {
  it.effect("looks at the store once for each examination", () =>
    Effect.gen(function*() {
      const looks = yield* Ref.make(0)
      const counting = Layer.effect(
        StoreSeen,
        Effect.map(StoreSeen, (store) => ({
          ...store,
          look: Effect.andThen(Ref.update(looks, (count) => count + 1), store.look)
        }))
      ).pipe(Layer.provide(layerStore()))
      yield* Effect.gen(function*() {
        const { begin } = yield* KeptChecks.KeptChecks
        for (const examination of [1, 2]) {
          const findings = yield* Effect.forEach(yield* begin, Check.examined, { concurrency: "unbounded" })
          assert.isAbove(findings.flat().length, 4)
          assert.strictEqual(yield* Ref.get(looks), examination)
        }
      }).pipe(Effect.provide(KeptChecks.layer.pipe(Layer.provide([layerNothing, counting]))))
    }))
})
