/**
 * One run under one schedule: the same decisions give the same run, and whatever cannot end says so.
 */
import { assert, describe, it } from "@effect/vitest"
import { Clock, Deferred, Effect, Exit, Fiber, Random, Schedule } from "effect"
import * as ChooserExhaustive from "../../../src/layers/exploring/ChooserExhaustive.ts"
import * as ChooserRandom from "../../../src/layers/exploring/ChooserRandom.ts"
import * as ChooserReplay from "../../../src/layers/exploring/ChooserReplay.ts"
import {
  atAnyMoment,
  fibers,
  inAnyOrder,
  inOrder,
  isHurried,
  pick
} from "../../../src/layers/exploring/ScheduleChoices.ts"
import { named, note, teller } from "../../../src/layers/exploring/ScheduleNotes.ts"
import * as ScheduleRunner from "../../../src/layers/exploring/ScheduleRunner.ts"
import * as ScheduleTrace from "../../../src/layers/exploring/ScheduleTrace.ts"
import { lostUpdate, oneAfterTheOther, oppositeLocks } from "../../support/racyPrograms.ts"

const stock = ChooserReplay.make([])

const choices = (program: Effect.Effect<void>) => ScheduleRunner.run(program, stock).choices

const run = <A, E>(program: Effect.Effect<A, E>, seed: number) =>
  ScheduleRunner.run(program, ChooserRandom.make(seed), { trace: true })

describe("ScheduleRunner", () => {
  it("runs a program to its end, as a stock scheduler would where nothing departs", () => {
    const { departures, fibersLeft, outcome } = ScheduleRunner.run(Effect.as(lostUpdate, 5), stock)
    assert.deepStrictEqual(outcome, { _tag: "Done", exit: Exit.succeed(5) })
    assert.deepStrictEqual([departures, fibersLeft], [[], 0])
  })

  it("runs the same under the same seed, and differently under others", () => {
    const shapes = new Set<string>()
    for (let seed = 1; seed <= 50; seed++) {
      const first = run(lostUpdate, seed)
      const second = run(lostUpdate, seed)
      assert.deepStrictEqual(second.departures, first.departures)
      assert.strictEqual(ScheduleTrace.render(second.turns), ScheduleTrace.render(first.turns))
      shapes.add(JSON.stringify(first.departures))
    }
    assert.isAbove(shapes.size, 20)
  })

  it("runs the same under the departures of a run", () => {
    for (let seed = 1; seed <= 50; seed++) {
      const random = run(lostUpdate, seed)
      const again = ScheduleRunner.run(lostUpdate, ChooserReplay.make(random.departures), { trace: true })
      assert.deepStrictEqual(again, random)
    }
  })

  it("passes time at once, and only as far as somebody has slept", () => {
    const program = Effect.andThen(Effect.sleep("5 minutes"), Clock.currentTimeMillis)
    assert.deepStrictEqual(ScheduleRunner.run(program, stock).outcome, {
      _tag: "Done",
      exit: Exit.succeed(300_000)
    })
  })

  it("tells of a deadlock that only some schedules come to", () => {
    const outcomes = new Set(Array.from({ length: 200 }, (_, seed) => run(oppositeLocks, seed).outcome._tag))
    assert.deepStrictEqual([...outcomes].toSorted(), ["Deadlock", "Done"])
  })

  it("tells of a program that waits for something real as of a deadlock", () => {
    const { outcome } = ScheduleRunner.run(Effect.promise(() => Promise.resolve()), stock)
    assert.strictEqual(outcome._tag, "Deadlock")
  })

  it("tells of a program without an end", () => {
    const { outcome } = ScheduleRunner.run(Effect.forever(Effect.yieldNow), stock, { stepLimit: 100 })
    assert.strictEqual(outcome._tag, "StepLimit")
  })

  it("counts the fibers that are left when nothing moves any more", () => {
    const program = Effect.andThen(Effect.forkDetach(Effect.never), Effect.forkDetach(Effect.sleep("1 second")))
    assert.strictEqual(ScheduleRunner.run(program, stock).fibersLeft, 1)
  })

  it("asks for no decision where things are to happen in order, and for all of them in any order within", () => {
    assert.strictEqual(choices(inOrder(lostUpdate)), choices(inOrder(Effect.void)))
    assert.isAbove(choices(lostUpdate), choices(inOrder(Effect.void)))
    assert.isAtLeast(choices(inOrder(Effect.andThen(oneAfterTheOther, inAnyOrder(lostUpdate)))), choices(lostUpdate))
  })

  it("lets what may come at any moment come before each operation of whoever runs, while time is waited for, and at the end of everything", () => {
    const sentences = new Set<string>()
    const program = Effect.gen(function*() {
      const words: Array<string> = []
      const say = (word: string) => Effect.sync(() => void words.push(word))
      const speaker = Effect.andThen(say("a"), Effect.andThen(say("b"), Effect.andThen(say("c"), Effect.sleep(1))))
      const heckler = Effect.andThen(atAnyMoment, say("!"))
      yield* Effect.all([heckler, Effect.andThen(speaker, say("d"))], { concurrency: "unbounded" })
      return words.join("")
    })
    for (const chooser of ChooserExhaustive.all({ departures: 1 })) {
      const { outcome } = ScheduleRunner.run(program, chooser)
      assert.isTrue(outcome._tag === "Done" && Exit.isSuccess(outcome.exit))
      if (outcome._tag === "Done" && Exit.isSuccess(outcome.exit)) sentences.add(outcome.exit.value)
    }
    assert.deepStrictEqual([...sentences].toSorted(), ["!abcd", "a!bcd", "ab!cd", "abc!d", "abcd!"])
  })

  it("forgets who no longer waits for a moment", () => {
    const left = Effect.raceFirst(Effect.andThen(atAnyMoment, Effect.die("it came")), Effect.void)
    assert.deepStrictEqual(ScheduleRunner.run(Effect.andThen(left, Effect.sleep(1)), stock).outcome, {
      _tag: "Done",
      exit: Exit.void
    })
  })

  it("tries every number that a program asks for", () => {
    const numbers: Array<unknown> = []
    for (const chooser of ChooserExhaustive.all({ departures: 1 })) {
      const { outcome } = ScheduleRunner.run(inOrder(inAnyOrder(pick(4))), chooser)
      if (outcome._tag === "Done" && Exit.isSuccess(outcome.exit)) numbers.push(outcome.exit.value)
    }
    assert.deepStrictEqual([...new Set(numbers)].toSorted(), [0, 1, 2, 3])
  })

  it("draws the same numbers in every run, whatever the schedule", () => {
    const program = Effect.all([
      Random.next,
      Random.nextIntBetween(0, 1_000_000),
      Effect.delay(Random.next, "1 second")
    ])
    const drawn = new Set(Array.from({ length: 20 }, (_, seed) => JSON.stringify(run(program, seed).outcome)))
    assert.strictEqual(drawn.size, 1)
  })

  it("has a schedule with jitter again", () => {
    const retried = Effect.gen(function*() {
      yield* Effect.retry(Effect.fail("no"), { schedule: Schedule.jittered(Schedule.spaced("1 second")), times: 3 })
        .pipe(
          Effect.ignore
        )
      return yield* Clock.currentTimeMillis
    })
    assert.deepStrictEqual(run(retried, 3).outcome, run(retried, 3).outcome)
  })

  it("ascribes what is noted to the fiber that notes it, also where that has just woken another one", () => {
    const program = Effect.gen(function*() {
      const tell = yield* teller
      const bell = yield* Deferred.make<void>()
      const waiter = Effect.andThen(Deferred.await(bell), Effect.sync(() => tell("wakes up")))
      yield* Effect.forkChild(named("waiter")(waiter))
      yield* Effect.yieldNow
      yield* named("ringer")(Effect.sync(() => {
        Deferred.doneUnsafe(bell, Effect.void)
        tell("has rung")
      }))
    })
    const { turns } = ScheduleRunner.run(program, stock, { trace: true })
    const noted = turns.flatMap(({ what, who }) => what.map((text) => `${who} ${text}`))
    assert.deepStrictEqual(noted, ["waiter wakes up", "ringer has rung"])
  })

  it("tells a program whether time has passed although somebody could go on", () => {
    const program = Effect.gen(function*() {
      const late = yield* Effect.forkChild(Effect.sleep("1 second"))
      yield* Effect.yieldNow
      yield* Effect.yieldNow
      const hurried = yield* isHurried
      yield* Fiber.join(late)
      return hurried
    })
    const told = new Set<unknown>()
    for (const chooser of ChooserExhaustive.all({ departures: 1 })) {
      const { departures, outcome } = ScheduleRunner.run(program, chooser)
      if (outcome._tag === "Done" && Exit.isSuccess(outcome.exit) && outcome.exit.value) {
        told.add(departures.every(({ kind }) => kind === "time"))
      }
    }
    assert.deepStrictEqual([...told], [true])
  })

  it("tells a program how many fibers it has", () => {
    const program = Effect.gen(function*() {
      const before = yield* fibers
      const other = yield* Effect.forkChild(Effect.never)
      const between = yield* fibers
      yield* Fiber.interrupt(other)
      return [before, between, yield* fibers]
    })
    assert.deepStrictEqual(ScheduleRunner.run(program, stock).outcome, { _tag: "Done", exit: Exit.succeed([0, 1, 0]) })
  })

  it("says who did what and when, and where the schedule departed", () => {
    const program = Effect.all([
      named("one")(note("is here")),
      named("two")(Effect.andThen(Effect.sleep("20 millis"), Effect.withSpan(note("is there"), "Walk.end")))
    ], { concurrency: "unbounded" })
    const { turns } = ScheduleRunner.run(program, ChooserReplay.make([{ at: 8, picked: 1 }]), { trace: true })
    assert.strictEqual(
      ScheduleTrace.render(turns),
      [
        " 0 ms  one  [is made to yield]",
        " 0 ms  one  is here",
        "20 ms  two  Walk.end → is there"
      ].join("\n")
    )
  })
})
