/**
 * Takes one safety at a time out of a copy of the project and runs the tests that must notice. `docs/mutants.md` has the table.
 *
 * Ends with 0 only if every mutant was killed.
 */
import { NodeRuntime, NodeServices } from "@effect/platform-node"
import { Clock, Console, Data, Effect, Exit, FileSystem, Option, type Runtime } from "effect"
import { Command, Flag } from "effect/cli"
import type { Killer, Mutant } from "./mutant.ts"
import { mutants } from "./mutants.ts"
import * as Scratch from "./scratch.ts"
import * as Suites from "./suites.ts"
import * as Table from "./table.ts"

const page = `${Scratch.root}/docs/mutants.md`

const options = {
  only: Flag.String("only").pipe(
    Flag.withDescription("Only safeties whose description has this in it; the page is left alone then"),
    Flag.withDefault("")
  ),
  list: Flag.Boolean("list").pipe(
    Flag.withDescription("Say what would be taken out, and do nothing"),
    Flag.withDefault(false)
  ),
  check: Flag.Boolean("check").pipe(
    Flag.withDescription("Fail if the page is not up to date, instead of writing it"),
    Flag.withDefault(false)
  )
}

/** Something is not as it has to be, and it was said. */
class Failed extends Data.TaggedError("Failed")<{ readonly why: string }> {}

const seconds = (since: number) =>
  Effect.map(Clock.currentTimeMillis, (now) => `${((now - since) / 1_000).toFixed(1)} s`)

/** Without a mutant, all tests have to pass, and each has to be there. */
const allPass = Effect.fnUntraced(function*(directory: string, chosen: ReadonlyArray<Mutant>) {
  const killers = chosen.flatMap((mutant) => mutant.killers)
  for (const project of ["quick", "interleavings", "processes"] as const) {
    const mine = killers.filter((killer) => killer.project === project)
    if (mine.length === 0) continue
    const ran = Option.getOrElse(yield* Suites.run(directory, project, mine, "all"), () => [])
    const wrong = [
      ...ran.filter(({ status }) => status === "failed").map(({ file, name }) =>
        `fails without a mutant: ${file}: ${name}`
      ),
      ...mine.filter((killer) => !ran.some(Suites.isOf(killer))).map(({ file, test }) =>
        `is not there: ${file}: ${test}`
      )
    ]
    if (wrong.length > 0) return yield* new Failed({ why: [...new Set(wrong)].join("\n") })
  }
})

/** By a test that failed, or that never came to its end. */
interface Noticed extends Table.Killed {
  readonly hangs: boolean
}

/** Runs the tests that must notice, until one does. */
const killedBy = Effect.fnUntraced(function*(directory: string, mutant: Mutant) {
  for (const by of mutant.killers) {
    const ran = yield* Scratch.mutated(directory, mutant)(Suites.run(directory, by.project, [by], "one"))
    if (Option.isNone(ran)) return Option.some<Noticed>({ mutant, by, hangs: true })
    if (ran.value.length === 0) {
      return yield* new Failed({ why: `"${mutant.safety}" is no program any more: nothing runs.` })
    }
    if (ran.value.some(({ status }) => status === "failed")) return Option.some({ mutant, by, hangs: false })
  }
  return Option.none<Noticed>()
})

const told = ({ file, test }: Killer, hangs: boolean) => `${file} > ${test}${hangs ? ", which hangs" : ""}`

const written = Effect.fnUntraced(function*(killed: ReadonlyArray<Table.Killed>, check: boolean) {
  const fs = yield* FileSystem.FileSystem
  const before = yield* fs.readFileString(page)
  const after = Table.withTable(before, killed)
  if (before === after) return
  if (check) return yield* new Failed({ why: "docs/mutants.md is not up to date: run this without --check." })
  yield* fs.writeFileString(page, after)
  yield* Console.log("docs/mutants.md was rewritten: read what has changed.")
})

const run = Effect.fnUntraced(function*(only: string, check: boolean) {
  const began = yield* Clock.currentTimeMillis
  const chosen = mutants.filter(({ safety }) => safety.includes(only))
  const directory = yield* Scratch.make
  yield* Console.log(`${chosen.length} mutants. Without any of them:`)
  yield* allPass(directory, chosen)
  yield* Console.log(`  all tests pass (${yield* seconds(began)})`)
  const killed: Array<Table.Killed> = []
  const survived: Array<string> = []
  for (const mutant of chosen) {
    const since = yield* Clock.currentTimeMillis
    const found = yield* killedBy(directory, mutant)
    if (Option.isSome(found)) killed.push(found.value)
    else survived.push(mutant.safety)
    const what = Option.match(found, {
      onNone: () => "SURVIVED",
      onSome: ({ by, hangs }) => `killed by ${told(by, hangs)}`
    })
    yield* Console.log(`${mutant.safety}: ${what} (${yield* seconds(since)})`)
  }
  yield* Console.log(`${killed.length} of ${chosen.length} mutants killed in ${yield* seconds(began)}.`)
  if (survived.length > 0) return yield* new Failed({ why: `SURVIVED: ${survived.join("; ")}` })
  if (only === "") yield* written(killed, check)
}, Effect.scoped)

const command = Command.make("mutants", options, ({ check, list, only }) =>
  list
    ? Effect.forEach(mutants, ({ file, rule, safety }) => Console.log(`${safety} (${rule}, ${file})`), {
      discard: true
    })
    : Effect.tapErrorTag(run(only, check), "Failed", ({ why }) => Console.error(why)))

const teardown: Runtime.Teardown = (exit, onExit) => onExit(Exit.isSuccess(exit) ? 0 : 1)

Command.run(command, { version: "0.1.0" }).pipe(
  Effect.tapDefect((defect) => Console.error(defect)),
  Effect.provide(NodeServices.layer),
  NodeRuntime.runMain({ disableErrorReporting: true, teardown })
)
