// From the docstring of Exploration.atRandom in src/layers/exploring/Exploration.ts, by `npm run docs`.
import { Console, Effect, Option, Ref } from "effect"
import { Exploration } from "../../../src/exploring.ts"

const bookings = (book: (seats: Ref.Ref<number>) => Effect.Effect<void>) =>
  Effect.gen(function*() {
    const seats = yield* Ref.make(1)
    yield* Effect.all([book(seats), book(seats)], { concurrency: "unbounded" })
    if ((yield* Ref.get(seats)) < 0) return yield* Effect.die(new Error("one seat, booked twice"))
  })

const looksFirst = (seats: Ref.Ref<number>) =>
  Effect.gen(function*() {
    const left = yield* Ref.get(seats)
    if (left > 0) yield* Ref.update(seats, (current) => current - 1)
  })

const inOneStep = Ref.update((left: number) => Math.max(0, left - 1))

const problem = (program: Effect.Effect<void>) =>
  Option.map(Exploration.atRandom(program, { schedules: 200 }).violation, (found) => found.problem)

await Effect.runPromise(Console.log(Option.getOrNull(problem(bookings(looksFirst))))) // → one seat, booked twice
await Effect.runPromise(Console.log(Option.getOrNull(problem(bookings(inOneStep))))) // → null
