/**
 * The example of the README, word for word but for where the library is: it compiles, and the layers fit together.
 */
import * as NodeServices from "@effect/platform-node/NodeServices"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Option } from "effect"
import { AuthFlows, defaultAccountKey, Sessions, SignIn } from "../src/index.ts"

/** Needs a file system and processes: `Layer.provide(NodeServices.layer)` of `@effect/platform-node`. */
const Acme = SignIn.layer({
  name: "acme-mcp",
  title: "Acme",
  issuer: "https://accounts.example.com",
  client: { clientId: "my-client", clientSecret: Option.none() },
  scopes: ["openid", "email"]
})

const token = Effect.gen(function*() {
  const flows = yield* AuthFlows
  const started = yield* flows.start(defaultAccountKey, { openBrowser: true })
  if (started._tag !== "AlreadyAuthenticated") yield* started.flow.outcome
  const sessions = yield* Sessions
  return yield* sessions.accessToken(defaultAccountKey)
})

describe("the README's example", () => {
  it.effect("builds, and touches neither network nor disk before it has to", () =>
    Effect.gen(function*() {
      const flows = yield* AuthFlows
      assert.deepStrictEqual(flows.scopes, ["openid", "email"])
      assert.isTrue(Effect.isEffect(token))
    }).pipe(Effect.provide(Layer.provide(Acme, NodeServices.layer))))
})
