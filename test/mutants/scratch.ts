/**
 * A copy of the project to be damaged: gone with its Scope, and nothing of the original is ever touched.
 */
import { Effect, FileSystem } from "effect"
import { cp } from "node:fs/promises"
import { fileURLToPath } from "node:url"
import { type Mutant, occurrences } from "./mutant.ts"

/** The project itself, without a slash at its end. */
export const root = fileURLToPath(new URL("../..", import.meta.url)).replace(/\/$/, "")

/** What the tests read; what they only load is linked. */
const copied = ["src", "test", "docs", "package.json", "tsconfig.json", "tsconfig.base.json", "vitest.config.ts"]

/** What no mutant is tried with: a package of its own, with everything that it has installed. */
const leftOut = "test/acceptance"

/** Makes the copy; it is removed with the Scope. */
export const make = Effect.gen(function*() {
  const fs = yield* FileSystem.FileSystem
  const directory = yield* fs.makeTempDirectoryScoped({ prefix: "mcp-gas-mutants-" })
  yield* Effect.tryPromise(() =>
    Promise.all(copied.map((name) =>
      cp(`${root}/${name}`, `${directory}/${name}`, {
        recursive: true,
        filter: (source) => source !== `${root}/${leftOut}`
      })
    ))
  )
  yield* fs.symlink(`${root}/node_modules`, `${directory}/node_modules`)
  return directory
})

/** Takes the safety out of the copy for as long as an effect runs. */
export const mutated =
  (directory: string, { file, find, replace, safety }: Mutant) => <A, E, R>(run: Effect.Effect<A, E, R>) =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const path = `${directory}/${file}`
      const source = yield* fs.readFileString(path)
      if (occurrences(source, find) !== 1) {
        return yield* Effect.die(
          new Error(`"${safety}": what is to be taken out of ${file} is not there exactly once.`)
        )
      }
      return yield* Effect.acquireUseRelease(
        fs.writeFileString(path, source.replace(find, () => replace)),
        () => run,
        () => Effect.orDie(fs.writeFileString(path, source))
      )
    })
