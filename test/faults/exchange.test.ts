/**
 * The person has consented, and the wire fails while the code is exchanged: the sign-in ends with an error that says whether
 * tokens may have been issued, the code is not sent again, an earlier session stays, and the next sign-in works.
 */
import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect } from "effect"
import { ExchangeFailed } from "../../src/services/provider/AuthorizationServer.ts"
import { SessionStore } from "../../src/services/storage/SessionStore.ts"
import * as SessionData from "../support/sessionData.ts"
import { Wire } from "../support/wire.ts"
import { counts, inWorld, keepsSecrets, signIn, stored, under, work } from "../support/wireFaultEngine.ts"
import { faultNames, isAstray } from "../support/wireFaults.ts"
import { errorOf, exchange } from "../support/wireTable.ts"

describe("exchange", () => {
  for (const name of faultNames) {
    const cell = exchange[name]
    it.effect(`exchange: ${name}`, () =>
      Effect.gen(function*() {
        const wire = yield* Wire
        // Of an earlier version of the program, which asked for less.
        yield* SessionStore.use((store) => store.write(work, SessionData.generation(0), SessionData.signIn()))
        const before = yield* stored(work)

        yield* wire.fail("token", name)
        const signingIn = under(name, { what: "exchanges", requests: 1, limit: Duration.seconds(10) })(signIn(work))
        if (cell._tag === "Harmless") {
          const session = yield* signingIn
          assert.strictEqual(session.generation, 2)
          assert.strictEqual(session.account.email, "ada@example.com")
        } else {
          const failure = yield* Effect.flip(signingIn)
          assert(failure instanceof ExchangeFailed)
          assert.strictEqual(failure.error, errorOf(cell.why))
          assert.strictEqual(failure.ambiguous, cell.ambiguous)
          yield* keepsSecrets(failure)
          assert.deepStrictEqual(yield* stored(work), before)
        }
        assert.strictEqual(yield* wire.sent("token"), 1)
        assert.strictEqual((yield* counts).exchanges, isAstray(name) ? 0 : 1)

        yield* wire.heal
        if (cell._tag === "Failed") assert.strictEqual((yield* signIn(work)).generation, 2)
        assert.strictEqual((yield* stored(work)).generation, 2)
      }).pipe(inWorld()))
  }
})
