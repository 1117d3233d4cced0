/**
 * One cell of the refresh columns: a session whose access token has expired, and a fault on the way to a new one.
 */
import { assert } from "@effect/vitest"
import { Duration, Effect, Equal } from "effect"
import { TestClock } from "effect/testing"
import { SignInRequired } from "../../src/services/sign-in/Sessions.ts"
import { Wire } from "./wire.ts"
import { assertUnreachable, counts, fresh, signIn, stored, under, work } from "./wireFaultEngine.ts"
import { type FaultName, isAstray } from "./wireFaults.ts"
import type { Cell, Failed } from "./wireTable.ts"

/** The fault is still on: nobody asks the provider again, and whoever wants a token hears why at once. */
const stays = Effect.fnUntraced(function*(cell: Failed, isSpent: boolean) {
  const wire = yield* Wire
  const failure = yield* Effect.flip(fresh(work))
  if (isSpent) assert.deepInclude(failure, { _tag: "SignInRequired", reason: "expired", because: "refresh_unclear" })
  else yield* assertUnreachable(failure, "refresh", { ...cell, retryAfter: cell.retryAfter ?? 1 })
  // One request was the sign-in's.
  assert.strictEqual(yield* wire.sent("token"), 1 + cell.requests)
})

/** `rotates`: a refresh token that may have been replaced must not be sent again. */
export const refreshCell = Effect.fnUntraced(function*(name: FaultName, cell: Cell, rotates: boolean) {
  const wire = yield* Wire
  const first = yield* signIn(work)
  const before = yield* stored(work)
  yield* TestClock.adjust("2 hours")

  yield* wire.fail("token", name)
  const requests = cell._tag === "Harmless" ? 1 : cell.requests
  const refreshing = under(name, { what: "refreshes", requests, limit: Duration.seconds(10) })(fresh(work))
  if (cell._tag === "Harmless") {
    const session = yield* refreshing
    assert.isFalse(Equal.equals(session.tokens.accessToken, first.tokens.accessToken))
    assert.deepStrictEqual(session.account, first.account)
    assert.strictEqual((yield* stored(work)).generation, before.generation + 1)
    assert.strictEqual((yield* counts).refreshes, 1)
    return
  }
  yield* assertUnreachable(yield* Effect.flip(refreshing), "refresh", cell)
  assert.strictEqual((yield* counts).refreshes, isAstray(name) ? 0 : requests)
  assert.deepStrictEqual(yield* stored(work), before)
  const isSpent = rotates && cell.ambiguous
  yield* stays(cell, isSpent)

  yield* wire.heal
  yield* TestClock.adjust(Duration.seconds(cell.retryAfter ?? 1))
  if (isSpent) {
    const failure = yield* Effect.flip(fresh(work))
    assert.instanceOf(failure, SignInRequired)
    assert.strictEqual((yield* counts).refreshes, requests)
    assert.deepStrictEqual(yield* stored(work), before)
    yield* signIn(work)
  }
  const renewed = yield* fresh(work)
  assert.strictEqual(renewed.generation, before.generation + 1)
  assert.isFalse(Equal.equals(renewed.tokens.accessToken, first.tokens.accessToken))
})
