/**
 * The engine speaks of settings in general; this program says which variables it means.
 */
import { assert, describe, it } from "@effect/vitest"
import * as FileRefusal from "../../src/layers/storage/FileRefusal.ts"
import { withSettingNames } from "../../src/programs/settingNames.ts"
import { CallbackUnavailable } from "../../src/services/sign-in/CallbackServer.ts"
import { AuthorizationRefused, ScopesMissing } from "../../src/services/sign-in/FlowFailure.ts"

describe("withSettingNames", () => {
  it("names the variable behind each setting that a remedy speaks of", () => {
    const remedies = [
      [FileRefusal.refused("The file cannot be read", { code: "EACCES" }).remedy, "MCP_GAS_HOME"],
      [new CallbackUnavailable({ port: 3000, reason: "EADDRINUSE" }).remedy, "MCP_GAS_CALLBACK_PORT"],
      [new AuthorizationRefused({ error: "invalid_scope" }).remedy, "MCP_GAS_SCOPES"],
      [new ScopesMissing({ missing: ["a"], granted: [] }).remedy, "MCP_GAS_SCOPES"]
    ] as const
    for (const [remedy, variable] of remedies) {
      assert.notInclude(remedy, variable)
      const named = withSettingNames(remedy)
      assert.include(named, `(${variable})`)
      assert.strictEqual(withSettingNames(named), named)
    }
  })

  it("leaves alone what speaks of none", () => {
    assert.strictEqual(withSettingNames("Start the sign-in again."), "Start the sign-in again.")
  })
})
