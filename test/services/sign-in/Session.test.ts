import { assert, describe, it } from "@effect/vitest"
import { Cause, DateTime, Effect, Formatter, Logger, Redacted, Schema } from "effect"
import { TestClock } from "effect/testing"
import { inspect } from "node:util"
import { Account, freshness, Generation, isUsable, Session, Tokens } from "../../../src/services/sign-in/Session.ts"
import { ada, draft } from "../../support/sessionData.ts"

const session = new Session({
  ...draft({ accessToken: "canary-access", refreshToken: "canary-refresh" }),
  key: ada,
  generation: Generation.make(7)
})

const codec = Schema.fromJsonString(Session)

describe("Session", () => {
  it("prints no token, however it is printed", () => {
    const lines: Array<string> = []
    const printing = <A>(logger: Logger.Logger<unknown, A>) =>
      Logger.map(logger, (line) => void lines.push(inspect(line, { depth: 9 })))
    Effect.runSync(
      Effect.logInfo("signed in", session, { session }).pipe(
        Effect.annotateLogs({ session }),
        Effect.provide(
          Logger.layer([
            printing(Logger.formatJson),
            printing(Logger.formatLogFmt),
            printing(Logger.formatSimple),
            printing(Logger.formatStructured)
          ])
        )
      )
    )
    assert.lengthOf(lines, 4)
    const texts = [
      JSON.stringify(session),
      String(session),
      `${session.tokens}`,
      inspect(session, { depth: 9, showHidden: true }),
      Formatter.format(session),
      Cause.pretty(Cause.die(session)),
      ...lines
    ]
    for (const text of texts) {
      assert.isAbove(text.length, 0)
      assert.notInclude(text, "canary")
    }
  })

  it("comes back whole from the store's own encoding, which alone holds the tokens", () => {
    const text = Schema.encodeSync(codec)(session)
    assert.include(text, "canary-access")
    assert.include(text, "canary-refresh")
    const back = Schema.decodeSync(codec)(text)
    assert.instanceOf(back, Session)
    assert.strictEqual(Redacted.value(back.tokens.accessToken), "canary-access")
    assert.deepStrictEqual(back.account, session.account)
    assert.isTrue(DateTime.Equivalence(back.tokens.expiresAt, session.tokens.expiresAt))
    assert.strictEqual(Schema.encodeSync(codec)(back), text)
    assert.strictEqual(String(back.tokens.accessToken), "<redacted:access token>")
    assert.strictEqual(String(back.tokens.refreshToken), "<redacted:refresh token>")
  })

  it("without a refresh token comes back without one", () => {
    const alone = new Session({ ...session, tokens: draft({ refreshToken: null }).tokens })
    const back = Schema.decodeSync(codec)(Schema.encodeSync(codec)(alone))
    assert.isFalse("refreshToken" in back.tokens)
  })

  it("takes a secret whatever it is labelled", () => {
    const { expiresAt, issuedAt } = session.tokens
    for (const accessToken of [Redacted.make("a"), Redacted.make("a", { label: "something else" })]) {
      assert.strictEqual(Redacted.value(new Tokens({ accessToken, issuedAt, expiresAt }).accessToken), "a")
    }
  })

  it("takes no empty token, and says so without showing it or its neighbour", () => {
    const { expiresAt, issuedAt } = session.tokens
    const make = () =>
      new Tokens({ accessToken: Redacted.make(""), refreshToken: Redacted.make("canary"), issuedAt, expiresAt })
    const error = assertThrows(make)
    assert.notInclude(inspect(error, { depth: 12, showHidden: true }), "canary")
  })

  it("a stored text that does not decode is refused without being quoted", () => {
    const text = Schema.encodeSync(codec)(session)
    for (const broken of [text.replace("\"generation\":7", "\"generation\":-1"), text.slice(0, -1)]) {
      const error = assertThrows(() => Schema.decodeSync(codec)(broken))
      assert.notInclude(inspect(error, { depth: 12 }), "canary")
      assert.notInclude(String(error), "canary")
    }
  })

  it("an account is whatever the provider said, nothing at all included", () => {
    assert.deepStrictEqual({ ...new Account({}) }, {})
    assert.deepStrictEqual({ ...new Account({ email: "a@b" }) }, { email: "a@b" })
  })

  it("a generation is a whole number from 0 on", () => {
    const is = Schema.is(Generation)
    assert.deepStrictEqual([0, 1, Number.MAX_SAFE_INTEGER].filter((value) => !is(value)), [])
    assert.deepStrictEqual([-1, 0.5, Number.NaN, Infinity, "1"].filter((value) => is(value)), [])
  })
})

/** A moment, in minutes after the epoch and milliseconds after that. */
const at = (minutes: number, millis = 0) => minutes * 60_000 + millis

describe("freshness", () => {
  const hour = draft({ minutes: 60 })
  const quarter = draft({ minutes: 15, lifetime: 15 })
  const minute = draft({ minutes: 1, lifetime: 1 })
  const unrenewable = draft({ minutes: 60, refreshToken: null })
  const later = draft({ minutes: 160 })
  for (
    const [what, token, moment, expected] of [
      ["just issued", hour, at(0), "fresh"],
      ["ten minutes and a millisecond are left", hour, at(50, -1), "fresh"],
      ["ten minutes are left", hour, at(50), "aging"],
      ["two minutes and a millisecond are left", hour, at(58, -1), "aging"],
      ["two minutes are left", hour, at(58), "stale"],
      ["a millisecond is left", hour, at(60, -1), "stale"],
      ["none is left", hour, at(60), "stale"],
      ["long over: the clock has jumped ahead", hour, at(600_000), "stale"],
      ["a quarter of an hour in all, half and a millisecond is left", quarter, at(7.5, -1), "fresh"],
      ["a quarter of an hour in all, half of it left", quarter, at(7.5), "aging"],
      ["a quarter of an hour in all, a tenth and a millisecond left", quarter, at(13.5, -1), "aging"],
      ["a quarter of an hour in all, a tenth left", quarter, at(13.5), "stale"],
      ["a minute in all, just issued", minute, at(0), "fresh"],
      ["a minute in all, half of it left", minute, at(0.5), "aging"],
      ["a minute in all, six seconds left", minute, at(0.9), "stale"],
      ["no time at all", draft({ minutes: 60, lifetime: 0 }), at(60), "stale"],
      ["it cannot be renewed, two minutes left", unrenewable, at(58), "fresh"],
      ["it cannot be renewed, a millisecond left", unrenewable, at(60, -1), "fresh"],
      ["it cannot be renewed, none left", unrenewable, at(60), "stale"],
      [
        "it cannot be renewed, the clock has been set back",
        draft({ minutes: 160, refreshToken: null }),
        at(0),
        "fresh"
      ],
      ["the clock has been set back by a minute", later, at(99), "fresh"],
      ["the clock has been set back by more", later, at(99, -1), "stale"]
    ] as const
  ) {
    it.effect(`${what}: ${expected}`, () =>
      Effect.gen(function*() {
        yield* TestClock.setTime(moment)
        assert.strictEqual(yield* freshness(token), expected)
        assert.strictEqual(yield* isUsable(token), expected !== "stale")
      }))
  }
})

function assertThrows(run: () => unknown): unknown {
  try {
    run()
  } catch (error) {
    return error
  }
  return assert.fail("nothing was thrown")
}
