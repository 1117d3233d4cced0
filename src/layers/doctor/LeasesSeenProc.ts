/**
 * `LeasesSeen` by the list of locks that a Linux kernel keeps. Elsewhere nobody can tell a lease that is held from one that
 * is not without taking it, which would keep a window from it that wants it in that moment.
 */
import { Effect, FileSystem, Layer, Option, Path } from "effect"
import { Digest } from "effect/crypto"
import { type LeaseHeld, LeasesSeen } from "../../services/doctor/LeasesSeen.ts"
import { DataDirectory } from "../../services/storage/DataDirectory.ts"
import * as LeasesSqlite from "../storage/LeasesSqlite.ts"

const list = "/proc/locks"

/** Where in a file SQLite's exclusive lock begins (https://sqlite.org/src/file/src/os.h: `PENDING_BYTE`). */
const exclusiveFrom = "1073741824"

/**
 * Which process has a lock of SQLite's on a file, by the number of the file's inode. Its device is left aside: some file
 * systems tell programs another one than the kernel's.
 */
const holdersIn = (locks: string): ReadonlyMap<string, number> =>
  new Map(
    locks.split("\n").flatMap((line): ReadonlyArray<readonly [string, number]> => {
      // Whoever waits for a lock has an arrow in place of its kind.
      const [, kind, , right, pid, file, from] = line.trim().split(/\s+/u)
      const inode = file?.split(":")[2]
      return kind === "POSIX" && right === "WRITE" && from === exclusiveFrom && inode !== undefined
        ? [[inode, Number(pid)]]
        : []
    })
  )

/** Provides `LeasesSeen`; needs `DataDirectory`, `FileSystem`, `Path` and `Digest`; finalizes nothing. */
export const layer: Layer.Layer<
  LeasesSeen,
  never,
  DataDirectory | FileSystem.FileSystem | Path.Path | Digest.Digest
> = Layer.effect(
  LeasesSeen,
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const digest = yield* Digest.Digest
    const directory = yield* DataDirectory
    const leases = (yield* Path.Path).join(directory.path, LeasesSqlite.directoryName)

    const nameOf = Effect.fnUntraced(function*(names: ReadonlyArray<string>) {
      const files = yield* Effect.forEach(
        names,
        (name) => Effect.map(LeasesSqlite.fileNameOf(name), (file) => [file, name] as const)
      )
      const known = new Map(files)
      return (file: string) => Option.fromUndefinedOr(known.get(file))
    }, Effect.provideService(Digest.Digest, digest))

    const inodeOf = (file: string) =>
      Effect.map(fs.stat(`${leases}/${file}`), ({ ino }) => String(Option.getOrElse(ino, () => 0)))

    const held = Effect.fnUntraced(function*(names: ReadonlyArray<string>) {
      const name = yield* nameOf(names)
      const holders = holdersIn(yield* fs.readFileString(list))
      const files = yield* Effect.orElseSucceed(fs.readDirectory(leases), () => [])
      const found = yield* Effect.forEach(
        files.toSorted(),
        (file) =>
          Effect.map(Effect.option(inodeOf(file)), (inode): ReadonlyArray<LeaseHeld> => {
            const pid = Option.getOrUndefined(Option.map(inode, (it) => holders.get(it)))
            if (pid === undefined) return []
            // Zero, or less, is a process that is not seen from here.
            return [{ name: name(file), pid: pid > 0 ? Option.some(pid) : Option.none() }]
          })
      )
      return found.flat()
    })

    return LeasesSeen.of({ held: (names) => Effect.option(held(names)) })
  })
)
