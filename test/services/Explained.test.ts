import { assert, describe, it } from "@effect/vitest"
import { Cause, Duration } from "effect"
import { ClientMisconfigured, ConfigProblem } from "../../src/services/config/Config.ts"
import type { Explained } from "../../src/services/Explained.ts"
import { ImportRefused } from "../../src/services/importing/ImportRefused.ts"
import { ExchangeFailed, ProviderUnreachable } from "../../src/services/provider/AuthorizationServer.ts"
import { NotThisSignIn } from "../../src/services/sign-in/AuthFlows.ts"
import { CallbackUnavailable } from "../../src/services/sign-in/CallbackServer.ts"
import * as FlowFailure from "../../src/services/sign-in/FlowFailure.ts"
import { SignInRequired } from "../../src/services/sign-in/Sessions.ts"
import { StoreUnavailable } from "../../src/services/storage/SessionStore.ts"
import { InvalidArguments } from "../../src/services/tools/Tool.ts"
import { InternalError, ServerStopping } from "../../src/services/tools/ToolServer.ts"
import { ada, draft } from "../support/sessionData.ts"

const problem = new ConfigProblem({
  where: "MCP_GAS_HOME",
  problem: "is not absolute.",
  remedy: "Give the whole path."
})

/** Every error that a person may be shown, in every wording it has. */
const errors: ReadonlyArray<Explained & Error & { readonly _tag: string }> = [
  ...(["never", "signed_out", "revoked", "expired", "reauth_policy"] as const).flatMap((reason) => [
    new SignInRequired({ key: ada, reason }),
    new SignInRequired({ key: ada, reason, account: draft().account })
  ]),
  new ProviderUnreachable({ operation: "refresh", problem: "The provider did not answer.", ambiguous: false }),
  new ProviderUnreachable({
    operation: "refresh",
    problem: "The provider did not answer.",
    retryAfter: 7,
    ambiguous: false
  }),
  new ExchangeFailed({ error: "invalid_grant", ambiguous: false }),
  new ExchangeFailed({ error: "timeout", description: "it did not answer in time", ambiguous: true }),
  new ClientMisconfigured({ problems: [problem, problem] }),
  new StoreUnavailable({ problem: "The disk is full.", remedy: "Make room.", cause: new Error("ENOSPC") }),
  new CallbackUnavailable({ reason: "EADDRINUSE", port: 8080 }),
  new CallbackUnavailable({ reason: "EACCES" }),
  new FlowFailure.ConsentDenied({}),
  ...["server_error", "invalid_scope", "org_internal", "invalid_request"].flatMap((error) => [
    new FlowFailure.AuthorizationRefused({ error }),
    new FlowFailure.AuthorizationRefused({ error, description: "because" })
  ]),
  new FlowFailure.FlowTimedOut({ after: Duration.minutes(5) }),
  ...(["cancel", "logout", "shutdown"] as const).map((by) => new FlowFailure.FlowCancelled({ by })),
  new FlowFailure.FlowStalled({ pid: 4711, after: Duration.seconds(301) }),
  new FlowFailure.ScopesMissing({ missing: ["email"], granted: [] }),
  new FlowFailure.AccountMismatch({ expected: ada, actual: "grace@example.com" }),
  new FlowFailure.AccountMismatch({ expected: ada }),
  ...(["no_pending_flow", "not_a_redirect", "other_sign_in"] as const).map((reason) => new NotThisSignIn({ reason })),
  new ImportRefused({ problem: "The file is empty.", remedy: "Give another one." }),
  new InvalidArguments({ tool: "gas_auth", problems: ["mode: missing"] }),
  new ServerStopping({}),
  new InternalError({ what: "gas_auth" })
]

describe("Explained", () => {
  for (const error of errors) {
    it(`${error._tag} says what happened and what to do: ${error.message.slice(0, 60)}`, () => {
      assert.match(error.code, /^[a-z]+(_[a-z]+)*$/)
      for (const sentence of [error.message, error.remedy]) {
        assert.match(sentence, /^\S.*[^\s]\.?$/su)
        assert.notInclude(sentence, "undefined")
        assert.notInclude(sentence, "[object")
      }
      // What is logged is what is shown.
      assert.include(Cause.pretty(Cause.fail(error)), error.message)
    })
  }

  it("a class has one code, and no two classes share one", () => {
    const codes = new Map(errors.map((error) => [error._tag, error.code]))
    for (const error of errors) assert.strictEqual(error.code, codes.get(error._tag))
    assert.strictEqual(new Set(codes.values()).size, codes.size)
  })

  it("waiting is a remedy where the provider said how long", () => {
    assert.include(
      new ProviderUnreachable({ operation: "refresh", problem: "No.", retryAfter: 7, ambiguous: false }).remedy,
      "in 7 s"
    )
  })

  it("only a failure that is ambiguous says that tokens may have been issued", () => {
    assert.include(new ExchangeFailed({ error: "timeout", ambiguous: true }).message, "may have issued")
    assert.notInclude(new ExchangeFailed({ error: "invalid_grant", ambiguous: false }).message, "may have issued")
  })

  it("the way to sign in names the account, unless it is the one that is meant anyway", () => {
    assert.include(new SignInRequired({ key: ada, reason: "never" }).remedy, `account "${ada}"`)
  })
})
