/**
 * Explores a program: runs it under many schedules, near a stock scheduler's and at random, until one shows a problem, and
 * makes that one short.
 */
import { type Effect, Option } from "effect"
import type { Chooser, Departure } from "../../services/exploring/Chooser.ts"
import type { ScheduleRun } from "../../services/exploring/ScheduleRun.ts"
import * as ChooserExhaustive from "./ChooserExhaustive.ts"
import * as ChooserRandom from "./ChooserRandom.ts"
import * as ChooserReplay from "./ChooserReplay.ts"
import * as ScheduleProblem from "./ScheduleProblem.ts"
import * as ScheduleRunner from "./ScheduleRunner.ts"
import * as ScheduleShrink from "./ScheduleShrink.ts"
import * as ScheduleTrace from "./ScheduleTrace.ts"

/** Every schedule of a kind, or a sample of them from the whole run. */
export interface Exhaustively extends Pick<ChooserExhaustive.Options, "departures" | "uncounted"> {
  /** How many are enough, more or less; all there are unless said. */
  readonly limit?: number
}

/** One schedule for each seed. */
export interface AtRandom {
  /** How many to run. */
  readonly schedules: number
  /** The first seed; each schedule has the next. 1 unless said. */
  readonly seed?: number
  /** How likely each forced yield is; see `ChooserRandom`. */
  readonly restlessness?: number
}

/** A schedule under which the program does what it must not do. */
export interface Violation {
  /** What went wrong: the failure or defect of the program, a deadlock, no end, or fibers that were left behind. */
  readonly problem: string
  /** The seed that found it; none if it was found exhaustively. */
  readonly seed: Option.Option<number>
  /** Where the schedule departs from a stock scheduler's, made as short as could be; `ChooserReplay` has it again. */
  readonly departures: ReadonlyArray<Departure>
  /** How many departures there were when it was found. */
  readonly departuresFound: number
  /** What ran when under the short schedule. */
  readonly trace: string
  /** Who was still there in the end: in a deadlock, those who wait for each other. */
  readonly waiting: ReadonlyArray<string>
}

/** What came of exploring a program. */
export interface Explored {
  /** How many schedules were run, the one with the violation included. */
  readonly schedules: number
  /** Whether these were all there are of the kind. */
  readonly complete: boolean
  /** The first schedule that showed a problem; none if no schedule did. */
  readonly violation: Option.Option<Violation>
}

/** What happened under one schedule: the same departures give the same again, trace included. */
export const replay = <A, E>(
  program: Effect.Effect<A, E>,
  departures: ReadonlyArray<Pick<Departure, "at" | "picked">>,
  options?: Pick<ScheduleRunner.Options, "stepLimit">
): ScheduleRun<A, E> => ScheduleRunner.run(program, ChooserReplay.make(departures), { ...options, trace: true })

/** How many runs may be spent on a shorter schedule. */
const patience = 1_500

/**
 * The shortest schedule that shows a problem like the one found: what matters of the one that was found, or one of fewer
 * departures, which are tried one after the other. The first need not be the shortest, because a departure is counted from the
 * beginning, and leaving one out moves those that come after it.
 */
const shortest = <A, E>(
  found: ReadonlyArray<Departure>,
  shows: (chooser: Chooser) => ScheduleRun<A, E> | undefined
): ReadonlyArray<Departure> => {
  const shrunk = ScheduleShrink.shrink(found, (candidate) => shows(ChooserReplay.make(candidate))?.departures)
  let runs = 0
  for (let departures = 0; departures < shrunk.departures.length; departures++) {
    for (const chooser of ChooserExhaustive.all({ departures })) {
      if (++runs > patience) return shrunk.departures
      const run = shows(chooser)
      if (run !== undefined) return run.departures
    }
  }
  return shrunk.departures
}

/** Runs the program under one schedule, and looks into what is wrong with it, if anything is. */
const violationOf = <A, E>(
  program: Effect.Effect<A, E>,
  chooser: Chooser,
  seed: Option.Option<number>
): Option.Option<Violation> => {
  const found = ScheduleRunner.run(program, chooser)
  const problem = ScheduleProblem.of(found)
  if (problem === undefined) return Option.none()
  const departures = shortest(found.departures, (other) => {
    const again = ScheduleRunner.run(program, other)
    return ScheduleProblem.of(again) === problem ? again : undefined
  })
  const short = replay(program, departures)
  return Option.some({
    problem: ScheduleProblem.of(short) ?? "not the same when run again: the program depends on more than its schedule",
    seed,
    departures,
    departuresFound: found.departures.length,
    trace: ScheduleTrace.render(short.turns),
    waiting: short.waiting
  })
}

/** Runs every schedule of the kind, up to the limit, until one shows a problem. Synchronous. */
export const exhaustively = <A, E>(program: Effect.Effect<A, E>, { limit, ...options }: Exhaustively): Explored => {
  const decisions = limit === undefined ? 0 : ScheduleRunner.run(program, ChooserReplay.make([])).choices
  const stride = limit === undefined ? 1 : Math.max(1, Math.ceil(decisions / limit))
  let schedules = 0
  for (const chooser of ChooserExhaustive.all({ ...options, stride })) {
    if (schedules === limit) return { schedules, complete: false, violation: Option.none() }
    schedules++
    const violation = violationOf(program, chooser, Option.none())
    if (Option.isSome(violation)) return { schedules, complete: false, violation }
  }
  return { schedules, complete: stride === 1, violation: Option.none() }
}

/**
 * Runs one random schedule for each seed until one shows a problem. Synchronous.
 *
 * @example
 * ```ts
 * import { Console, Effect, Option, Ref } from "effect"
 * import { Exploration } from "mcp-gas/exploring"
 *
 * const bookings = (book: (seats: Ref.Ref<number>) => Effect.Effect<void>) =>
 *   Effect.gen(function*() {
 *     const seats = yield* Ref.make(1)
 *     yield* Effect.all([book(seats), book(seats)], { concurrency: "unbounded" })
 *     if ((yield* Ref.get(seats)) < 0) return yield* Effect.die(new Error("one seat, booked twice"))
 *   })
 *
 * const looksFirst = (seats: Ref.Ref<number>) =>
 *   Effect.gen(function*() {
 *     const left = yield* Ref.get(seats)
 *     if (left > 0) yield* Ref.update(seats, (current) => current - 1)
 *   })
 *
 * const inOneStep = Ref.update((left: number) => Math.max(0, left - 1))
 *
 * const problem = (program: Effect.Effect<void>) =>
 *   Option.map(Exploration.atRandom(program, { schedules: 200 }).violation, (found) => found.problem)
 *
 * await Effect.runPromise(Console.log(Option.getOrNull(problem(bookings(looksFirst))))) // → one seat, booked twice
 * await Effect.runPromise(Console.log(Option.getOrNull(problem(bookings(inOneStep))))) // → null
 * ```
 */
export const atRandom = <A, E>(
  program: Effect.Effect<A, E>,
  { restlessness, schedules, seed = 1 }: AtRandom
): Explored => {
  for (let count = 1; count <= schedules; count++) {
    const current = seed + count - 1
    const violation = violationOf(program, ChooserRandom.make(current, restlessness), Option.some(current))
    if (Option.isSome(violation)) return { schedules: count, complete: false, violation }
  }
  return { schedules, complete: false, violation: Option.none() }
}

/** A violation as a text to fail with: the problem, the seed, the schedule, its trace, and who waits. */
export const report = ({ departures, departuresFound, problem, seed, trace, waiting }: Violation): string =>
  [
    problem,
    Option.match(seed, { onNone: () => "found exhaustively", onSome: (it) => `seed ${it}` }) +
    `; ${departures.length} departure${departures.length === 1 ? "" : "s"} (of ${departuresFound} when found): ` +
    JSON.stringify(departures.map(({ at, picked }) => ({ at, picked }))),
    trace,
    ...waiting.length > 0 ? [`still there in the end: ${waiting.join(", ")}`] : []
  ].join("\n")
