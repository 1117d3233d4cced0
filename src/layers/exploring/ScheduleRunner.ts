/**
 * Runs a program under one schedule: which task runs next, where a fiber is made to yield, and when time passes are decided by
 * a `Chooser`, not by the machine.
 *
 * Effect leaves two decisions to its `Scheduler`, which task is next and whether a fiber yields before its next operation, and
 * one to its `Clock`. A run owns all three, draws the numbers of `Random` from one seed, and goes to its end in one synchronous
 * loop on virtual time, so that the same decisions give the same run. Nothing in the program may wait for anything real (a
 * Promise, a timer, a socket, a fiber of another runtime): that is reported as a deadlock. What never ends in the background has
 * to end with the program, or the run does not.
 *
 * A fiber is interrupted between operations and never within one: a `yield* Effect.sync(…)` and the plain code after it, up to
 * the next `yield*`, are one step. A fake that is to be like an `await` has to have an operation on each side of what it does.
 *
 * Some of what is tried, a stock scheduler comes to only in a slower world than there is: it runs tasks of one priority in
 * their order, lets a fiber run for some thousand operations, and fires a timer late but not minutes late. A program that is
 * right in spite of it needs none of that to be so. Priorities of tasks are not heeded.
 */
import { Clock, Effect, Metric, Random, type Scheduler } from "effect"
import type { Chooser, Departure } from "../../services/exploring/Chooser.ts"
import type { ScheduleRun } from "../../services/exploring/ScheduleRun.ts"
import { Observed, type Observer } from "./ScheduleObserver.ts"
import * as ScheduleTurns from "./ScheduleTurns.ts"
import * as VirtualClock from "./VirtualClock.ts"

/** How long a run may be, and what is kept of it. */
export interface Options {
  /** Tasks that may run before the run is given up as endless; 50,000 unless said. */
  readonly stepLimit?: number
  /** Whether to keep what ran when. Costs time. */
  readonly trace?: boolean
}

/** Runs `program` to its end as `chooser` says, and whatever it leaves behind until nothing moves any more. Synchronous. */
export const run = <A, E>(
  program: Effect.Effect<A, E>,
  chooser: Chooser,
  { stepLimit = 50_000, trace = false }: Options = {}
): ScheduleRun<A, E> => {
  const ready: Array<() => void> = []
  const time = VirtualClock.make()
  const turns = trace ? ScheduleTurns.make(time.now) : ScheduleTurns.none
  const departures: Array<Departure> = []
  /** Those who wait for a moment, the longest waiting first. */
  const moments = new Set<() => void>()
  /** What runs before anything else: somebody whose moment has come, then the fiber that was stopped for that. */
  const urgent: Array<() => void> = []
  /** Whether the next task is that of the fiber that has just been stopped. */
  let isStopping = false
  let choices = 0
  let fibers = 0

  const choose: Chooser["choose"] = (bound, kind) => {
    if (!observer.isChoosing || bound < 2) return 0
    const at = choices++
    const picked = chooser.choose(bound, kind)
    if (picked > 0) {
      const departure = { at, kind, picked, bound }
      departures.push(departure)
      turns.departed(departure)
    }
    return picked
  }

  const observer: Observer = {
    isChoosing: true,
    note: turns.note,
    pick: (bound) => choose(bound, "value"),
    onMoment: (resume) => {
      moments.add(resume)
      return () => moments.delete(resume)
    },
    fibers: () => fibers,
    isHurried: () => departures.some(({ kind }) => kind === "time")
  }

  const momentComes = () => {
    for (const resume of moments) {
      moments.delete(resume)
      return void urgent.push(resume)
    }
  }

  const scheduler: Scheduler.Scheduler = {
    executionMode: "sync",
    shouldYield: (fiber) => {
      turns.running(fiber)
      // Stopped like this and not from within, because what is about to run could no longer be kept from running.
      if (moments.size > 0 && choose(2, "moment") === 1) {
        momentComes()
        isStopping = true
        return true
      }
      return choose(2, "yield") === 1
    },
    makeDispatcher: () => ({
      scheduleTask: (task) => {
        ;(isStopping ? urgent : ready).push(task)
        isStopping = false
      },
      flush: () => {}
    })
  }

  const fiber = Effect.runFork(
    program.pipe(
      Effect.provideService(Clock.Clock, time.clock),
      Effect.provideService(Observed, observer),
      Random.withSeed("explored"),
      Effect.provideService(Metric.FiberRuntimeMetrics, {
        recordFiberStart: () => void fibers++,
        recordFiberEnd: () => void fibers--
      })
    ),
    { scheduler }
  )

  const ended = (outcome: ScheduleRun<A, E>["outcome"]): ScheduleRun<A, E> => ({
    outcome,
    fibersLeft: fibers,
    departures,
    choices,
    turns: turns.turns(),
    waiting: turns.waiting()
  })

  for (let step = 0; step < stepLimit; step++) {
    turns.taskBegins()
    if (urgent.length === 0 && ready.length === 0 && moments.size > 0) {
      // At the end of everything, or while everybody waits for a time to come.
      if (!time.isAwaited() || choose(2, "moment") === 1) momentComes()
    }
    const next = urgent.shift()
    if (next !== undefined) {
      next()
      continue
    }
    const timePasses = time.isAwaited() && (ready.length === 0 || choose(2, "time") === 1)
    if (timePasses) {
      ready.push(...time.pass())
    } else if (ready.length > 0) {
      const [task] = ready.splice(choose(ready.length, "task"), 1)
      task?.()
    } else {
      const exit = fiber.pollUnsafe()
      return ended(exit === undefined ? { _tag: "Deadlock" } : { _tag: "Done", exit })
    }
  }
  return ended({ _tag: "StepLimit" })
}
