/**
 * Running tests of a copy of the project: which of them passed and which failed.
 */
import { Effect, FileSystem, Option, Schema } from "effect"
import { ChildProcess } from "effect/process"
import process from "node:process"
import type { Killer } from "./mutant.ts"

/** What vitest's JSON reporter writes, as far as it matters here. */
const Report = Schema.fromJsonString(Schema.Struct({
  testResults: Schema.Array(Schema.Struct({
    name: Schema.String,
    assertionResults: Schema.Array(Schema.Struct({ fullName: Schema.String, status: Schema.String }))
  }))
}))

/** A test that was run. */
export interface Ran {
  readonly file: string
  readonly name: string
  readonly status: "passed" | "failed"
}

/** How long is waited: for one test that must notice, more than it needs; and for all of them to pass. */
const limits = { one: { run: "90 seconds", test: "5000" }, all: { run: "15 minutes", test: "15000" } } as const

const literally = (text: string) => text.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&")

/** Whether this is the test. */
export const isOf = ({ file, test }: Killer) => (ran: Ran): boolean => ran.file === file && ran.name.endsWith(test)

/** Runs tests of one project, and tells of those that ran; none, if they have not come to their end. */
export const run = Effect.fnUntraced(
  function*(directory: string, project: Killer["project"], tests: ReadonlyArray<Killer>, extent: keyof typeof limits) {
    const fs = yield* FileSystem.FileSystem
    const report = `${directory}/report.json`
    yield* fs.remove(report, { force: true })
    const files = new Set(tests.map(({ file }) => file))
    const names = new Set(tests.map(({ test }) => literally(test)))
    const child = yield* ChildProcess.make(process.execPath, [
      "node_modules/vitest/vitest.mjs",
      "run",
      "--project",
      project,
      ...files,
      "--testNamePattern",
      `(${[...names].join("|")})$`,
      "--bail",
      "1",
      // A test that waits for what no longer comes is not waited for: most mutants are such.
      "--testTimeout",
      limits[extent].test,
      "--reporter",
      "json",
      "--outputFile",
      report
    ], { cwd: directory, stdin: "ignore", stdout: "ignore", stderr: "ignore", killSignal: "SIGKILL" })
    const ended = yield* Effect.timeoutOption(child.exitCode, limits[extent].run)
    if (Option.isNone(ended)) return Option.none<ReadonlyArray<Ran>>()
    const text = yield* Effect.orElseSucceed(fs.readFileString(report), () => `{"testResults":[]}`)
    const { testResults } = yield* Schema.decodeEffect(Report)(text)
    return Option.some(
      testResults.flatMap(({ assertionResults, name }) =>
        assertionResults.flatMap(({ fullName, status }): ReadonlyArray<Ran> =>
          status === "passed" || status === "failed"
            ? [{ file: name.slice(name.lastIndexOf("/test/") + 1), name: fullName, status }]
            : []
        )
      )
    )
  },
  Effect.scoped
)
