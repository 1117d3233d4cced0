/**
 * Puts what the explorer finds today into `docs/races.md`: to be run when the programs, the explorer or Effect have changed, and
 * its outcome to be read before it is committed. `node test/interleavings/original/rewriteDocs.ts`, with the path of a JSON
 * report of `npm run test:interleavings` for the figures of that run as well.
 */
import { Option } from "effect"
import { readFileSync, writeFileSync } from "node:fs"
import process from "node:process"
import * as Exploration from "../../../src/layers/exploring/Exploration.ts"
import * as callbackFlags from "./callbackFlags.ts"
import * as example from "./example.ts"
import * as mutexMap from "./mutexMap.ts"
import { type Explored, exploredBy } from "./report.ts"
import * as resolverMap from "./resolverMap.ts"
import * as whileHasLock from "./whileHasLock.ts"

const path = new URL("../../../docs/races.md", import.meta.url)

/** The text with one section changed. */
const inSection = (docs: string, heading: string, change: (section: string) => string) =>
  docs.split("\n## ").map((section) => section.startsWith(`${heading}\n`) ? change(section) : section).join("\n## ")

const withBlock = (section: string, text: string) =>
  section.replace(/```text\n[^]*?\n```/, () => `\`\`\`text\n${text}\n\`\`\``)

const programs = Object.entries({
  "A Map of flows": mutexMap,
  "A Map of resolvers": resolverMap,
  "A lock of `while (has) await`": whileHasLock,
  "Flags in the callback": callbackFlags
})

const withRaces = programs.reduce((docs, [heading, { control, original }]) => {
  const found = Option.getOrThrow(Exploration.atRandom(original, { schedules: 1_000 }).violation)
  const near = Exploration.exhaustively(original, { departures: 1 })
  const right = Exploration.exhaustively(control, { departures: 1 })
  return inSection(docs, heading, (section) =>
    withBlock(section, Exploration.report(found))
      .replace(/by schedule\s+\d+/, `by schedule ${near.schedules}`)
      .replace(/all\s+\d+(\s+schedules\s+with\s+one\s+departure\s+and)/, `all ${right.schedules}$1`))
}, readFileSync(path, "utf8"))

const number = new Intl.NumberFormat("en-GB")

/** What was explored by these files, in a sentence. */
const told = (all: ReadonlyArray<Explored>, names: ReadonlyArray<string>) => {
  const those = all.filter(({ file }) => names.includes(file))
  const sum = (of: "nearby" | "atRandom") => number.format(those.reduce((total, each) => total + each[of], 0))
  const cut = those.filter(({ isCut }) => isCut).length
  return `${those.length} programs on the real layers (${names.map((name) => `\`${name}.test.ts\``).join(", ")}), ` +
    `${sum("nearby")} schedules with one departure, which are all there are${
      cut > 0 ? ` but for ${cut === 1 ? "one program" : `${cut} programs`} of which a sample is run` : ""
    }, and ${sum("atRandom")} random ones`
}

const withFigures = (docs: string, all: ReadonlyArray<Explored>) =>
  docs.replace(
    /(Explored without a violation:)\s[^]*?(<!-- schedules: ([\w ]+) -->)/g,
    (_whole, label, mark, names: string) => `${label} ${told(all, names.split(" "))}. ${mark}`
  )

const { schedules } = Exploration.exhaustively(whileHasLock.atOnce, { departures: 1 })
const [, , report] = process.argv
const written = inSection(
  withRaces,
  "Exploring a program of your own",
  (section) => withBlock(section, example.printed)
)
writeFileSync(
  path,
  (report === undefined ? written : withFigures(written, exploredBy(readFileSync(report, "utf8")))).replace(
    /all\s+\d+\s+(schedules\s+with\s+one\s+departure\s+were\s+run)/,
    `all ${schedules} $1`
  )
)
