/**
 * Somebody signs out, and the wire fails while the provider is told: the account is signed out all the same, the answer says
 * whether the provider has confirmed it, nobody tells it twice, and the account can be signed in and out again.
 */
import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Option } from "effect"
import { AuthorizationServer } from "../../src/services/provider/AuthorizationServer.ts"
import { AuthFlows } from "../../src/services/sign-in/AuthFlows.ts"
import { Wire } from "../support/wire.ts"
import {
  assertUnreachable,
  counts,
  fresh,
  home,
  inWorld,
  keepsSecrets,
  signIn,
  stored,
  under,
  work
} from "../support/wireFaultEngine.ts"
import { faultNames, isAstray } from "../support/wireFaults.ts"
import { revoke } from "../support/wireTable.ts"

const logout = AuthFlows.use((flows) => flows.logout(work))

describe("revoke", () => {
  for (const name of faultNames) {
    const cell = revoke[name]
    it.effect(`revoke: ${name}`, () =>
      Effect.gen(function*() {
        const wire = yield* Wire
        const provider = yield* AuthorizationServer
        const underFault = under(name, { what: "revocations", requests: 1, limit: Duration.seconds(10) })
        const { account } = yield* signIn(work)
        const { tokens } = yield* signIn(home)

        yield* wire.fail("revoke", name)
        const signedOut = yield* underFault(logout)
        assert.deepStrictEqual(signedOut.was, Option.some(account))
        assert.deepStrictEqual(signedOut.revoked, Option.some(cell._tag === "Harmless"))
        yield* keepsSecrets(signedOut)
        assert.strictEqual((yield* stored(work)).is, "SignedOut")
        assert.deepInclude(yield* Effect.flip(fresh(work)), { _tag: "SignInRequired", reason: "signed_out" })
        assert.strictEqual(yield* wire.sent("revoke"), 1)

        const again = underFault(provider.revoke(tokens.accessToken))
        if (cell._tag === "Harmless") yield* again
        else yield* assertUnreachable(yield* Effect.flip(again), "revoke", cell)
        assert.strictEqual(yield* wire.sent("revoke"), 2)
        assert.strictEqual((yield* counts).revocations, isAstray(name) ? 0 : 2)

        yield* wire.heal
        yield* signIn(work)
        assert.deepStrictEqual((yield* logout).revoked, Option.some(true))
      }).pipe(inWorld()))
  }
})
