/**
 * Runs the benchmark: every row in a process of its own, one after the other, and prints one table.
 *
 *     npm run bench                       everything; writes bench/results
 *     node bench/main.ts --quick          a look at whether it works; prints, and writes nothing
 *     node bench/main.ts --only joining   some rows, separated by commas; prints, and writes nothing
 *
 * The exit code says whether everything ran, and nothing of how fast it was.
 */
import { Console, Effect, Schema } from "effect"
import { fork } from "node:child_process"
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { performance } from "node:perf_hooks"
import process from "node:process"
import { fileURLToPath } from "node:url"
import { parseArgs } from "node:util"
import * as Machine from "./report/machine.ts"
import { Notes, page, type Run } from "./report/page.ts"
import { svg } from "./report/plot.ts"
import { cells, columns, figure, table } from "./report/words.ts"
import type { Word } from "./rowProcess.ts"
import { rows } from "./rows.ts"

const { values } = parseArgs({ options: { quick: { type: "boolean", default: false }, only: { type: "string" } } })
const names = values.only === undefined ? Object.keys(rows) : values.only.split(",")
const isWhole = values.only === undefined && !values.quick

const program = fileURLToPath(new URL("./rowProcess.ts", import.meta.url))
const results = new URL("./results/", import.meta.url)

const ran = (name: string): Effect.Effect<Word> =>
  Effect.callback((resume) => {
    const child = fork(program, [name, ...(values.quick ? ["quick"] : [])], { execArgv: ["--expose-gc"] })
    child.once("message", (word: Word) => resume(Effect.succeed(word)))
    child.once("exit", (code) => resume(Effect.succeed({ _tag: "Failed", problem: `it ended with code ${code}` })))
    return Effect.sync(() => child.kill("SIGKILL"))
  })

/** Written by hand, and left alone. */
const notes = () =>
  Schema.decodeUnknownSync(Schema.fromJsonString(Notes))(readFileSync(new URL("notes.json", results), "utf8"))

const write = (run: Run): void => {
  for (const name of readdirSync(results)) if (name.endsWith(".svg")) rmSync(new URL(name, results))
  for (const curve of run.curves) writeFileSync(new URL(`${curve.id}.svg`, results), svg(curve))
  writeFileSync(new URL("latest.json", results), `${JSON.stringify(run, null, 2)}\n`)
  writeFileSync(new URL("README.md", results), page(run, notes()))
}

const bench = Effect.gen(function*() {
  const began = performance.now()
  const machine = yield* Machine.look
  const words = yield* Effect.forEach(names, (name) =>
    Effect.gen(function*() {
      const from = performance.now()
      const word = yield* ran(name)
      yield* Console.error(`${name}: ${figure((performance.now() - from) / 1000)} s`)
      if (word._tag === "Failed") yield* Console.error(`${name} did not run: ${word.problem}`)
      return word
    }))
  const parts = words.flatMap((word) => word._tag === "Ran" ? [word.result] : [])
  const run: Run = {
    machine,
    minutes: (performance.now() - began) / 60_000,
    comparisons: parts.flatMap(({ comparisons }) => comparisons),
    curves: parts.flatMap(({ curves }) => curves)
  }
  yield* Console.log(table(columns, run.comparisons.map(cells)))
  yield* Console.log(
    `\n${machine.cpu}, ${machine.cores} cores, ${machine.memoryGB} GB; ${machine.system}; Node ${machine.node}; ` +
      `a commit takes ${figure(machine.commitMillis)} ms; load ${figure(machine.load)}; ${figure(run.minutes)} minutes`
  )
  yield* Console.log(Object.entries(machine.versions).map(([name, version]) => `${name} ${version}`).join(", "))
  const isComplete = parts.length === names.length
  if (isWhole && isComplete) write(run)
  return isComplete ? 0 : 1
})

process.exitCode = await Effect.runPromise(bench)
