import { assert, describe, it } from "@effect/vitest"
import { Effect, Equal, Redacted } from "effect"
import { toColumns, toSlot } from "../../../src/layers/storage/SessionRow.ts"
import { ownClient } from "../../../src/services/sign-in/Session.ts"
import { Vault } from "../../../src/services/storage/Vault.ts"
import { ada, draft, generation } from "../../support/sessionData.ts"

/** Seals nothing, so that a test sees what would be sealed. */
const open = Vault.of({
  seal: (secret) => Effect.succeed(Redacted.value(secret)),
  open: (text) => Effect.succeed(Redacted.make(text)),
  keeper: Effect.succeed("memory")
})

const place = { key: ada, generation: generation(1), lastSignOut: generation(0) }

describe("SessionRow: a session that brings its own client", () => {
  for (const ownSecret of ["hush-hush", null]) {
    it.effect(`has it in what is sealed alone, ${ownSecret === null ? "without" : "with"} a secret`, () =>
      Effect.gen(function*() {
        const stored = draft({ clientId: "another client", ownSecret })
        const columns = yield* toColumns(open, ada, { _tag: "SignedIn", draft: stored })
        assert.include(columns.sealed, "ownClient")
        assert.notInclude(columns.record, "ownClient")
        assert.notInclude(columns.record, "hush-hush")
        const { state } = yield* toSlot(open, place, { ...columns })
        assert.strictEqual(state._tag, "SignedIn")
        if (state._tag === "SignedIn") assert.isTrue(Equal.equals(ownClient(state.session), ownClient(stored)))
      }))
  }

  it.effect("a row from before there were any is that of a session without", () =>
    Effect.gen(function*() {
      const { state } = yield* toSlot(open, place, {
        state: "SignedIn",
        record: JSON.stringify({
          account: { sub: "1", email: "ada@example.com", name: "Ada" },
          grantedScopes: ["openid", "email"],
          clientId: "a client",
          flowId: "a flow",
          signedInAt: 0,
          issuedAt: 0,
          expiresAt: 3_600_000
        }),
        sealed: JSON.stringify({ accessToken: "access-1", refreshToken: "refresh-1" })
      })
      assert.strictEqual(state._tag, "SignedIn")
      if (state._tag !== "SignedIn") return
      assert.isTrue(Equal.equals(state.session.tokens, draft().tokens))
      assert.isUndefined(ownClient(state.session))
    }))
})
