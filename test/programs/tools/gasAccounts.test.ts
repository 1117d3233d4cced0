import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { AccountKey } from "../../../src/services/sign-in/AccountKey.ts"
import { SessionStore, type SlotWrite } from "../../../src/services/storage/SessionStore.ts"
import * as GasAuth from "../../support/gasAuthInMemory.ts"
import { needsSignIn, signIn } from "../../support/sessionData.ts"

const Listed = Schema.Struct({
  defaultAccount: Schema.String,
  accounts: Schema.Array(Schema.Record(Schema.String, Schema.Unknown))
})
const decode = Schema.decodeUnknownSync(Listed)

/** Writes a slot as another process would. */
const put = Effect.fnUntraced(function*(name: string, write: SlotWrite) {
  const store = yield* SessionStore
  const key = AccountKey.make(name)
  yield* store.write(key, (yield* store.read(key)).generation, write)
})

/** An account in each state there is. */
const furnished = Effect.gen(function*() {
  const client = yield* GasAuth.connect({})
  yield* put("ended", needsSignIn("revoked"))
  yield* put("expired", signIn({ minutes: 0, refreshToken: null }))
  yield* put("signed-in", signIn({ minutes: 60 }))
  for (const name of ["out", "pending"]) yield* SessionStore.use(({ tombstone }) => tombstone(AccountKey.make(name)))
  yield* client.auth({ account: "pending", waitForCompletion: false, openBrowser: false })
  return client
})

describe("gas_accounts", () => {
  it.effect("lists every account that was ever signed in or out and the default one, in order, each as it stands", () =>
    Effect.gen(function*() {
      const { accounts } = yield* furnished
      const listed = decode((yield* accounts()).output)
      assert.strictEqual(listed.defaultAccount, "default")
      assert.deepStrictEqual(
        listed.accounts.map(({ isDefault, key, state }) => ({ isDefault, key, state })),
        [
          { isDefault: true, key: "default", state: "never" },
          { isDefault: false, key: "ended", state: "needs_sign_in" },
          { isDefault: false, key: "expired", state: "expired" },
          { isDefault: false, key: "out", state: "signed_out" },
          { isDefault: false, key: "pending", state: "signing_in" },
          { isDefault: false, key: "signed-in", state: "signed_in" }
        ]
      )
      assert.deepInclude(listed.accounts.find(({ key }) => key === "ended"), {
        reason: "revoked",
        email: "ada@example.com"
      })
      assert.deepInclude(listed.accounts.find(({ key }) => key === "signed-in"), {
        email: "ada@example.com",
        name: "Ada",
        grantedScopes: ["openid", "email"],
        missingScopes: ["script.projects"],
        issuedTo: "a client",
        refreshedAt: "1970-01-01T00:00:00.000Z",
        tokenExpiresAt: "1970-01-01T01:00:00.000Z"
      })
      assert.notInclude(JSON.stringify(listed), "access-1")
      assert.notInclude(JSON.stringify(listed), "refresh-1")
    }).pipe(Effect.provide(GasAuth.layer())))

  it.effect("chooses the default account, which a call that names none means from then on", () =>
    Effect.gen(function*() {
      const { accounts, auth } = yield* furnished
      assert.strictEqual((yield* auth({ mode: "status" })).output["status"], "not_authenticated")
      const listed = decode((yield* accounts({ defaultAccount: "signed-in" })).output)
      assert.strictEqual(listed.defaultAccount, "signed-in")
      // One that nobody has ever used is not listed for having been the default.
      assert.deepStrictEqual(
        listed.accounts.filter(({ isDefault }) => isDefault === true).map(({ key }) => key),
        ["signed-in"]
      )
      assert.notInclude(listed.accounts.map(({ key }) => key), "default")
      const told = (yield* auth({ mode: "status" })).output
      assert.strictEqual(told["status"], "authenticated")
      assert.deepInclude(told["account"], { key: "signed-in" })
      const named = (yield* auth({ mode: "status", account: "default" })).output
      assert.match(String(named["message"]), /call gas_auth with mode "start" and account "default"/)
    }).pipe(Effect.provide(GasAuth.layer())))

  it.effect("refuses a name that is none, and changes nothing", () =>
    Effect.gen(function*() {
      const { accounts } = yield* GasAuth.connect({})
      assert.isTrue((yield* accounts({ defaultAccount: "two words" })).isError)
      assert.strictEqual(decode((yield* accounts()).output).defaultAccount, "default")
    }).pipe(Effect.provide(GasAuth.layer())))
})
