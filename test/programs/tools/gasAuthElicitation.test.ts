import { assert, describe, it } from "@effect/vitest"
import type { ClientCapabilities } from "@modelcontextprotocol/sdk/types.js"
import { Effect, Fiber, type Layer, Queue, type Scope } from "effect"
import { TestClock } from "effect/testing"
import { visits } from "../../support/checkpoints.ts"
import * as FakeProvider from "../../support/fakeProvider.ts"
import * as GasAuth from "../../support/gasAuthInMemory.ts"
import { get, nextTurns } from "../../support/loopbackClient.ts"
import * as RecordedEvents from "../../support/recordedEvents.ts"

const takesUrls: ClientCapabilities = { elicitation: { form: {}, url: {} } }

const textOf = (output: Readonly<Record<string, unknown>>, field: string): string => String(output[field])

const codeOf = (output: Readonly<Record<string, unknown>>): unknown => {
  const { error } = output
  return typeof error === "object" && error !== null && "code" in error ? error.code : undefined
}

/** A call that waits for the person, and the question that the client is asked. */
const asked = Effect.gen(function*() {
  const client = yield* GasAuth.connect(takesUrls)
  const call = yield* Effect.forkChild(client.auth({}, "news"), { startImmediately: true })
  const question = yield* Queue.take(client.questions)
  // From the first news on, the call waits by the clock.
  yield* Queue.take(client.progress)
  return { ...client, call, question }
})

/** The call ends without a sign-in, and its answer has the address. */
const answeredWithUrl = (output: Readonly<Record<string, unknown>>, url: string) => {
  assert.strictEqual(output["status"], "auth_pending")
  assert.strictEqual(output["authUrl"], url)
}

const story = <A, E>(
  told: Effect.Effect<A, E, Layer.Success<ReturnType<typeof GasAuth.layer>> | Scope.Scope>
) => Effect.provide(told, GasAuth.layer())

describe("A client that can open a URL for its person", () => {
  it.effect("is asked to, once, and no browser is opened; what it agrees to is not the sign-in", () =>
    story(Effect.gen(function*() {
      const { auth, call, question, questions } = yield* asked
      assert.match(question.message, /Google Apps Script/)
      yield* question.answer("accept")
      yield* RecordedEvents.heard("BrowserOpened")
      assert.isUndefined(call.pollUnsafe())
      const joined = yield* auth({ waitForCompletion: false })
      assert.strictEqual(joined.output["status"], "auth_pending")
      assert.strictEqual(joined.output["flowId"], question.id)
      assert.notProperty(joined.output, "authUrl")
      const byHand = yield* auth({ waitForCompletion: false, openBrowser: false })
      assert.strictEqual(byHand.output["authUrl"], question.url)
      assert.strictEqual(yield* Queue.size(questions), 0)
      assert.strictEqual(yield* visits("browser"), 0)
      yield* get(FakeProvider.consented({ authorizationUrl: question.url }))
      assert.strictEqual((yield* Fiber.join(call)).output["status"], "authenticated")
    })))

  it.effect("answers pending, without the address, when the person who agreed takes too long", () =>
    story(Effect.gen(function*() {
      const { call, question } = yield* asked
      yield* question.answer("accept")
      yield* RecordedEvents.heard("BrowserOpened")
      yield* TestClock.adjust("40 seconds")
      const { output } = yield* Fiber.join(call)
      assert.strictEqual(output["status"], "auth_pending")
      assert.notProperty(output, "authUrl")
      assert.match(textOf(output, "message"), /agreed to open/)
    })))

  it.effect("is told the person's no after a while: the sign-in ends as declined", () =>
    story(Effect.gen(function*() {
      const { call, completed, question } = yield* asked
      yield* TestClock.adjust("1 second")
      yield* question.answer("decline")
      const { isError, output } = yield* Fiber.join(call)
      assert.isTrue(isError)
      assert.strictEqual(codeOf(output), "consent_denied")
      assert.strictEqual(yield* Queue.take(completed), question.id)
    })))

  for (const action of ["decline", "cancel"] as const) {
    it.effect(`and answers "${action}" at once has nobody to ask: the flow goes on, and the call answers with the address`, () =>
      story(Effect.gen(function*() {
        const { auth, call, question } = yield* asked
        yield* TestClock.adjust("999 millis")
        yield* question.answer(action)
        answeredWithUrl((yield* Fiber.join(call)).output, question.url)
        assert.strictEqual((yield* auth({ mode: "status" })).output["flowId"], question.id)
        assert.strictEqual(yield* visits("browser"), 0)
      })))
  }

  it.effect("whose person closes the question has its address in the answer", () =>
    story(Effect.gen(function*() {
      const { call, question } = yield* asked
      yield* TestClock.adjust("5 seconds")
      yield* question.answer("cancel")
      answeredWithUrl((yield* Fiber.join(call)).output, question.url)
    })))

  it.effect("and repeats the address in what it says of its fault has it in no log and no event", () =>
    story(Effect.gen(function*() {
      const { call, logged, question } = yield* asked
      yield* question.fail(`Cannot open ${question.url}`)
      answeredWithUrl((yield* Fiber.join(call)).output, question.url)
      const state = new URL(question.url).searchParams.get("state") ?? ""
      const { all } = yield* RecordedEvents.RecordedEvents
      assert.isTrue(all.some(({ _tag }) => _tag === "BrowserFailed"))
      for (const text of [...logged, JSON.stringify(all)]) assert.notInclude(text, state)
    })))

  it.effect("keeps its question when the call is cancelled, and may still answer it", () =>
    story(Effect.gen(function*() {
      const { auth, call, completed, question } = yield* asked
      yield* Fiber.interrupt(call)
      yield* nextTurns
      assert.strictEqual(yield* Queue.size(completed), 0)
      yield* question.answer("accept")
      yield* RecordedEvents.heard("BrowserOpened")
      assert.strictEqual((yield* auth({ mode: "status" })).output["flowId"], question.id)
    })))

  it.effect("and fails when it is asked has the address in the answer", () =>
    story(Effect.gen(function*() {
      const { call, question } = yield* asked
      yield* TestClock.adjust("2 seconds")
      yield* question.fail("The client has a fault.")
      const { output } = yield* Fiber.join(call)
      answeredWithUrl(output, question.url)
      assert.match(textOf(output, "message"), /mode "complete".*ssh -L/)
    })))

  it.effect("and never answers has the address in the answer, and the question is taken back when the sign-in ends", () =>
    story(Effect.gen(function*() {
      const { auth, call, completed, lines, question } = yield* asked
      yield* TestClock.adjust("40 seconds")
      answeredWithUrl((yield* Fiber.join(call)).output, question.url)
      yield* auth({ mode: "cancel" })
      assert.strictEqual(yield* Queue.take(completed), question.id)
      // Read from the wire: a client of this SDK does not heed the cancellation of a server's first request, whose id is 0.
      const [withdrawal, completion] = lines().filter((line) => /cancelled"|complete"/.test(line))
      assert.match(withdrawal ?? "", /"method":"notifications\/cancelled","params":{"requestId":0/)
      assert.match(completion ?? "", /"method":"notifications\/elicitation\/complete"/)
    })))

  it.effect("is not asked where the caller wants no browser", () =>
    story(Effect.gen(function*() {
      const { auth, questions } = yield* GasAuth.connect(takesUrls)
      const { output } = yield* auth({ waitForCompletion: false, openBrowser: false })
      yield* nextTurns
      assert.isString(output["authUrl"])
      assert.strictEqual(yield* Queue.size(questions), 0)
    })))

  it.effect("is asked also where this machine is to open no browser", () =>
    Effect.gen(function*() {
      const { call, question } = yield* asked
      yield* question.answer("cancel")
      answeredWithUrl((yield* Fiber.join(call)).output, question.url)
    }).pipe(Effect.provide(GasAuth.layer({ opens: false }))))

  it.effect("asked by ten calls at once asks its person once", () =>
    story(Effect.gen(function*() {
      const { auth, questions } = yield* GasAuth.connect(takesUrls)
      const answers = yield* Effect.forEach(
        Array.from({ length: 10 }),
        () => auth({ waitForCompletion: false }),
        { concurrency: "unbounded" }
      )
      yield* nextTurns
      assert.strictEqual(answers.filter(({ output }) => output["status"] === "auth_started").length, 1)
      assert.strictEqual(yield* Queue.size(questions), 1)
    })))
})

describe("The end of what a client was asked to open", () => {
  const ends = {
    "a sign-in": ({ url }: GasAuth.Question) => get(FakeProvider.consented({ authorizationUrl: url })),
    "a no on the page": ({ url }: GasAuth.Question) => get(FakeProvider.denied({ authorizationUrl: url })),
    "time": () => TestClock.adjust("5 minutes")
  }
  for (const [how, end] of Object.entries(ends)) {
    it.effect(`is told to it, once: ${how}`, () =>
      story(Effect.gen(function*() {
        const { completed, question } = yield* asked
        yield* question.answer("accept")
        yield* RecordedEvents.heard("BrowserOpened")
        assert.strictEqual(yield* Queue.size(completed), 0)
        yield* end(question)
        assert.strictEqual(yield* Queue.take(completed), question.id)
        yield* nextTurns
        assert.strictEqual(yield* Queue.size(completed), 0)
      })))
  }

  it.effect("is told to it, once: a sign-out", () =>
    story(Effect.gen(function*() {
      const { auth, completed, question } = yield* asked
      yield* question.answer("accept")
      yield* auth({ mode: "logout" })
      assert.strictEqual(yield* Queue.take(completed), question.id)
    })))
})

describe("A client that cannot open a URL", () => {
  const cannot: Readonly<Record<string, ClientCapabilities>> = {
    "says nothing of elicitation": {},
    "takes elicitation without saying of what kind (elicitation: {})": { elicitation: {} },
    "takes forms only": { elicitation: { form: {} } }
  }
  for (const [how, capabilities] of Object.entries(cannot)) {
    it.effect(`${how}: the browser of this machine is opened, and the address is in the answer`, () =>
      story(Effect.gen(function*() {
        const { auth, completed, questions } = yield* GasAuth.connect(capabilities)
        const { output } = yield* auth({ waitForCompletion: false })
        yield* RecordedEvents.heard("BrowserOpened")
        assert.isString(output["authUrl"])
        assert.strictEqual(yield* visits("browser"), 1)
        yield* auth({ mode: "cancel" })
        yield* nextTurns
        assert.strictEqual(yield* Queue.size(questions), 0)
        assert.strictEqual(yield* Queue.size(completed), 0)
      })))
  }
})
