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
      return "time has passed although somebody could go on"
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
}

/**
 * One line for each turn in which something was noted or the schedule departed; consecutive turns of one fiber are one line.
 * Milliseconds of virtual time, who, what, and in brackets what was decided otherwise than by a stock scheduler.
 */
export const render = (turns: ReadonlyArray<Turn>): string => {
  const lines: Array<Line> = []
  for (const { at, departures, what, who } of turns) {
    if (what.length === 0 && departures.length === 0) continue
    const line = { at, who, what: once(what), marks: departures.map(toldOf) }
    const last = lines.at(-1)
    if (last?.who === who && last.at === at && line.marks.length === 0 && last.marks.length === 0) {
      lines[lines.length - 1] = { ...last, what: once([...last.what, ...line.what]) }
    } else lines.push(line)
  }
  const width = Math.max(0, ...lines.map(({ who }) => who.length))
  const times = Math.max(0, ...lines.map(({ at }) => String(at).length))
  return lines.map(({ at, marks, what, who }) => {
    const told = [what.join(" → "), ...marks.map((mark) => `[${mark}]`)].filter((text) => text !== "").join(" ")
    return `${String(at).padStart(times)} ms  ${who.padEnd(width)}  ${told}`
  }).join("\n")
}
