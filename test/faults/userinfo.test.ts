/**
 * The tokens are there, and the wire fails while the provider is asked whose they are: the sign-in does not fail for it, since
 * the ID token has said so already, and the person does not wait longer than three seconds. The error is for who asks again.
 */
import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect } from "effect"
import { AuthorizationServer } from "../../src/services/provider/AuthorizationServer.ts"
import { Account } from "../../src/services/sign-in/Session.ts"
import { Wire } from "../support/wire.ts"
import { assertUnreachable, counts, fresh, inWorld, signIn, stored, under, work } from "../support/wireFaultEngine.ts"
import { faultNames, isAstray } from "../support/wireFaults.ts"
import { userinfo } from "../support/wireTable.ts"

const ada = new Account({ sub: "100000000000000000001", email: "ada@example.com", name: "Ada Lovelace" })

describe("userinfo", () => {
  for (const name of faultNames) {
    const cell = userinfo[name]
    it.effect(`userinfo: ${name}`, () =>
      Effect.gen(function*() {
        const wire = yield* Wire
        const provider = yield* AuthorizationServer
        const underFault = under(name, { what: "userinfos", requests: 1, limit: Duration.seconds(3) })

        yield* wire.fail("userinfo", name)
        const session = yield* underFault(signIn(work))
        assert.deepStrictEqual(session.account, ada)
        const before = yield* stored(work)
        assert.deepStrictEqual(before.generation, session.generation)
        assert.strictEqual((yield* counts).exchanges, 1)
        assert.strictEqual(yield* wire.sent("userinfo"), 1)

        const { clientId, grantedScopes, tokens: { accessToken, expiresAt, refreshToken } } = session
        const { sub } = session.account
        const nobody = new Account(sub === undefined ? {} : { sub })
        const asked = provider.userinfo({
          accessToken,
          refreshToken,
          expiresAt,
          grantedScopes,
          clientId,
          account: nobody
        })
        if (cell._tag === "Harmless") assert.deepStrictEqual(yield* underFault(asked), ada)
        else yield* assertUnreachable(yield* Effect.flip(underFault(asked)), "userinfo", cell)
        assert.strictEqual(yield* wire.sent("userinfo"), 2)
        assert.strictEqual((yield* counts).userinfos, isAstray(name) ? 0 : 2)

        yield* wire.heal
        assert.deepStrictEqual(yield* asked, ada)
        assert.strictEqual((yield* fresh(work)).generation, session.generation)
        assert.deepStrictEqual(yield* stored(work), before)
      }).pipe(inWorld()))
  }
})
