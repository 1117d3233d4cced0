/**
 * What was measured on, and what was measured.
 */
import { Effect } from "effect"
import { readFileSync } from "node:fs"
import * as os from "node:os"
import process from "node:process"
import { spreadOf } from "../measure/spread.ts"
import { millis } from "../measure/timed.ts"
import * as Ours from "../subjects/ours.ts"
import { storeIn } from "../subjects/rest.ts"

export interface Machine {
  readonly cpu: string
  readonly cores: number
  readonly memoryGB: number
  readonly system: string
  readonly node: string
  /** Milliseconds of one commit that is on the disk when it returns, where the homes were. */
  readonly commitMillis: number
  /** How many processes wanted a core, on average over the last minute, when the run began. */
  readonly load: number
  /** Versions by the name of their package. */
  readonly versions: Readonly<Record<string, string>>
}

const versionsIn = (path: string, field: string): Readonly<Record<string, string>> => {
  const read: unknown = JSON.parse(readFileSync(new URL(path, import.meta.url), "utf8"))
  const found: unknown = typeof read === "object" && read !== null ? Reflect.get(read, field) : undefined
  return typeof found === "object" && found !== null
    ? Object.fromEntries(Object.entries(found).map(([name, version]) => [name, String(version)]))
    : {}
}

const commits = 200

const commitMillis = Effect.gen(function*() {
  const store = yield* storeIn(yield* Ours.folder)
  const taken = yield* Effect.forEach(
    Array.from({ length: commits }),
    (_, index) => millis(Effect.sync(() => store(`account-${index}`, "{}", "x".repeat(1_000))))
  )
  return spreadOf(taken).median
}).pipe(Effect.scoped)

/** Looks at this machine. */
export const look: Effect.Effect<Machine> = Effect.gen(function*() {
  const [load = Number.NaN] = os.loadavg()
  const { effect = "" } = versionsIn("../../package.json", "devDependencies")
  return {
    cpu: os.cpus()[0]?.model.trim() ?? "unknown",
    cores: os.cpus().length,
    memoryGB: Math.round(os.totalmem() / 2 ** 30),
    system: `${os.type()} ${os.release()} ${os.arch()}`,
    node: process.version,
    commitMillis: yield* commitMillis,
    load,
    versions: { effect, ...versionsIn("../package.json", "dependencies") }
  }
})
