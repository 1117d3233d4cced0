/**
 * Starting processes that have a store in a file, and talking to them.
 */
import { Effect, type Scope } from "effect"
import { spawn, spawnSync } from "node:child_process"
import { once } from "node:events"
import { createInterface } from "node:readline"
import { fileURLToPath } from "node:url"
import { isRoot } from "./privateFiles.ts"

const script = fileURLToPath(new URL("storeProcess.ts", import.meta.url))

/** What a process answered to one line. */
export interface Answer {
  readonly done?: Readonly<Record<string, unknown>>
  readonly failed?: { readonly message: string; readonly remedy?: string; readonly problem?: string }
}

export interface StoreProcess {
  readonly tell: (command: "read" | "write" | "fill" | "free") => Effect.Effect<Answer>
}

const started = (command: string, args: ReadonlyArray<string>): Effect.Effect<StoreProcess, never, Scope.Scope> =>
  Effect.map(
    Effect.acquireRelease(
      Effect.sync(() => {
        const child = spawn(command, args, { stdio: ["pipe", "pipe", "inherit"] })
        return {
          child,
          lines: createInterface({ input: child.stdout })[Symbol.asyncIterator](),
          ended: once(child, "exit")
        }
      }),
      ({ child, ended }) =>
        Effect.promise(() => {
          child.stdin.end()
          return ended
        })
    ),
    ({ child, lines }) => ({
      tell: (line) =>
        Effect.promise(async () => {
          child.stdin.write(`${line}\n`)
          const next = await lines.next()
          return next.done === true ? { failed: { message: "it has ended" } } : JSON.parse(next.value)
        })
    })
  )

/** A process whose data directory this is, until the Scope closes. */
export const start = (home: string) => started(process.execPath, [script, home])

/** In user and mount namespaces of its own, where anybody may mount what only it sees. */
const unshare = isRoot ? ["--mount"] : ["--user", "--map-root-user", "--mount"]

/** Why no file systems can be mounted here; none if they can. */
export const noMounts = (): string | undefined => {
  const { error, status, stderr } = spawnSync("unshare", [...unshare, "mount", "-t", "tmpfs", "tmpfs", "/mnt"])
  return status === 0 ? undefined : `no file system can be mounted here (${error?.message ?? String(stderr).trim()})`
}

/** The same, where the data directory is a mount that it sees alone: one with little room, or one that is read-only. */
export const startMounted = (home: string, kind: "small" | "read-only") =>
  started("unshare", [
    ...unshare,
    "sh",
    "-c",
    `${
      kind === "small"
        ? "mount -t tmpfs -o size=256k,mode=700 tmpfs \"$1\""
        : "mount --bind \"$1\" \"$1\" && mount -o remount,bind,ro \"$1\""
    } && exec "$2" "$3" "$1"`,
    "sh",
    home,
    process.execPath,
    script
  ])
