/**
 * Puts what the explorer finds today into `docs/races.md`: to be run when the programs, the explorer or Effect have changed, and
 * its outcome to be read before it is committed. `node test/interleavings/original/rewriteDocs.ts`
 */
import { Option } from "effect"
import { readFileSync, writeFileSync } from "node:fs"
import * as Exploration from "../../../src/layers/exploring/Exploration.ts"
import * as callbackFlags from "./callbackFlags.ts"
import * as example from "./example.ts"
import * as mutexMap from "./mutexMap.ts"
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

const { schedules } = Exploration.exhaustively(whileHasLock.atOnce, { departures: 1 })
writeFileSync(
  path,
  inSection(withRaces, "Exploring a program of your own", (section) => withBlock(section, example.printed))
    .replace(/all\s+\d+\s+(schedules\s+with\s+one\s+departure\s+were\s+run)/, `all ${schedules} $1`)
)
