/**
 * Keeps the turns of a run: which fiber did what, and which decisions brought that about.
 */
import type { Fiber } from "effect"
import type { Departure } from "../../services/exploring/Chooser.ts"
import type { Turn } from "../../services/exploring/ScheduleRun.ts"
import { FiberName } from "./ScheduleNotes.ts"

export interface ScheduleTurns {
  /** A task begins; whose it is shows when a fiber takes its first operation. */
  readonly taskBegins: () => void
  /** A fiber is about to run an operation. */
  readonly running: (fiber: Fiber.Fiber<unknown, unknown>) => void
  readonly note: (text: string) => void
  readonly departed: (departure: Departure) => void
  readonly turns: () => ReadonlyArray<Turn>
}

/** For runs that nobody asks for a trace of. */
export const none: ScheduleTurns = {
  taskBegins: () => {},
  running: () => {},
  note: () => {},
  departed: () => {},
  turns: () => []
}

/** A turn that is not over. */
interface Taking {
  readonly fiber: Fiber.Fiber<unknown, unknown>
  readonly at: number
  who: string
  span: string | undefined
  readonly what: Array<string>
  readonly departures: Array<Departure>
}

/** `now` is the virtual time in milliseconds. */
export const make = (now: () => number): ScheduleTurns => {
  const turns: Array<Taking> = []
  /** Numbers for fibers without a name, in the order in which they first ran. */
  const numbers = new WeakMap<Fiber.Fiber<unknown, unknown>, number>()
  let known = 0
  /** Whoever runs in the task under way. */
  let taking: Taking | undefined
  /** What has brought the next turn about. */
  let ahead: Array<Departure> = []

  const numberOf = (fiber: Fiber.Fiber<unknown, unknown>) => {
    const number = numbers.get(fiber) ?? ++known
    numbers.set(fiber, number)
    return number
  }

  return {
    taskBegins: () => {
      taking = undefined
    },
    running: (fiber) => {
      if (taking?.fiber !== fiber) {
        taking = { fiber, at: now(), who: `fiber ${numberOf(fiber)}`, span: undefined, what: [], departures: ahead }
        ahead = []
        turns.push(taking)
      }
      // The first of its operations may be the one that names it, the last of them the one that ends that.
      taking.who = fiber.getRef(FiberName) || taking.who
      const span = fiber.cache.span
      if (span?._tag === "Span" && span.name !== taking.span) {
        taking.span = span.name
        taking.what.push(span.name)
      }
    },
    note: (text) => void taking?.what.push(text),
    departed: (departure) => {
      // A forced yield ends the turn under way, and a number is drawn in it; the others bring the next one about.
      const isWithin = departure.kind === "yield" || departure.kind === "value"
      if (isWithin && taking !== undefined) taking.departures.push(departure)
      else ahead.push(departure)
    },
    turns: () => turns.map(({ at, departures, what, who }) => ({ at, who, what, departures }))
  }
}
