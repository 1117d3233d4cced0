/**
 * `ProcessStates` of this system: by a signal that does nothing, and by what `/proc` or `ps` says.
 */
import { Effect, FileSystem, Layer, Option } from "effect"
import { ChildProcess, ChildProcessSpawner } from "effect/process"
import process from "node:process"
import { type ProcessState, ProcessStates } from "../../services/doctor/ProcessStates.ts"
import { codeOf } from "../storage/FileRefusal.ts"

/** A process of another user is there as well. */
const isThere = (pid: number): boolean => {
  try {
    return process.kill(pid, 0)
  } catch (cause) {
    return codeOf(cause) === "EPERM"
  }
}

/** The letter by which Linux and `ps` tell how a process is. */
const stateOf = (letter: string | undefined): ProcessState => {
  switch (letter) {
    case "T":
    case "t":
      return "stopped"
    case "Z":
    case "X":
      return "gone"
    default:
      return "running"
  }
}

/** The name of a process, which comes before its state, may hold anything, parentheses included. */
const letterIn = (stat: string): string | undefined => stat.slice(stat.lastIndexOf(")") + 1).trim()[0]

/** Provides `ProcessStates`; needs `FileSystem` and `ChildProcessSpawner`; finalizes nothing. */
export const layer: Layer.Layer<
  ProcessStates,
  never,
  FileSystem.FileSystem | ChildProcessSpawner.ChildProcessSpawner
> = Layer.effect(
  ProcessStates,
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const spawner = yield* ChildProcessSpawner.ChildProcessSpawner

    const byProc = (pid: number) => Effect.map(fs.readFileString(`/proc/${pid}/stat`), letterIn)
    const byPs = (pid: number) =>
      Effect.map(spawner.string(ChildProcess.make("ps", ["-o", "stat=", "-p", String(pid)])), (text) => text.trim()[0])

    const letter = (pid: number) =>
      process.platform === "win32"
        ? Effect.succeedNone
        : Effect.option(process.platform === "linux" ? byProc(pid) : byPs(pid))

    return ProcessStates.of({
      state: Effect.fn("ProcessStates.state")(function*(pid: number) {
        // Zero and less would mean groups of processes.
        if (pid <= 0 || !isThere(pid)) return "gone"
        return stateOf(Option.getOrUndefined(yield* letter(pid)))
      })
    })
  })
)
