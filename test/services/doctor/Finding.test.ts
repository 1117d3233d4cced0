import { assert, describe, it } from "@effect/vitest"
import { ok, problem, warning, worst } from "../../../src/services/doctor/Finding.ts"

const fine = ok("clock", "It goes right.")
const uneasy = warning("vault", "It creaks.", "Oil it.")
const bad = problem("store", "It is gone.", "Look for it.")

describe("worst", () => {
  it("is the level of the worst finding, wherever it comes", () => {
    assert.strictEqual(worst([]), "ok")
    assert.strictEqual(worst([fine, fine]), "ok")
    assert.strictEqual(worst([uneasy, fine]), "warning")
    assert.strictEqual(worst([fine, bad, uneasy]), "problem")
  })
})
