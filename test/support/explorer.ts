/**
 * Runs a program under every schedule, or under many: which task runs next, where a fiber is made to yield, and when time
 * passes are choices that a test makes, not the machine.
 *
 * Effect leaves two decisions to its `Scheduler`, which task is next and whether a fiber yields before its next
 * operation, and one to its `Clock`. `runSchedule` owns all three and runs the program to its end in one synchronous loop
 * on virtual time, so that the same choices give the same run. Nothing in the program may wait for anything real (a
 * Promise, a timer, a socket): that shows as a deadlock. A number of interleavings is shown where `choosing` is around
 * the part in question; outside of it everything runs in the order a stock scheduler would choose.
 */
import { Clock, Context, Duration, Effect, type Exit, Metric, type Scheduler } from "effect"

/** Makes the choices of one run: an index below `bound`, where 0 is what would happen by default. */
export interface Chooser {
  readonly choose: (bound: number, kind: "task" | "yield" | "time") => number
}

export interface Run<A, E> {
  /** `Stuck`: everybody waits for somebody else. `Endless`: no end in sight. */
  readonly outcome: Exit.Exit<A, E> | { readonly _tag: "Stuck" } | { readonly _tag: "Endless" }
  /** Fibers that were there when the program had ended and nothing was left to run. */
  readonly fibersLeft: number
}

const Choices = Context.Reference<{ on: boolean }>("mcp-gas/test/support/explorer/Choices", {
  defaultValue: () => ({ on: false })
})

/** The part of the program whose schedule is explored. */
export const choosing = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.flatMap(Choices, (choices) =>
    Effect.acquireUseRelease(
      Effect.sync(() => {
        choices.on = true
      }),
      () => effect,
      () =>
        Effect.sync(() => {
          choices.on = false
        })
    ))

/** Time that passes only when somebody says so, to the moment of the next sleeper. */
const virtualClock = () => {
  const sleepers = new Set<{ readonly at: number; readonly wake: () => void }>()
  let now = 0
  const millis = () => now
  const nanos = () => BigInt(now) * 1_000_000n
  const clock: Clock.Clock = {
    currentTimeMillisUnsafe: millis,
    currentTimeMillis: Effect.sync(millis),
    currentTimeNanosUnsafe: nanos,
    currentTimeNanos: Effect.sync(nanos),
    monotonicTimeNanosUnsafe: nanos,
    monotonicTimeNanos: Effect.sync(nanos),
    sleep: (duration) => {
      const delay = Math.ceil(Duration.toMillis(duration))
      // As the live clock does.
      if (delay <= 0) return Effect.yieldNow
      return Effect.callback<void>((resume) => {
        const sleeper = { at: now + delay, wake: () => resume(Effect.void) }
        if (Number.isFinite(delay)) sleepers.add(sleeper)
        return Effect.sync(() => void sleepers.delete(sleeper))
      })
    }
  }
  const pass = () => {
    now = Math.min(...Array.from(sleepers, ({ at }) => at))
    const due = [...sleepers].filter(({ at }) => at <= now)
    for (const sleeper of due) sleepers.delete(sleeper)
    return due.map(({ wake }) => wake)
  }
  return { clock, pass, isAwaited: () => sleepers.size > 0 }
}

/** Runs `program` to its end as `chooser` says, and whatever it leaves behind until nothing moves any more. */
export const runSchedule = <A, E>(program: Effect.Effect<A, E>, chooser: Chooser, stepLimit = 50_000): Run<A, E> => {
  const ready: Array<() => void> = []
  const time = virtualClock()
  const choices = { on: false }
  let fibers = 0
  const choose: Chooser["choose"] = (bound, kind) => choices.on ? chooser.choose(bound, kind) : 0
  const scheduler: Scheduler.Scheduler = {
    executionMode: "sync",
    shouldYield: () => choices.on && chooser.choose(2, "yield") === 1,
    makeDispatcher: () => ({ scheduleTask: (task) => void ready.push(task), flush: () => {} })
  }
  const fiber = Effect.runFork(
    program.pipe(
      Effect.provideService(Clock.Clock, time.clock),
      Effect.provideService(Choices, choices),
      Effect.provideService(Metric.FiberRuntimeMetrics, {
        recordFiberStart: () => void fibers++,
        recordFiberEnd: () => void fibers--
      })
    ),
    { scheduler }
  )
  for (let step = 0; step < stepLimit; step++) {
    const timePasses = time.isAwaited() && (ready.length === 0 || choose(2, "time") === 1)
    if (timePasses) {
      ready.push(...time.pass())
    } else if (ready.length > 0) {
      const [task] = ready.splice(ready.length === 1 ? 0 : choose(ready.length, "task"), 1)
      task?.()
    } else {
      return { outcome: fiber.pollUnsafe() ?? { _tag: "Stuck" }, fibersLeft: fibers }
    }
  }
  return { outcome: { _tag: "Endless" }, fibersLeft: fibers }
}

/** Random choices; the same seed gives the same ones. `restlessness`: how likely each forced yield and early timer is. */
export const randomChooser = (seed: number, restlessness = 0.05): Chooser => {
  // mulberry32
  let state = seed | 0
  const next = () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
  return {
    choose: (bound, kind) => {
      if (kind === "task") return Math.floor(next() * bound)
      return next() < restlessness ? 1 : 0
    }
  }
}

/**
 * Every schedule that departs from the default at most `budget` times, be it another task, a forced yield or an early
 * timer; depth first, each once. The run of a chooser has to end before the next one is taken.
 */
export function* allChoosers(budget: number): Generator<Chooser & { readonly departures: () => string }> {
  let prefix: Array<number> = []
  while (true) {
    const path: Array<number> = []
    const bounds: Array<number> = []
    let left = budget
    yield {
      departures: () =>
        path.flatMap((picked, index) => picked === 0 ? [] : [`${picked} at choice ${index}`]).join(", ") ||
        "no departure",
      choose: (bound) => {
        if (left === 0) return 0
        const picked = prefix[path.length] ?? 0
        path.push(picked)
        bounds.push(bound)
        if (picked > 0) left--
        return picked
      }
    }
    let last = path.length - 1
    while (last >= 0 && (path[last] ?? 0) + 1 >= (bounds[last] ?? 0)) last--
    if (last < 0) return
    prefix = [...path.slice(0, last), (path[last] ?? 0) + 1]
  }
}
