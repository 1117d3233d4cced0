/**
 * `ProgramsSeen` in the file system, looked for as the operating system does that runs a program without a shell.
 */
import { Config as Variable, Effect, Layer, Option, Path } from "effect"
import { accessSync, constants, statSync } from "node:fs"
import process from "node:process"
import { ProgramsSeen, type ProgramState } from "../../services/doctor/ProgramsSeen.ts"

const isWindows = process.platform === "win32"

/** What a program's file may end in where its name does not say. */
const endings = isWindows ? ["", ".com", ".exe"] : [""]

/** Where a system looks that has no PATH. */
const usual = isWindows ? "" : "/usr/bin:/bin"

const standing = (file: string): ProgramState => {
  try {
    if (!statSync(file).isFile()) return "missing"
  } catch {
    return "missing"
  }
  try {
    accessSync(file, constants.X_OK)
    return "there"
  } catch {
    return "forbidden"
  }
}

/** A file that may not be executed keeps nobody from one of the same name further on. */
const best = (states: ReadonlyArray<ProgramState>): ProgramState =>
  states.find((state) => state === "there") ?? states.find((state) => state === "forbidden") ?? "missing"

const variable = (name: string) => Effect.orElseSucceed(Variable.option(Variable.String(name)), Option.none<string>)

/**
 * Provides `ProgramsSeen`; needs `Path`, and reads the PATH from the current `ConfigProvider` while it is built; finalizes
 * nothing.
 */
export const layer: Layer.Layer<ProgramsSeen, never, Path.Path> = Layer.effect(
  ProgramsSeen,
  Effect.gen(function*() {
    const { join, resolve } = yield* Path.Path
    // Windows does not care how it is written; a copy of its variables does.
    const found = yield* variable("PATH")
    const given = Option.isNone(found) && isWindows ? yield* variable("Path") : found
    const directories = Option.getOrElse(given, () => usual).split(isWindows ? ";" : ":")
    const isPath = (command: string) => command.includes("/") || (isWindows && command.includes("\\"))

    return ProgramsSeen.of({
      state: (command) =>
        Effect.sync(() => {
          const places = isPath(command)
            ? [resolve(command)]
            : directories.map((directory) => join(resolve(directory), command))
          return best(places.flatMap((place) => endings.map((ending) => standing(`${place}${ending}`))))
        })
    })
  })
)
