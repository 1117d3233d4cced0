/**
 * What is said of the callback port, with real listeners: it is free again at once.
 */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import * as CallbackCheck from "../../../src/layers/doctor/CallbackCheck.ts"
import * as LoopbackListenerHttp from "../../../src/layers/sign-in/LoopbackListenerHttp.ts"
import type { ProcessState } from "../../../src/services/doctor/ProcessStates.ts"
import type { FlowSeen, StoreSeen } from "../../../src/services/doctor/StoreSeen.ts"
import { LoopbackListener, LoopbackListenFailed } from "../../../src/services/sign-in/LoopbackListener.ts"
import {
  flowSeen,
  layerConfig,
  layerNoStore,
  layerProcesses,
  layerStore,
  only,
  run,
  textOf
} from "../../support/doctor.ts"
import { unavailable } from "../../support/sessionData.ts"

interface Scene {
  readonly pending?: ReadonlyArray<FlowSeen>
  readonly process?: ProcessState
  readonly store?: Layer.Layer<StoreSeen>
  readonly loopback?: Layer.Layer<LoopbackListener>
}

const callback = (port: number | undefined, { loopback, pending = [], process = "running", store }: Scene = {}) =>
  run(CallbackCheck.make).pipe(
    Effect.map(only),
    Effect.provide([
      layerConfig(port === undefined ? {} : { MCP_GAS_CALLBACK_PORT: String(port) }),
      layerProcesses(process),
      store ?? layerStore({ pending }),
      loopback ?? LoopbackListenerHttp.layer
    ])
  )

/** Listens on a port until the Scope closes. */
const taken = LoopbackListenerHttp.listen(undefined, () => Effect.succeed({ status: 204, headers: {}, body: "" }))

describe("CallbackCheck", () => {
  it.live("any port is in order, and so is a fixed one that is free, as often as it is looked at", () =>
    Effect.gen(function*() {
      assert.strictEqual(textOf(yield* callback(undefined)), "A sign-in listens on any free port.")
      const port = yield* Effect.scoped(taken)
      assert.strictEqual(textOf(yield* callback(port)), `Port ${port} is free.`)
      assert.strictEqual(textOf(yield* callback(port)), `Port ${port} is free.`)
    }))

  it.live("a fixed one that somebody has is a problem, in the words that a sign-in has for it", () =>
    Effect.gen(function*() {
      const port = yield* taken
      const finding = yield* callback(port)
      assert.strictEqual(finding.level, "problem")
      assert.include(textOf(finding), `Port ${port} is in use`)
      assert.include(textOf(finding), "another callback port")
      const unknown = yield* callback(port, { store: layerNoStore(unavailable) })
      assert.strictEqual(unknown.level, "problem")
    }))

  it.live("it may be our own while a sign-in is under way, and is not once its process has died", () =>
    Effect.gen(function*() {
      const port = yield* taken
      const finding = yield* callback(port, { pending: [flowSeen()] })
      assert.strictEqual(finding.level, "warning")
      assert.match(textOf(finding), new RegExp(`Port ${port} is in use while the sign-in of "default" is under way`))
      assert.strictEqual((yield* callback(port, { pending: [flowSeen()], process: "gone" })).level, "problem")
    }))

  it.live("where nothing may listen on the loopback address, a sign-in under way is no excuse", () =>
    Effect.gen(function*() {
      const loopback = Layer.succeed(LoopbackListener, {
        listen: () => Effect.fail(new LoopbackListenFailed({ reason: "EPERM" }))
      })
      const finding = yield* callback(undefined, { loopback, pending: [flowSeen()] })
      assert.strictEqual(finding.level, "problem")
      assert.include(textOf(finding), "could not be opened (EPERM)")
    }))

  it.live("one that cannot be read is not looked at", () =>
    Effect.gen(function*() {
      assert.include(textOf(yield* callback(80)), "See what is said of configuration")
    }))
})
