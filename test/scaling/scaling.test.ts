/**
 * What `docs/scaling.md` shows is what is compiled here, and a callback that is served elsewhere finishes a sign-in of
 * any process.
 */
import { assert, describe, it } from "@effect/vitest"
import { Context, Duration, Effect, Fiber, Layer } from "effect"
import { SecureRandom } from "effect/crypto"
import { readFileSync } from "node:fs"
import * as AuthFlowsFibers from "../../src/layers/sign-in/AuthFlowsFibers.ts"
import * as KeyedLockMemory from "../../src/layers/sign-in/KeyedLockMemory.ts"
import * as SessionsSynchronized from "../../src/layers/sign-in/SessionsSynchronized.ts"
import * as FlowStoreMemory from "../../src/layers/storage/FlowStoreMemory.ts"
import * as LeasesMemory from "../../src/layers/storage/LeasesMemory.ts"
import * as SessionStoreMemory from "../../src/layers/storage/SessionStoreMemory.ts"
import { AuthFlows } from "../../src/services/sign-in/AuthFlows.ts"
import { Checkpoints } from "../support/checkpoints.ts"
import { FakeBrowser } from "../support/fakeBrowser.ts"
import * as FakeProvider from "../support/fakeProvider.ts"
import * as RecordedEvents from "../support/recordedEvents.ts"
import { flowOf, work } from "../support/signIn.ts"
import * as CallbackServerElsewhere from "./CallbackServerElsewhere.ts"

const read = (file: string) => readFileSync(new URL(file, import.meta.url), "utf8").replaceAll("\r\n", "\n")

/** The example as a page prints it: without the words about itself, from the library. */
const asPrinted = (file: string) =>
  read(file).replace(/^\/\*\*.*?\*\/\n/s, "").replace("../../src/index.ts", "mcp-gas").trim()

const printed = [...read("../../docs/scaling.md").matchAll(/^```ts\n(.*?)\n```$/gms)].map(([, code]) => code)

const redirectUri = "https://app.example.com/signed-in"

/** What instances share, wherever they run. */
const layerShared = Layer.mergeAll(SessionStoreMemory.layer, FlowStoreMemory.layer, LeasesMemory.layer).pipe(
  Layer.provideMerge([FakeProvider.layer, FakeBrowser.layer]),
  Layer.provideMerge([Checkpoints.layer, RecordedEvents.layer, SecureRandom.layerWebCrypto])
)

/** An instance of its own. */
const instance = Effect.map(
  Layer.build(Layer.fresh(
    AuthFlowsFibers.layer({ scopes: ["email"], timeout: Duration.minutes(5) }).pipe(
      Layer.provide(SessionsSynchronized.layer),
      Layer.provide([CallbackServerElsewhere.layer(redirectUri), KeyedLockMemory.layer])
    )
  )),
  (context) => Context.get(context, AuthFlows)
)

describe("docs/scaling.md", () => {
  it("prints what is compiled", () => {
    assert.deepStrictEqual(
      printed,
      ["LeasesAdvisory.ts", "CallbackServerElsewhere.ts"].map((file) => asPrinted(`./${file}`))
    )
  })

  it.live("a public callback finishes the sign-in of another instance, once, and nothing else does", () =>
    Effect.gen(function*() {
      const [one, other] = [yield* instance, yield* instance]
      const flow = yield* Effect.flatMap(one.start(work, { openBrowser: false }), flowOf)
      assert.strictEqual(flow.redirectUri, redirectUri)
      const waiting = yield* Effect.forkChild(flow.outcome)
      const answer = FakeProvider.consented(flow)
      const forged = yield* Effect.flip(other.complete(work, `${redirectUri}?code=stolen&state=guess`))
      assert.strictEqual(forged._tag, "NotThisSignIn")
      const sessions = yield* Effect.all([other.complete(work, answer), one.complete(work, answer)], {
        concurrency: "unbounded"
      })
      const session = yield* Fiber.join(waiting)
      assert.deepStrictEqual(sessions.map(({ generation }) => generation), [session.generation, session.generation])
      assert.lengthOf((yield* FakeProvider.FakeProvider).codes, 1)
    }).pipe(Effect.provide(layerShared)))
})
