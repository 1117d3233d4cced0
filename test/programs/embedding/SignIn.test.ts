/**
 * The composed sign-in in a program that has more than one: for two providers, or for a test within a test.
 */
import * as NodeServices from "@effect/platform-node/NodeServices"
import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, FileSystem, Layer, Option, Stream } from "effect"
import * as AuthEventsPubSub from "../../../src/layers/sign-in/AuthEventsPubSub.ts"
import * as SignIn from "../../../src/programs/embedding/SignIn.ts"
import * as SignInTesting from "../../../src/programs/embedding/SignInTesting.ts"
import { AuthorizationServer } from "../../../src/services/provider/AuthorizationServer.ts"
import { defaultAccountKey } from "../../../src/services/sign-in/AccountKey.ts"
import { AuthEvents } from "../../../src/services/sign-in/AuthEvents.ts"
import { AuthFlows } from "../../../src/services/sign-in/AuthFlows.ts"
import { Sessions } from "../../../src/services/sign-in/Sessions.ts"
import { FlowStore } from "../../../src/services/storage/FlowStore.ts"
import { Leases } from "../../../src/services/storage/Leases.ts"
import { SessionStore } from "../../../src/services/storage/SessionStore.ts"
import { Vault } from "../../../src/services/storage/Vault.ts"
import { ScriptedProvider } from "../../../src/services/testing/ScriptedProvider.ts"

/** What a part of the program has of the sign-in that it stands on. */
const had = Effect.gen(function*() {
  return {
    flows: yield* AuthFlows,
    sessions: yield* Sessions,
    provider: yield* AuthorizationServer,
    events: yield* AuthEvents,
    store: yield* SessionStore,
    flowStore: yield* FlowStore,
    leases: yield* Leases,
    vault: yield* Vault
  }
})
type Had = Effect.Success<typeof had>

class One extends Context.Service<One, Had>()("mcp-gas/test/programs/embedding/SignIn.test/One") {}
class Other extends Context.Service<Other, Had>()("mcp-gas/test/programs/embedding/SignIn.test/Other") {}

class Heard extends Context.Service<Heard, AuthEvents["Service"]>()(
  "mcp-gas/test/programs/embedding/SignIn.test/Heard"
) {}

const options = (name: string): SignIn.Options & SignIn.ProviderOptions => ({
  name,
  issuer: `https://${name}.example`,
  client: { clientId: name, clientSecret: Option.none() },
  scopes: ["openid"],
  browser: { _tag: "None" }
})

const shared = (one: Had, other: Had): ReadonlyArray<string> =>
  Object.entries(one).flatMap(([name, part]) => Object.values(other).includes(part) ? [name] : [])

const directory = FileSystem.FileSystem.use((fs) => fs.makeTempDirectoryScoped())

const kinds = {
  layer: (name: string) =>
    Layer.unwrap(Effect.map(directory, (at) => SignIn.layer({ ...options(name), directory: at }))),
  Google: (name: string) =>
    Layer.unwrap(Effect.map(directory, (at) => SignIn.Google({ ...options(name), directory: at }))),
  layerMemory: (name: string) => SignIn.layerMemory(options(name)),
  GoogleMemory: (name: string) => SignIn.GoogleMemory(options(name))
}

for (const kind of ["layer", "Google", "layerMemory", "GoogleMemory"] as const) {
  describe(`SignIn.${kind}`, () => {
    const one = kinds[kind]("one")
    const both = Effect.all([One, Other])

    it.effect("is another sign-in for each part of a program that makes one, with nothing in common", () =>
      Effect.gen(function*() {
        const other = kinds[kind]("other")
        const parts = Layer.mergeAll(
          Layer.provide(Layer.effect(One, had), one),
          Layer.provide(Layer.effect(Other, had), other)
        )
        assert.deepStrictEqual(shared(...yield* Effect.provide(both, parts)), [])
        const [outside, inside] = yield* Effect.all([had, Effect.provide(had, other)]).pipe(Effect.provide(one))
        assert.deepStrictEqual(shared(outside, inside), [])
      }).pipe(Effect.scoped, Effect.provide(NodeServices.layer)))

    it.effect("is one sign-in where it is made once, however often it is provided", () =>
      Effect.gen(function*() {
        const parts = Layer.mergeAll(
          Layer.provide(Layer.effect(One, had), one),
          Layer.provide(Layer.effect(Other, had), one)
        )
        const [first, second] = yield* Effect.provide(both, parts)
        assert.deepStrictEqual(shared(first, second), Object.keys(first))
      }).pipe(Effect.scoped, Effect.provide(NodeServices.layer)))
  })
}

describe("SignIn", () => {
  it.effect("tells what happens by the events that it is given, which the rest of the program has too", () =>
    Effect.gen(function*() {
      const heard = yield* Heard.use(({ subscribe }) => subscribe)
      const { cancel, start } = yield* AuthFlows
      yield* start(defaultAccountKey, { openBrowser: false })
      assert.deepStrictEqual(
        Array.from(yield* Stream.runCollect(Stream.take(heard, 1)), ({ _tag }) => _tag),
        ["FlowStarted"]
      )
      yield* cancel(defaultAccountKey)
    }).pipe(
      Effect.scoped,
      Effect.provide(
        Layer.provide(
          Layer.merge(
            SignIn.GoogleMemory({ ...options("one"), events: AuthEventsPubSub.layer }),
            Layer.provide(Layer.effect(Heard, AuthEvents), AuthEventsPubSub.layer)
          ),
          NodeServices.layer
        )
      )
    ))

  it.effect("asks Google for a refresh token where nothing is kept as well, and needs no network to know it", () =>
    Effect.gen(function*() {
      const { cancel, start } = yield* AuthFlows
      const started = yield* start(defaultAccountKey, { openBrowser: false })
      assert.strictEqual(started._tag, "Began")
      if (started._tag === "AlreadyAuthenticated") return
      const asked = new URL(started.flow.authorizationUrl)
      assert.strictEqual(asked.origin, "https://accounts.google.com")
      assert.strictEqual(asked.searchParams.get("access_type"), "offline")
      yield* cancel(defaultAccountKey)
    }).pipe(Effect.provide(Layer.provide(SignIn.GoogleMemory(options("one")), NodeServices.layer))))
})

describe("SignInTesting", () => {
  const signedIn = Effect.gen(function*() {
    const { start } = yield* AuthFlows
    const started = yield* start(defaultAccountKey, { openBrowser: true })
    if (started._tag !== "AlreadyAuthenticated") yield* started.flow.outcome
    return started._tag
  })

  it.effect("knows nothing of another one that it is used within", () =>
    Effect.gen(function*() {
      assert.strictEqual(yield* signedIn, "Began")
      assert.strictEqual(yield* Effect.provide(signedIn, SignInTesting.layer()), "Began")
      assert.strictEqual((yield* ScriptedProvider.use(({ counts }) => counts)).exchanges, 1)
      assert.strictEqual(yield* signedIn, "AlreadyAuthenticated")
    }).pipe(Effect.provide(SignInTesting.layer())))
})
