/**
 * Exploring finds the schedules that show a race, makes them short, and finds none where there is none.
 */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Option } from "effect"
import * as Exploration from "../../../src/layers/exploring/Exploration.ts"
import * as ScheduleTrace from "../../../src/layers/exploring/ScheduleTrace.ts"
import { early, lostUpdate, oneAfterTheOther, oppositeLocks } from "../../support/racyPrograms.ts"

const races = [
  { name: "a lost update", program: lostUpdate, problem: "counted 1 of 2", departures: 1 },
  { name: "locks taken in opposite orders", program: oppositeLocks, problem: /^deadlock/, departures: 1 },
  { name: "a timer that fires although others could go on", program: early, problem: "too late", departures: 1 }
]

describe("Exploration", () => {
  for (const { departures, name, problem, program } of races) {
    it(`finds ${name} at random, and shortens it as far as can be`, () => {
      const { violation } = Exploration.atRandom(program, { schedules: 2_000 })
      const found = Option.getOrThrow(violation)
      assert.match(found.problem, new RegExp(problem))
      assert.strictEqual(found.departures.length, departures)
      assert.isAbove(found.departuresFound, 0)
      const again = Exploration.atRandom(program, { schedules: 1, seed: Option.getOrThrow(found.seed) })
      assert.deepStrictEqual(again.violation, violation)
      assert.include(Exploration.report(found), `seed ${Option.getOrThrow(found.seed)}`)
      assert.include(Exploration.report(found), found.trace)
    })

    it(`finds ${name} among all schedules with one departure`, () => {
      const { complete, violation } = Exploration.exhaustively(program, { departures: 1 })
      assert.match(Option.getOrThrow(violation).problem, new RegExp(problem))
      assert.isFalse(complete)
    })

    it(`does not find ${name} in the one schedule of a stock scheduler`, () => {
      const { complete, schedules, violation } = Exploration.exhaustively(program, { departures: 0 })
      assert.deepStrictEqual({ complete, schedules, violation }, {
        complete: true,
        schedules: 1,
        violation: Option.none()
      })
    })
  }

  it("finds nothing where a lock is right: in all orders with one forced yield, and at random", () => {
    const all = Exploration.exhaustively(oneAfterTheOther, { departures: 1, uncounted: ["task"] })
    assert.isTrue(all.complete)
    assert.isAbove(all.schedules, 50)
    assert.deepStrictEqual(all.violation, Option.none())
    const some = Exploration.atRandom(oneAfterTheOther, { schedules: 2_000 })
    assert.deepStrictEqual([some.schedules, some.violation], [2_000, Option.none()])
  })

  it("says where it was cut, and tries the whole run all the same", () => {
    const all = Exploration.exhaustively(oneAfterTheOther, { departures: 1 })
    const cut = Exploration.exhaustively(oneAfterTheOther, { departures: 1, limit: 20 })
    assert.isFalse(cut.complete)
    assert.isAtLeast(cut.schedules, 10)
    assert.isAtMost(cut.schedules, 20)
    assert.isAbove(all.schedules, 2 * cut.schedules)
    const late = Exploration.exhaustively(lostUpdate, { departures: 1, limit: 40 })
    assert.isTrue(Option.isSome(late.violation))
  })

  it("takes fibers that are left behind for a problem, and an end that does not come", () => {
    const left = Exploration.exhaustively(Effect.forkDetach(Effect.never), { departures: 0 })
    assert.strictEqual(Option.getOrThrow(left.violation).problem, "1 fiber left behind")
  })

  it("has a violation again from its departures alone, with the same trace", () => {
    const found = Option.getOrThrow(Exploration.atRandom(lostUpdate, { schedules: 2_000 }).violation)
    const again = Exploration.replay(lostUpdate, found.departures)
    assert.deepStrictEqual(again.departures, found.departures)
    assert.isTrue(again.outcome._tag === "Done" && Exit.isFailure(again.outcome.exit))
    assert.strictEqual(ScheduleTrace.render(again.turns), found.trace)
  })

  it("tells of a program that depends on more than its schedule", () => {
    let runs = 0
    const fickle = Effect.suspend(() => runs++ === 0 ? Effect.die(new Error("once")) : Effect.void)
    const { violation } = Exploration.atRandom(fickle, { schedules: 1 })
    assert.match(Option.getOrThrow(violation).problem, /depends on more than its schedule/)
  })
})
