/**
 * Keeps the turns of a run: which fiber did what, and which decisions brought that about.
 */
import { Fiber, type Tracer } from "effect"
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
  /** Who has not ended, of all who ever ran, the program itself aside. */
  readonly waiting: () => ReadonlyArray<string>
}

/** For runs that nobody asks for a trace of. */
export const none: ScheduleTurns = {
  taskBegins: () => {},
  running: () => {},
  note: () => {},
  departed: () => {},
  turns: () => [],
  waiting: () => []
}

/** A turn that is not over. */
interface Taking {
  readonly fiber: Fiber.Fiber<unknown, unknown>
  readonly at: number
  readonly what: Array<string>
  readonly departures: Array<Departure>
}

/** `now` is the virtual time in milliseconds. */
export const make = (now: () => number): ScheduleTurns => {
  const turns: Array<Taking> = []
  /** All fibers that ever ran, in that order, and what they are called: by their own name if they have one. */
  const names = new Map<Fiber.Fiber<unknown, unknown>, string>()
  /** Whose own name it is; the fibers it forks have it from there. */
  const owners = new Map<string, Fiber.Fiber<unknown, unknown>>()
  const spans = new WeakSet<Tracer.AnySpan>()
  /** Whoever runs in the task under way. */
  let taking: Taking | undefined
  /** What has brought the next turn about. */
  let ahead: Array<Departure> = []

  /** A name can come with any operation of a fiber, and holds for what it did before as well. */
  const call = (fiber: Fiber.Fiber<unknown, unknown>) => {
    const name = fiber.getRef(FiberName)
    if (name !== "" && !owners.has(name)) owners.set(name, fiber)
    if (owners.get(name) === fiber) names.set(fiber, name)
    else if (!names.has(fiber)) names.set(fiber, `${name || "fiber"}/${names.size + 1}`)
  }

  const take = (fiber: Fiber.Fiber<unknown, unknown>): Taking => {
    if (taking?.fiber === fiber) return taking
    taking = { fiber, at: now(), what: [], departures: ahead }
    ahead = []
    turns.push(taking)
    return taking
  }

  return {
    taskBegins: () => {
      taking = undefined
    },
    running: (fiber) => {
      const { what } = take(fiber)
      call(fiber)
      const { span } = fiber.cache
      // Entering one is news; coming back to it is not, nor is being forked within it.
      if (span?._tag === "Span" && !spans.has(span)) {
        spans.add(span)
        what.push(span.name)
      }
    },
    note: (text) => {
      // Whoever was woken within an operation has run by now; the rest of it is the waker's again.
      const fiber = Fiber.getCurrent()
      if (fiber !== undefined) take(fiber).what.push(text)
    },
    departed: (departure) => {
      // A forced yield ends the turn under way, and a number is drawn in it; the others bring the next one about.
      const isWithin = departure.kind === "yield" || departure.kind === "value"
      if (isWithin && taking !== undefined) taking.departures.push(departure)
      else ahead.push(departure)
    },
    turns: () =>
      turns.map(({ at, departures, fiber, what }) => ({ at, who: names.get(fiber) ?? "", what, departures })),
    waiting: () => [...names].slice(1).flatMap(([fiber, name]) => fiber.pollUnsafe() === undefined ? [name] : [])
  }
}
