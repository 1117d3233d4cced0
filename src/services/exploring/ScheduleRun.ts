/**
 * What one run of a program under one schedule was like.
 */
import type { Exit } from "effect"
import type { Departure } from "./Chooser.ts"

/** How a run ended. */
export type Outcome<A, E> =
  /** The program has ended, and nothing it left behind moves any more. */
  | { readonly _tag: "Done"; readonly exit: Exit.Exit<A, E> }
  /**
   * The program has not ended and nobody can go on: everybody waits for somebody else, or for something real, such as a
   * Promise, a timer or a socket, which has no place in an explored program.
   */
  | { readonly _tag: "Deadlock" }
  /** No end in sight after as many steps as were allowed. */
  | { readonly _tag: "StepLimit" }

/** What one fiber did without interruption. */
export interface Turn {
  /** Milliseconds of virtual time since the run began. */
  readonly at: number
  /** The name that the fiber was given; or that of the nearest ancestor who was given one, and a number. */
  readonly who: string
  /** What the program noted meanwhile, and the spans it entered, in order. */
  readonly what: ReadonlyArray<string>
  /** The departures that brought the turn about, or ended it. */
  readonly departures: ReadonlyArray<Departure>
}

/** A run, from its first operation to when nothing moved any more. */
export interface ScheduleRun<A, E> {
  /** How it ended. */
  readonly outcome: Outcome<A, E>
  /** Fibers that were still there when nothing moved any more. */
  readonly fibersLeft: number
  /** Where the run departed from a stock scheduler's, in order: enough to have it again. */
  readonly departures: ReadonlyArray<Departure>
  /** How many decisions there were. */
  readonly choices: number
  /** What ran when; empty unless the run was traced. */
  readonly turns: ReadonlyArray<Turn>
  /** Whose fibers were still there when nothing moved any more, beside the program's; empty unless the run was traced. */
  readonly waiting: ReadonlyArray<string>
}
