import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import { AccountKey, defaultAccountKey, isEmail } from "../../../src/services/sign-in/AccountKey.ts"

const isKey = Schema.is(AccountKey)

describe("AccountKey", () => {
  for (
    const name of ["default", "work", "ada@example.com", "Ada+scripts@example.co.uk", "ада", "数", "x".repeat(254)]
  ) {
    it(`${name.slice(0, 30)} is a name`, () => assert.isTrue(isKey(name)))
  }

  for (
    const [what, name] of [
      ["nothing", ""],
      ["255 characters", "x".repeat(255)],
      ["a space", "ada lovelace"],
      ["a space at the end", "ada "],
      ["a line break", "ada\n"],
      ["a tab", "a\tb"],
      ["a no-break space", "a\u00a0b"],
      ["a NUL", "a\0b"],
      ["an escape", "\u001b[31m"],
      ["a C1 control", "a\u0085b"],
      ["a number", 1]
    ] as const
  ) {
    it(`${what} makes no name`, () => assert.isFalse(isKey(name)))
  }

  it("a name that is refused is not repeated by the error, only what a name is", () => {
    const error = Schema.decodeResult(AccountKey)("not a name")
    assert.include(String(error), "a name of 1 to 254 characters without spaces")
    assert.notInclude(String(error), "not a name")
  })

  it("the slot that is meant without a name is called default, and is no address", () => {
    assert.strictEqual(defaultAccountKey, "default")
    assert.isFalse(isEmail(defaultAccountKey))
  })

  it("an address has one @ with something on both sides", () => {
    const addresses = ["ada@example.com", "a@b", "@b", "a@", "@", "a@b@c", "work"]
    assert.deepStrictEqual(addresses.map((name) => isEmail(AccountKey.make(name))), [
      true,
      true,
      false,
      false,
      false,
      false,
      false
    ])
  })
})
