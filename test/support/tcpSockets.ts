/**
 * What a process has to do with the network.
 */
import { readdirSync, readFileSync, readlinkSync } from "node:fs"

/** The TCP sockets that a process has open, listening or not, as the kernel tells it. */
export const tcpSocketsOf = (pid: number): ReadonlyArray<string> => {
  const own = readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
    const inode = /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${fd}`))?.[1]
    return inode === undefined ? [] : [inode]
  })
  const inodes = new Set(
    ["tcp", "tcp6"].flatMap((table) =>
      readFileSync(`/proc/${pid}/net/${table}`, "utf8").split("\n").slice(1).map((line) => line.trim().split(/\s+/)[9])
    )
  )
  return own.filter((inode) => inodes.has(inode))
}
