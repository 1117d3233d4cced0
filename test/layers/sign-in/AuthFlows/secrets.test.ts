import { assert, describe, it } from "@effect/vitest"
import { Cause, Effect, Exit, Logger, References, Tracer } from "effect"
import { inspect } from "node:util"
import { ExchangeFailed } from "../../../../src/services/provider/AuthorizationServer.ts"
import { put } from "../../../support/checkpoints.ts"
import * as FakeProvider from "../../../support/fakeProvider.ts"
import { get } from "../../../support/loopbackClient.ts"
import { RecordedEvents } from "../../../support/recordedEvents.ts"
import { begin, complete, home, layerSignIn, logout, work } from "../../../support/signIn.ts"

/** Everything that a log or a trace would hold of `test`, at the most talkative level, with whatever else it returns. */
const told = <E, R>(test: Effect.Effect<unknown, E, R>) =>
  Effect.suspend(() => {
    const lines: Array<string> = []
    const spans: Array<Tracer.NativeSpan> = []
    const tracer = Tracer.make({
      span: (options) => {
        const span = new Tracer.NativeSpan(options)
        spans.push(span)
        return span
      }
    })
    const logger = Logger.make((options) => {
      lines.push(Logger.formatJson.log(options), inspect(options.message, { depth: 20 }))
    })
    return test.pipe(
      Effect.withTracer(tracer),
      Effect.provide(Logger.layer([logger])),
      Effect.provideService(References.MinimumLogLevel, "All"),
      Effect.map((returned) => [
        ...lines,
        ...spans.flatMap(({ attributes, events, name, status }) => [
          inspect({ attributes, events, name }, { depth: 20 }),
          // What a span succeeded with is no part of what is exported.
          status._tag === "Ended" && Exit.isFailure(status.exit) ? Cause.pretty(status.exit.cause) : ""
        ]),
        inspect(returned, { depth: 20 }),
        JSON.stringify(returned)
      ])
    )
  })

describe("Secrets", () => {
  it.effect("no code, state, verifier or token is in a log, a span, an event or an error", () =>
    Effect.gen(function*() {
      const secrets: Array<string> = []
      const all = yield* told(
        Effect.gen(function*() {
          const flow = yield* begin(work)
          secrets.push(new URL(flow.authorizationUrl).searchParams.get("state") ?? "")
          yield* get(`${flow.redirectUri}?code=secret-forged&state=guess`)
          const foreign = yield* Effect.flip(complete(work, `${flow.redirectUri}?code=secret-pasted&state=guess`))
          yield* get(FakeProvider.consented(flow, "secret-code"))
          const session = yield* flow.outcome
          yield* get(FakeProvider.consented(flow, "secret-code"))
          const left = yield* logout(work)

          yield* FakeProvider.behave({ exchangeFailure: new ExchangeFailed({ error: "timeout", ambiguous: true }) })
          const failing = yield* begin(home)
          secrets.push(new URL(failing.authorizationUrl).searchParams.get("state") ?? "")
          yield* get(FakeProvider.consented(failing, "secret-failed"))
          const failure = yield* Effect.flip(failing.outcome)

          yield* FakeProvider.behave({ exchangeFailure: undefined })
          yield* put("store", Effect.die("a bug"))
          const breaking = yield* begin(home)
          secrets.push(new URL(breaking.authorizationUrl).searchParams.get("state") ?? "")
          yield* get(FakeProvider.consented(breaking, "secret-broken"))
          const broken = yield* Effect.exit(breaking.outcome)
          const { all: events } = yield* RecordedEvents
          return { foreign, session, left, failure, broken, events }
        }).pipe(Effect.provide(layerSignIn()))
      )
      assert.isTrue(all.some((line) => line.includes("AuthFlows.start")), "the spans were recorded")
      assert.isTrue(all.some((line) => line.includes("redacted:issued")), "the session was looked at")
      assert.strictEqual(new Set(secrets).size, 3)
      for (const line of all) {
        for (const secret of secrets) assert.notInclude(line, secret)
        assert.notInclude(line, "secret-")
      }
    }))

  it.effect("each flow has a state of its own with 256 bits in it", () =>
    Effect.gen(function*() {
      const states = yield* Effect.forEach([work, home, FakeProvider.adaKey], (key) =>
        Effect.map(begin(key), ({ authorizationUrl }) =>
          new URL(authorizationUrl).searchParams.get("state") ?? ""))
      assert.strictEqual(new Set(states).size, 3)
      for (const state of states) {
        assert.match(state, /^[\w-]{43}$/)
      }
    }).pipe(Effect.provide(layerSignIn())))
})
