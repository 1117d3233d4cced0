/**
 * What a caller who waits for a Promise is rejected with.
 */
import { assert, describe, it } from "@effect/vitest"
import { Cause } from "effect"
import { SignInError } from "../../../src/programs/embedding/PromiseSignIn.ts"
import { rejectionOf } from "../../../src/programs/embedding/rejection.ts"
import { InternalError } from "../../../src/services/tools/ToolServer.ts"

const rejected = (cause: Cause.Cause<InternalError>, signal?: AbortSignal) => {
  const error = rejectionOf(cause, signal)
  assert.instanceOf(error, SignInError)
  return error
}

describe("A caller is rejected", () => {
  it("with the code, the cause and the remedy of an error", () => {
    const why = new InternalError({ what: "acme" })
    const { code, message, remedy } = rejected(Cause.fail(why))
    assert.deepStrictEqual({ code, message, remedy }, {
      code: why.code,
      message: `${why.message} ${why.remedy}`,
      remedy: why.remedy
    })
  })

  it("with what the signal was aborted with, or because the sign-in was closed", () => {
    const reason = new Error("no time")
    assert.strictEqual(rejectionOf(Cause.interrupt(), AbortSignal.abort(reason)), reason)
    const error = rejected(Cause.interrupt(), new AbortController().signal)
    assert.strictEqual(error.code, "closed")
    assert.notStrictEqual(rejected(Cause.interrupt()), error)
  })

  it("for a mistake with nothing of it but the cause, since nobody knows what it holds", () => {
    const mistake = new TypeError("cannot read aSecret")
    const error = rejected(Cause.die(mistake))
    assert.strictEqual(error.code, "internal_error")
    assert.notInclude(error.message, "aSecret")
    assert.strictEqual(error.cause, mistake)
  })
})
