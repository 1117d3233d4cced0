/**
 * A program starts and cannot learn where the provider has what: a session from before is kept and comes back, a sign-in says
 * why it cannot begin, and what failed is not remembered.
 */
import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect } from "effect"
import { TestClock } from "effect/testing"
import { Wire } from "../support/wire.ts"
import {
  assertUnreachable,
  counts,
  fresh,
  home,
  inWorld,
  restarted,
  signIn,
  stored,
  under,
  work
} from "../support/wireFaultEngine.ts"
import { faultNames, isAstray } from "../support/wireFaults.ts"
import { discovery } from "../support/wireTable.ts"

describe("discovery", () => {
  for (const name of faultNames) {
    const cell = discovery[name]
    it.effect(`discovery: ${name}`, () =>
      Effect.gen(function*() {
        const wire = yield* Wire
        yield* signIn(work)
        const before = yield* stored(work)
        const { discoveries } = yield* counts
        yield* TestClock.adjust("2 hours")
        yield* wire.fail("discovery", name)

        yield* Effect.gen(function*() {
          const requests = cell._tag === "Harmless" ? 1 : cell.requests
          const underFault = under(name, { what: "discoveries", requests, limit: Duration.seconds(10) })
          if (cell._tag === "Harmless") {
            assert.strictEqual((yield* underFault(fresh(work))).generation, before.generation + 1)
            yield* signIn(home)
            assert.strictEqual((yield* counts).discoveries, discoveries + 1)
            return
          }
          yield* assertUnreachable(yield* Effect.flip(underFault(fresh(work))), "discovery", cell)
          assert.deepStrictEqual(yield* stored(work), before)
          assert.strictEqual(yield* wire.sent("discovery"), discoveries + requests)
          yield* assertUnreachable(yield* Effect.flip(underFault(signIn(home))), "discovery", cell)
          assert.strictEqual((yield* stored(home)).is, "Never")
          assert.strictEqual(yield* wire.sent("discovery"), discoveries + 2 * requests)
          assert.strictEqual((yield* counts).discoveries, discoveries + (isAstray(name) ? 0 : 2 * requests))
          assert.deepInclude(yield* counts, { authorizations: 1, exchanges: 1, refreshes: 0 })

          yield* wire.heal
          yield* TestClock.adjust(Duration.seconds(cell.retryAfter ?? 1))
          assert.strictEqual((yield* fresh(work)).generation, before.generation + 1)
          yield* signIn(home)
        }).pipe(restarted)
      }).pipe(inWorld()))
  }
})
