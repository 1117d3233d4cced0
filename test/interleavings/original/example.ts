/**
 * The example of `docs/races.md`, as it is printed there but for its imports and its last line.
 */
import { Effect, Option, Ref } from "effect"
import * as Exploration from "../../../src/layers/exploring/Exploration.ts"
import * as ScheduleChoices from "../../../src/layers/exploring/ScheduleChoices.ts"
import * as ScheduleNotes from "../../../src/layers/exploring/ScheduleNotes.ts"

const program = Effect.gen(function*() {
  const seats = yield* Ref.make(1)
  const book = Effect.gen(function*() {
    yield* ScheduleNotes.note("looks")
    if ((yield* Ref.get(seats)) === 0) return
    yield* ScheduleNotes.note("books")
    yield* Ref.update(seats, (left) => left - 1)
  })
  const callers = ["Ada", "Grace"].map((name) => ScheduleNotes.named(name)(book))
  yield* ScheduleChoices.inAnyOrder(Effect.all(callers, { concurrency: "unbounded" }))
  if ((yield* Ref.get(seats)) < 0) return yield* Effect.die(new Error("one seat, booked twice"))
}).pipe(ScheduleChoices.inOrder)

const { violation } = Exploration.atRandom(program, { schedules: 1_000 })
export const printed = Option.match(violation, { onNone: () => "no violation", onSome: Exploration.report })
