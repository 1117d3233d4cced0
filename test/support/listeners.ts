/**
 * The TCP ports that processes listen on, as the kernel has them.
 */
import { Effect, FileSystem } from "effect"

const listening = "0A"

/** The local addresses of the sockets that these processes listen on. Linux only. */
export const listenersOf = Effect.fnUntraced(function*(pids: ReadonlyArray<number>) {
  const fs = yield* FileSystem.FileSystem
  const links = yield* Effect.forEach(
    pids,
    (pid) =>
      Effect.flatMap(
        fs.readDirectory(`/proc/${pid}/fd`),
        (names) =>
          Effect.forEach(names, (name) => Effect.orElseSucceed(fs.readLink(`/proc/${pid}/fd/${name}`), () => ""))
      )
  )
  const inodes = new Set(links.flat().flatMap((link) => /^socket:\[(\d+)\]$/.exec(link)?.[1] ?? []))
  const tables = yield* Effect.forEach(["tcp", "tcp6"], (table) => fs.readFileString(`/proc/net/${table}`))
  return tables.join("\n").split("\n").flatMap((line) => {
    const [, local = "", , state, , , , , , inode = ""] = line.trim().split(/\s+/)
    return state === listening && inodes.has(inode) ? [local] : []
  })
})
