import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber } from "effect"
import { TestClock } from "effect/testing"
import type { ServerResponse } from "node:http"
import type { ClientMisconfigured } from "../../../../src/services/config/Config.ts"
import {
  AuthorizationServer,
  type ExchangeFailed,
  type ProviderUnreachable,
  type RefreshRejected
} from "../../../../src/services/provider/AuthorizationServer.ts"
import { code, grant, refreshToken, request, watched } from "../../../support/providerCanaries.ts"
import { type Answer, hang, layer, Stub } from "../../../support/providerStub.ts"

/** Begins an answer and goes on with it in small pieces, never to finish. */
const drip: Answer = (response) => void response.writeHead(200, { "content-type": "application/json" }).write("{")

/** Sends as much as the other side takes, without end; says how much of it has left. */
const flood = () => {
  let poured = 0
  const pour = (response: ServerResponse): void => {
    do poured += 60_000
    while (response.write("canary".repeat(10_000)))
  }
  const answer: Answer = (response) => {
    response.writeHead(200, { "content-type": "application/json" }).on("drain", () => pour(response))
    pour(response)
  }
  return { answer, poured: () => poured }
}

interface Called {
  readonly path: string
  readonly call: Effect.Effect<void, ExchangeFailed | RefreshRejected | ProviderUnreachable | ClientMisconfigured>
}

const calls = AuthorizationServer.useSync((provider): Readonly<Record<string, Called>> => ({
  "the exchange": { path: "/token", call: Effect.asVoid(provider.exchange(request, code)) },
  "a refresh": { path: "/token", call: Effect.asVoid(provider.refresh(refreshToken, [])) },
  "a revocation": { path: "/revoke", call: provider.revoke(refreshToken) },
  "userinfo": { path: "/userinfo", call: Effect.asVoid(provider.userinfo(grant)) }
}))

const one = (which: string) => Effect.flatMap(calls, (all) => Effect.fromNullishOr(all[which]))

describe("AuthorizationServer: how long a call takes", () => {
  for (const which of ["the exchange", "a refresh", "a revocation", "userinfo"]) {
    const seconds = which === "userinfo" ? 3 : 10
    for (const [how, answer] of [["does not answer", hang], ["does not finish its answer", drip]] as const) {
      it.effect(`${which} ends after ${seconds} seconds where the provider ${how}, also where nothing can be interrupted`, () =>
        Effect.gen(function*() {
          const stub = yield* Stub
          const { call, path } = yield* one(which)
          yield* stub.answers(path, answer)
          const caller = yield* Effect.forkChild(Effect.flip(watched(Effect.uninterruptible(call))))
          yield* stub.arrived
          yield* TestClock.adjust(seconds * 1_000 - 1)
          assert.isUndefined(caller.pollUnsafe())
          yield* TestClock.adjust("1 millis")
          const failure = yield* Fiber.join(caller)
          assert.strictEqual(failure._tag, which === "the exchange" ? "ExchangeFailed" : "ProviderUnreachable")
          if (failure._tag === "ExchangeFailed") assert.deepInclude(failure, { error: "timeout", ambiguous: true })
          assert.include(failure.message, "did not answer in time")
          // The request is given up, not left behind.
          yield* stub.hungUp
          assert.lengthOf(yield* stub.asked, 1)
        }).pipe(Effect.provide(layer())))
    }

    it.effect(`interrupting ${which} aborts its request at once`, () =>
      Effect.gen(function*() {
        const stub = yield* Stub
        const { call, path } = yield* one(which)
        yield* stub.answers(path, hang)
        const caller = yield* Effect.forkChild(call)
        yield* stub.arrived
        yield* Fiber.interrupt(caller)
        yield* stub.hungUp
      }).pipe(Effect.provide(layer())))
  }

  it.effect("an answer without end is not read to its end", () =>
    Effect.gen(function*() {
      const stub = yield* Stub
      const provider = yield* AuthorizationServer
      const { answer, poured } = flood()
      yield* stub.answers("/token", answer)
      const failure = yield* Effect.flip(watched(provider.exchange(request, code)))
      assert.deepInclude(failure, { _tag: "ExchangeFailed", error: "malformed_response", ambiguous: true })
      yield* stub.hungUp
      assert.isBelow(poured(), 30_000_000)
    }).pipe(Effect.provide(layer())))
})
