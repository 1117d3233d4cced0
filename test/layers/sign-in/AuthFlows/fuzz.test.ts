/**
 * Whatever bytes come in, a flow is settled by a request that breaks no rule and by nothing else, and nothing takes the
 * listener down. A failure prints the shrunk input and a replay token, whose second element is the seed; given as
 * `arbitrary: { replay }` in place of `runs` it fails the same way again.
 */
import { assert, describe, it } from "@effect/vitest"
import { Arbitrary, Effect, Exit, Option } from "effect"
import type { AuthFlow } from "../../../../src/services/sign-in/AuthFlows.ts"
import { answerOf, broken, type Expected, requestsIn, rules, type Sent } from "../../../support/callbackOracle.ts"
import * as CallbackRequests from "../../../support/callbackRequests.ts"
import { visits } from "../../../support/checkpoints.ts"
import * as FakeProvider from "../../../support/fakeProvider.ts"
import { dial, get, type Wire } from "../../../support/loopbackClient.ts"
import * as RecordedEvents from "../../../support/recordedEvents.ts"
import { begin, layerSignIn, pending, portOf, work } from "../../../support/signIn.ts"

const expectedOf = (flow: AuthFlow): Expected => ({
  port: portOf(flow),
  state: new URL(flow.authorizationUrl).searchParams.get("state") ?? "",
  issuer: FakeProvider.issuer
})

/** The flow is as it was, the listener answers, and the genuine callback still works. */
const unharmed = Effect.fnUntraced(function*(flow: AuthFlow) {
  const favicon = yield* get(`http://127.0.0.1:${portOf(flow)}/favicon.ico`)
  assert.strictEqual(favicon.status, 204)
  assert.strictEqual(Option.getOrThrow(yield* pending(work)).id, flow.id)
  assert.strictEqual(yield* visits("exchange"), 0)
  assert.include((yield* get(FakeProvider.consented(flow))).text, "<h1>Signed in</h1>")
})

/** What the flow has been settled by, and the page its browser got; where by nothing, it is as it was. */
const settledBy = Effect.fnUntraced(function*(flow: AuthFlow, wire: Wire) {
  if ((yield* RecordedEvents.count("CallbackAccepted")) === 0) {
    yield* unharmed(flow)
    return { settled: "nothing", signedIn: false }
  }
  const settled = Exit.isSuccess(yield* Effect.exit(flow.outcome)) ? "Code" : "Refusal"
  assert.strictEqual(yield* visits("exchange"), settled === "Code" ? 1 : 0)
  const reply = yield* wire.untilClosed
  const [, location] = /^location: (.*)$/m.exec(reply) ?? []
  const page = location === undefined ? reply : (yield* get(new URL(location, flow.redirectUri).href)).text
  return { settled, signedIn: page.includes("<h1>Signed in</h1>") }
})

/** Sends the bytes and an empty line to a new flow; returns what has settled it when they have been read. */
const afterBytes = Effect.fnUntraced(function*(template: string) {
  const flow = yield* begin(work)
  const expected = expectedOf(flow)
  const bytes = CallbackRequests.filledIn(template, expected)
  const wire = yield* dial(expected.port)
  yield* wire.write(Buffer.from(`${bytes}\r\n\r\n`, "latin1"))
  // Whatever was sent before this round trip has been read by now, and a refusal has closed the listener.
  yield* Effect.ignore(get(`http://127.0.0.1:${expected.port}/favicon.ico`))
  return { bytes: `${bytes}\r\n\r\n`, expected, settled: (yield* settledBy(flow, wire)).settled }
}, (effect) => effect.pipe(Effect.scoped, Effect.provide(layerSignIn())))

/** Bytes settle nothing unless a request can be read into them that breaks no rule. */
const settledRightly = (template: string) =>
  Effect.map(afterBytes(template), ({ bytes, expected, settled }) => {
    const genuine = requestsIn(bytes).filter((sent) => broken(sent, expected).length === 0)
    assert.include(["nothing", ...genuine.map(answerOf)], settled)
    return settled
  })

const wireOf = ({ headers, method, target }: Sent) =>
  `${method} ${target} HTTP/1.1\r\n${headers.map(([name, value]) => `${name}: ${value}\r\n`).join("")}\r\n`

/** One request settles the flow if and only if it breaks no rule. */
const settledExactly = Effect.fnUntraced(function*(generated: CallbackRequests.Request) {
  const flow = yield* begin(work)
  const expected = expectedOf(flow)
  const sent = CallbackRequests.sentBy(generated, expected)
  const wire = yield* dial(expected.port)
  yield* wire.write(Buffer.from(wireOf(sent), "latin1"))
  yield* wire.untilClosed
  const breaks = broken(sent, expected)
  const settled = breaks.length === 0 ? answerOf(sent) : "nothing"
  assert.deepStrictEqual(
    { breaks, ...(yield* settledBy(flow, wire)) },
    { breaks, settled, signedIn: settled === "Code" }
  )
}, (effect) => effect.pipe(Effect.scoped, Effect.provide(layerSignIn())))

const runs = (count: number) => ({ arbitrary: { runs: count }, timeout: 30_000 })

describe("Fuzzing", () => {
  it.live.prop(
    "raw bytes settle nothing",
    [CallbackRequests.anyBytes],
    ([bytes]) => Effect.map(settledRightly(bytes), (settled) => assert.strictEqual(settled, "nothing")),
    runs(150)
  )

  it.live.prop(
    "pieces of requests settle nothing but by a request they contain",
    [CallbackRequests.pieces],
    ([bytes]) => settledRightly(bytes),
    runs(200)
  )

  it.live.prop(
    "the genuine request, tampered with, settles nothing but by a request it still contains",
    [CallbackRequests.tampered],
    ([bytes]) => settledRightly(bytes),
    runs(400)
  )

  it.live.prop(
    "a request settles the flow if and only if it breaks no rule",
    [CallbackRequests.request],
    ([generated]) => settledExactly(generated),
    runs(700)
  )
})

describe("What the fuzzing tries", () => {
  const expected: Expected = { port: 50_000, state: "AbCdEfGhIjKlMnOpQrStUvWxYz", issuer: FakeProvider.issuer }

  it.effect("comes near enough to matter: right in everything, and wrong in each single thing", () =>
    Effect.gen(function*() {
      const sample = yield* Arbitrary.sampleEffect(CallbackRequests.request, { count: 1_000, seed: 1 })
      const sent = sample.map((generated) => CallbackRequests.sentBy(generated, expected))
      assert.isAbove(sent.filter(({ target }) => target.includes(expected.state)).length, 500, "with the state")
      const outcomes = sent.map((one) => broken(one, expected))
      const genuine = sent.filter((_, index) => outcomes[index]?.length === 0)
      for (const answer of ["Code", "Refusal"]) {
        assert.isAbove(genuine.filter((one) => answerOf(one) === answer).length, 50, answer)
      }
      for (const rule of rules) {
        assert.isAbove(outcomes.filter((rest) => rest.length === 1 && rest[0] === rule).length, 10, `not ${rule}`)
      }
    }))

  it.live("of tampered requests many still settle the flow, and many no longer do", () =>
    Effect.gen(function*() {
      const sample = yield* Arbitrary.sampleEffect(CallbackRequests.tampered, { count: 100, seed: 1 })
      const settled = yield* Effect.forEach(sample, settledRightly)
      assert.isAbove(settled.filter((by) => by !== "nothing").length, 15)
      assert.isAbove(settled.filter((by) => by === "nothing").length, 15)
    }))
})
