/**
 * A run as text: who did what, when, and where the schedule was not a stock scheduler's.
 */
import type { Departure } from "../../services/exploring/Chooser.ts"
import type { Turn } from "../../services/exploring/ScheduleRun.ts"

const toldOf = ({ kind, picked }: Departure): string => {
  switch (kind) {
    case "task":
      return `goes before ${picked} other${picked > 1 ? "s" : ""}`
    case "yield":
      return "is made to yield"
    case "moment":
      return "comes at this moment"
    case "value":
      return `draws ${picked}`
    case "time":
      return "passes although somebody could go on"
  }
}

/** The same thing said again and again is said once. */
const once = (what: ReadonlyArray<string>): ReadonlyArray<string> =>
  what.filter((text, index) => text !== what[index - 1])

interface Line {
  readonly at: number
  readonly who: string
  readonly what: ReadonlyArray<string>
  readonly marks: ReadonlyArray<string>
  /** How often the same followed. */
  readonly times: number
}

const isSame = (one: Line, other: Line): boolean =>
  one.who === other.who && one.marks.length === 0 && other.marks.length === 0 &&
  one.what.join() === other.what.join()

/** What time does is a line of its own, before that of whoever woke up. */
const linesOf = ({ at, departures, what, who }: Turn): ReadonlyArray<Line> => {
  const early = departures.filter(({ kind }) => kind === "time")
  const own = departures.filter(({ kind }) => kind !== "time")
  return [
    ...early.length > 0 ? [{ at, who: "(time)", what: [], marks: [...new Set(early.map(toldOf))], times: 1 }] : [],
    ...what.length > 0 || own.length > 0 ? [{ at, who, what: once(what), marks: own.map(toldOf), times: 1 }] : []
  ]
}

/** One more turn in the lines there are. */
const entered = (lines: ReadonlyArray<Line>, line: Line): ReadonlyArray<Line> => {
  const last = lines.at(-1)
  if (last === undefined) return [line]
  const before = lines.slice(0, -1)
  if (isSame(last, line)) return [...before, { ...last, times: last.times + 1 }]
  const isOneTurn = last.who === line.who && last.at === line.at && last.times === 1 &&
    line.marks.length === 0 && last.marks.length === 0
  return isOneTurn ? [...before, { ...last, what: once([...last.what, ...line.what]) }] : [...lines, line]
}

/**
 * One line for each turn in which something was noted or the schedule departed; consecutive turns of one fiber at one time
 * are one line, and so are turns that repeat themselves. Milliseconds of virtual time, who, what, and in brackets what was
 * decided otherwise than by a stock scheduler.
 */
export const render = (turns: ReadonlyArray<Turn>): string => {
  const lines = turns.flatMap(linesOf).reduce<ReadonlyArray<Line>>(entered, [])
  const width = Math.max(0, ...lines.map(({ who }) => who.length))
  const digits = Math.max(0, ...lines.map(({ at }) => String(at).length))
  return lines.map(({ at, marks, times, what, who }) => {
    const told = [
      what.join(" → "),
      ...times > 1 ? [`(${times} times)`] : [],
      ...marks.map((mark) => `[${mark}]`)
    ].filter((text) => text !== "").join(" ")
    return `${String(at).padStart(digits)} ms  ${who.padEnd(width)}  ${told}`
  }).join("\n")
}
