/**
 * A local Google, a person and homes for windows.
 */
import * as NodeServices from "@effect/platform-node/NodeServices"
import { Duration, Effect, FileSystem, Layer, Queue } from "effect"
import { FetchHttpClient } from "effect/http"
import { tmpdir } from "node:os"
import * as LocalGoogleOidc from "../../src/layers/local-google/LocalGoogleOidc.ts"
import * as PersonHttp from "../../src/layers/local-google/PersonHttp.ts"
import { LocalGoogle } from "../../src/services/local-google/LocalGoogle.ts"
import { type ConsentAnswer, Person } from "../../src/services/local-google/Person.ts"
import { orderFor } from "./mortal.ts"
import * as Windows from "./windows.ts"
import type { Engine } from "./windowTalk.ts"

export const layer = Layer.mergeAll(
  Layer.fresh(LocalGoogleOidc.layer()),
  PersonHttp.layer.pipe(Layer.provideMerge(FetchHttpClient.layer)),
  NodeServices.layer
)

/** A home of its own, gone with the Scope. */
export const makeHome = FileSystem.FileSystem.use((fs) => fs.makeTempDirectoryScoped({ prefix: "mcp-gas-windows-" }))

/** Windows that sign in at the local Google at hand, where refresh tokens rotate, and the tabs they open. */
export const furnish = Effect.fnUntraced(function*(changes: Partial<Engine> = {}) {
  const google = yield* LocalGoogle
  yield* google.change({ rotateRefreshTokens: true })
  const tabs = yield* Queue.unbounded<string>()
  const engine: Engine = {
    ...(yield* orderFor),
    rotates: true,
    scopes: ["openid", "https://www.googleapis.com/auth/userinfo.email"],
    timeout: Duration.minutes(1),
    ...changes
  }
  return {
    tabs,
    open: (more: Partial<Engine> = {}, doings?: Queue.Queue<Windows.Doing>) =>
      Windows.open({ ...engine, ...more }, tabs, `${tmpdir()}/mcp-gas-windows-cache`, doings)
  }
})

/** Consents on an address, and goes where that leads; nobody may be there any more. */
export const consent = Effect.fnUntraced(function*(url: string, answer: ConsentAnswer = { _tag: "Allow" }) {
  const person = yield* Person
  const callback = yield* person.consent(url, answer)
  yield* Effect.ignore(person.visit(callback))
})

export const counts = LocalGoogle.use((google) => google.counts)
