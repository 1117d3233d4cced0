import { assert, describe, it } from "@effect/vitest"
import { Redacted, Result, Schema } from "effect"
import { inspect } from "node:util"
import {
  AuthorizationResponse,
  type ExpectedResponse,
  validate
} from "../../../src/services/provider/AuthorizationResponse.ts"

const state = "xyzABC123"
const issuer = "https://accounts.example.com"

const expecting = (required: boolean): ExpectedResponse => ({
  state: Redacted.make(state),
  issuer: { identifier: issuer, required }
})

/** What comes of a query: the code, the error, or why it was rejected. */
const outcome = (query: string, required = false): string =>
  Result.match(validate(new URLSearchParams(query), expecting(required)), {
    onFailure: (rejection) => rejection,
    onSuccess: AuthorizationResponse.$match({
      Code: ({ code }) => `code ${Redacted.value(code)}`,
      Refusal: ({ description, error }) => `refusal ${error}${description === undefined ? "" : `: ${description}`}`
    })
  })

const iss = encodeURIComponent(issuer)

const table: ReadonlyArray<readonly [rule: string, query: string, expected: string]> = [
  ["a code with the state is accepted", `state=${state}&code=c`, "code c"],
  ["the order does not matter", `code=c&state=${state}`, "code c"],
  [
    "parameters nobody knows are ignored, even repeated",
    `state=${state}&code=c&x=1&x=2&scope=a&scope=b&authuser=0`,
    "code c"
  ],
  ["a code is taken as it was, decoded once", `state=${state}&code=4%2F0A%252B+b`, "code 4/0A%2B b"],

  [
    "what a terminal takes for a command is taken out of a refusal",
    `state=${state}&error=a%1B%5B2Jb&error_description=c%0D%0Ad`,
    "refusal a [2Jb: c d"
  ],
  ["a refusal is as long as a person reads", `state=${state}&error=${"e".repeat(300)}`, `refusal ${"e".repeat(200)}`],

  ["no state: missing", "code=c", "state_missing"],
  ["nothing at all: missing", "", "state_missing"],
  ["an empty state is a wrong one", "state=&code=c", "state_mismatch"],
  ["a wrong state", "state=other&code=c", "state_mismatch"],
  ["the beginning of the state", `state=${state.slice(0, -1)}&code=c`, "state_mismatch"],
  ["more than the state", `state=${state}x&code=c`, "state_mismatch"],
  ["the state in other letters", `state=${state.toLowerCase()}&code=c`, "state_mismatch"],
  ["the state with a space around", `state=${state}%20&code=c`, "state_mismatch"],
  ["the state under another name", `State=${state}&code=c`, "state_missing"],
  ["the state twice", `state=${state}&state=${state}&code=c`, "state_mismatch"],
  ["the state and another", `state=${state}&state=other&code=c`, "state_mismatch"],
  ["another and the state", `state=other&state=${state}&code=c`, "state_mismatch"],

  ["an error without the state says nothing", "error=access_denied", "state_missing"],
  ["an error with a wrong state says nothing", "error=access_denied&state=other", "state_mismatch"],
  ["an error with the state is a refusal", `error=access_denied&state=${state}`, "refusal access_denied"],
  ["a refusal may be described", `error=e&error_description=a+b&state=${state}`, "refusal e: a b"],
  ["an error outweighs a code", `error=e&code=c&state=${state}`, "refusal e"],
  ["an empty error is none", `error=&code=c&state=${state}`, "code c"],

  ["neither code nor error", `state=${state}`, "no_response"],
  ["an empty code", `state=${state}&code=`, "no_response"],
  ["an empty code and an empty error", `state=${state}&code=&error=`, "no_response"],

  ["two codes", `state=${state}&code=c&code=d`, "parameter_repeated"],
  ["the same code twice", `state=${state}&code=c&code=c`, "parameter_repeated"],
  ["two errors", `state=${state}&error=e&error=f`, "parameter_repeated"],
  ["two descriptions", `state=${state}&error=e&error_description=a&error_description=b`, "parameter_repeated"],
  ["two addresses to read more", `state=${state}&error=e&error_uri=a&error_uri=b`, "parameter_repeated"],
  ["two issuers", `state=${state}&code=c&iss=${iss}&iss=${iss}`, "parameter_repeated"],

  ["the right issuer", `state=${state}&code=c&iss=${iss}`, "code c"],
  ["another issuer", `state=${state}&code=c&iss=https%3A%2F%2Fevil.example`, "issuer_mismatch"],
  ["the issuer with a slash", `state=${state}&code=c&iss=${iss}%2F`, "issuer_mismatch"],
  ["an empty issuer", `state=${state}&code=c&iss=`, "issuer_mismatch"],
  ["another issuer's error", `state=${state}&error=e&iss=https%3A%2F%2Fevil.example`, "issuer_mismatch"]
]

const queryOf = (pairs: ReadonlyArray<readonly [string, string]>) => {
  const query = new URLSearchParams()
  for (const [name, value] of pairs) query.append(name, value)
  return query
}

describe("AuthorizationResponse.validate", () => {
  for (const [rule, query, expected] of table) {
    it(`${rule} (${expected.split(" ")[0]})`, () => assert.strictEqual(outcome(query), expected))
  }

  it("a provider that announces iss has to send it, with a code as with an error", () => {
    assert.strictEqual(outcome(`state=${state}&code=c`, true), "issuer_mismatch")
    assert.strictEqual(outcome(`state=${state}&error=e`, true), "issuer_mismatch")
    assert.strictEqual(outcome(`state=${state}&code=c&iss=${iss}`, true), "code c")
    assert.strictEqual(outcome(`state=${state}&error=e&iss=${iss}`, true), "refusal e")
  })

  it("a code prints as redacted", () => {
    const response = validate(new URLSearchParams({ state, code: "canary" }), expecting(false))
    for (const text of [JSON.stringify(response), String(response), inspect(response, { depth: 9 })]) {
      assert.notInclude(text, "canary")
    }
  })

  const Name = Schema.Literals(["state", "code", "error", "error_description", "iss", "scope", "STATE", " state"])
  const Value = Schema.Union([
    Schema.Literals([state, `${state} `, state.slice(1), state.toUpperCase(), issuer, "c", ""]),
    Schema.String
  ])
  const Query = Schema.Array(Schema.Tuple([Name, Value]))

  it.prop("nothing is accepted but a query with exactly one state, the right one", [Query], ([pairs]) => {
    const query = queryOf(pairs)
    const accepted = Result.isSuccess(validate(query, expecting(false)))
    const states = pairs.filter(([name]) => name === "state").map(([, value]) => value)
    if (accepted) assert.deepStrictEqual(states, [state])
  }, { arbitrary: { runs: 2_000 } })

  it.prop("with its one state, what is accepted is a code, or an error, that came once", [Query], ([pairs]) => {
    const rest = pairs.filter(([name]) => name !== "state")
    const query = queryOf([["state", state], ...rest])
    const has = (name: string) => query.getAll(name).length === 1 && query.get(name) !== ""
    const repeats = ["code", "error", "error_description", "iss"].some((name) => query.getAll(name).length > 1)
    const right = query.get("iss") === null || query.get("iss") === issuer
    const accepted = Result.isSuccess(validate(query, expecting(false)))
    assert.strictEqual(accepted, !repeats && right && (has("code") || has("error")))
  }, { arbitrary: { runs: 2_000 } })
})
