import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import { missing } from "../../../src/services/provider/Scopes.ts"

const google = "https://www.googleapis.com/auth/"

describe("Scopes.missing", () => {
  it("nothing is missing where everything was granted, in whatever order and whatever else", () => {
    assert.deepStrictEqual(
      missing(["openid", `${google}script.projects`], [`${google}script.projects`, "x", "openid"]),
      []
    )
  })

  it("names what was not granted, in the order it was asked for", () => {
    assert.deepStrictEqual(missing(["c", "a", "b"], ["a"]), ["c", "b"])
    assert.deepStrictEqual(missing(["c", "a"], []), ["c", "a"])
  })

  it("Google's long names of email and profile are the short ones", () => {
    assert.deepStrictEqual(missing(["email", "profile"], [`${google}userinfo.email`, `${google}userinfo.profile`]), [])
    assert.deepStrictEqual(missing(["email", "profile"], [`${google}userinfo.email`]), ["profile"])
    assert.deepStrictEqual(missing([`${google}userinfo.email`], [`${google}userinfo.email`]), [])
  })

  it("a scope that begins like another is another", () => {
    assert.deepStrictEqual(missing([`${google}drive`], [`${google}drive.metadata.readonly`]), [`${google}drive`])
    assert.deepStrictEqual(missing([`${google}drive.metadata.readonly`], [`${google}drive`]), [
      `${google}drive.metadata.readonly`
    ])
    assert.deepStrictEqual(missing(["openid"], ["OpenID"]), ["openid"])
  })

  it("offline_access is granted without being mentioned", () => {
    assert.deepStrictEqual(missing(["openid", "offline_access"], ["openid"]), [])
  })

  it("a scope that is called like something every object has is a scope like any other", () => {
    const odd = ["constructor", "toString", "__proto__", "hasOwnProperty"]
    assert.deepStrictEqual(missing(odd, ["openid"]), odd)
    assert.deepStrictEqual(missing(odd, odd), [])
  })

  it.prop(
    "is empty exactly when each scope was granted",
    [Schema.Array(Schema.Literals(["a", "b", "c"])), Schema.Array(Schema.Literals(["a", "b", "c"]))],
    ([requested, granted]) =>
      assert.strictEqual(missing(requested, granted).length === 0, requested.every((scope) => granted.includes(scope)))
  )
})
