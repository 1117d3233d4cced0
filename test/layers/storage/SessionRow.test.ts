import { assert, describe, it } from "@effect/vitest"
import { Option } from "effect"
import { placeOf } from "../../../src/layers/storage/SessionRow.ts"
import { ada, generation } from "../../support/sessionData.ts"

const row = { account_key: ada, generation: 3, last_sign_out: 0 }

describe("SessionRow", () => {
  for (const [kind, three, none] of [["a number", 3, 0], ["text", "3", "0"], ["a bigint", 3n, 0n]] as const) {
    it(`a generation is read from a driver that gives ${kind}`, () => {
      assert.deepStrictEqual(
        placeOf({ ...row, generation: three, last_sign_out: none }),
        Option.some({ key: ada, generation: generation(3), lastSignOut: generation(0) })
      )
    })
  }

  it("a row that is of no slot, or has no generation, has no place", () => {
    for (const value of [0, -1, 1.5, "", "many", "0x", null, undefined, true, new Uint8Array([3])]) {
      assert.isTrue(Option.isNone(placeOf({ ...row, generation: value })), String(value))
    }
    for (const key of ["", "a b", null, 3]) assert.isTrue(Option.isNone(placeOf({ ...row, account_key: key })))
  })
})
