import { assert, describe, it } from "@effect/vitest"
import { Cause, DateTime, Effect, Formatter, Logger, Redacted, Schema } from "effect"
import { inspect } from "node:util"
import { Account, Generation, Session, Tokens } from "../../../src/services/sign-in/Session.ts"
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
    const { expiresAt } = session.tokens
    for (const accessToken of [Redacted.make("a"), Redacted.make("a", { label: "something else" })]) {
      assert.strictEqual(Redacted.value(new Tokens({ accessToken, expiresAt }).accessToken), "a")
    }
  })

  it("takes no empty token, and says so without showing it or its neighbour", () => {
    const { expiresAt } = session.tokens
    const make = () => new Tokens({ accessToken: Redacted.make(""), refreshToken: Redacted.make("canary"), expiresAt })
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

function assertThrows(run: () => unknown): unknown {
  try {
    run()
  } catch (error) {
    return error
  }
  return assert.fail("nothing was thrown")
}
