/**
 * Whatever bytes come in, only a request that carries the flow's own state settles it, and nothing takes the listener
 * down. A failure prints the seed and the shrunk input to run it again with.
 */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Option, Schema } from "effect"
import { visits } from "../../../support/checkpoints.ts"
import * as FakeProvider from "../../../support/fakeProvider.ts"
import { dial, get } from "../../../support/loopbackClient.ts"
import { begin, layerSignIn, pending, portOf, work } from "../../../support/signIn.ts"

/** Pieces that requests are made of, right ones and wrong ones, in any order and number. */
const Piece = Schema.Literals([
  "GET ",
  "POST ",
  "HEAD ",
  "\u0016\u0003\u0001\u0002\u0000",
  "/callback",
  "/callback/",
  "/",
  "?",
  "&",
  "=",
  "state=",
  "code=",
  "error=",
  "iss=",
  "view=",
  "%00",
  "%",
  "+",
  " HTTP/1.1",
  " HTTP/1.0",
  "\r\n",
  "\n",
  "Host: 127.0.0.1:{port}\r\n",
  "GET /callback?",
  " HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n",
  "&iss=https://evil.test",
  "Host: evil.test",
  "Content-Length: 99",
  "Transfer-Encoding: chunked",
  "Expect: 100-continue",
  "Upgrade: websocket\r\nConnection: Upgrade",
  ": ",
  "x"
])

/** The flow is as it was, the listener answers, and the genuine callback still works. */
const unharmed = Effect.fnUntraced(function*(flow: Effect.Success<ReturnType<typeof begin>>) {
  const favicon = yield* get(`http://127.0.0.1:${portOf(flow)}/favicon.ico`)
  assert.strictEqual(favicon.status, 204)
  assert.strictEqual(Option.getOrThrow(yield* pending(work)).id, flow.id)
  assert.strictEqual(yield* visits("exchange"), 0)
  assert.include((yield* get(FakeProvider.consented(flow))).text, "<h1>Signed in</h1>")
})

const runs = { arbitrary: { runs: 150 } }

describe("Fuzzing", () => {
  it.effect.prop("raw bytes settle nothing", [Schema.Uint8Array], ([bytes]) =>
    Effect.gen(function*() {
      const flow = yield* begin(work)
      const wire = yield* dial(portOf(flow))
      yield* wire.write(bytes)
      yield* wire.write("\r\n\r\n")
      yield* unharmed(flow)
    }).pipe(Effect.scoped, Effect.provide(layerSignIn())), runs)

  it.effect.prop("pieces of requests settle nothing", [Schema.Array(Piece)], ([pieces]) =>
    Effect.gen(function*() {
      const flow = yield* begin(work)
      const wire = yield* dial(portOf(flow))
      yield* wire.write(pieces.join("").replaceAll("{port}", String(portOf(flow))))
      yield* wire.write("\r\n\r\n")
      yield* unharmed(flow)
    }).pipe(Effect.scoped, Effect.provide(layerSignIn())), runs)

  it.effect.prop(
    "queries settle nothing",
    [Schema.Array(Piece), Schema.String],
    ([pieces, text]) =>
      Effect.gen(function*() {
        const flow = yield* begin(work)
        const query = `${pieces.join("")}&state=${text}`.replace(/[^\x21-\x7e]/g, "?")
        const wire = yield* dial(portOf(flow))
        yield* wire.write(`GET /callback?${query} HTTP/1.1\r\nHost: 127.0.0.1:${portOf(flow)}\r\n\r\n`)
        yield* wire.untilClosed
        yield* unharmed(flow)
      }).pipe(Effect.scoped, Effect.provide(layerSignIn())),
    runs
  )
})
