/**
 * What a program leaves to the chooser beyond the order of its fibers, and what it does not leave to it.
 */
import { Effect } from "effect"
import { Observed } from "./ScheduleObserver.ts"

const deciding = (isChoosing: boolean) => <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.flatMap(Observed, (observer) =>
    Effect.acquireUseRelease(
      Effect.sync(() => {
        const before = observer.isChoosing
        observer.isChoosing = isChoosing
        return before
      }),
      () => effect,
      (before) =>
        Effect.sync(() => {
          observer.isChoosing = before
        })
    ))

/**
 * While this runs, everything, whoever does it, happens in a stock scheduler's order: for what comes before and after the part
 * in question, so that the schedules there are to try are about that. It is one switch for the whole program: for its main
 * fiber to use, and not for several at once.
 */
export const inOrder: <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R> = deciding(false)

/** While this runs, decisions are the chooser's: for the part in question of something that is run `inOrder`. */
export const inAnyOrder: <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R> = deciding(true)

/** Whether decisions are the chooser's right now. */
export const isChoosing: Effect.Effect<boolean> = Effect.flatMap(
  Observed,
  (observer) => Effect.sync(() => observer.isChoosing)
)

/** A number from 0 up to `bound`, without that: 0 unless the chooser has it otherwise. */
export const pick = (bound: number): Effect.Effect<number> =>
  Effect.flatMap(Observed, (observer) => Effect.sync(() => observer.pick(bound)))

/**
 * Returns at a moment of the chooser's: before any operation of any fiber, which is stopped for that, or while everybody waits
 * for a time to come; when nobody else can go on any more and no time is waited for, unless the chooser has it otherwise. What
 * follows happens there and then, up to where it has to wait, and whoever was stopped goes on:
 * `atAnyMoment.pipe(Effect.andThen(Fiber.interrupt(victim)))` interrupts at each step there is. Outside of an exploration it
 * returns at once. Whoever waits for something that goes on and on, such as a poll, has it come only by the chooser.
 */
export const atAnyMoment: Effect.Effect<void> = Effect.flatMap(
  Observed,
  (observer) =>
    Effect.callback<void>((resume) => {
      const forget = observer.onMoment(() => resume(Effect.void))
      return Effect.sync(forget)
    })
)

/** How many fibers there are right now beside the program's own: as many as before, where nothing was left behind. */
export const fibers: Effect.Effect<number> = Effect.flatMap(
  Observed,
  (observer) => Effect.sync(() => observer.fibers())
)

/** Whether time has passed although somebody could go on: then what is slow may have been too late. */
export const isHurried: Effect.Effect<boolean> = Effect.flatMap(
  Observed,
  (observer) => Effect.sync(() => observer.isHurried())
)
