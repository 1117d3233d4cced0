/**
 * `Leases` between the processes of one user on this machine: a locked file each, in `leases` in the data directory.
 */
import { Effect, FileSystem, Layer, Path, Schedule } from "effect"
import { Digest } from "effect/crypto"
import { Hex } from "effect/encoding"
import { DataDirectory } from "../../services/storage/DataDirectory.ts"
import { Leases } from "../../services/storage/Leases.ts"
import type { StoreUnavailable } from "../../services/storage/SessionStore.ts"
import * as FileLock from "./FileLock.ts"
import { refused } from "./FileRefusal.ts"
import * as PrivateFile from "./PrivateFile.ts"

/** The directory of the lock files, in the data directory. */
export const directoryName = "leases"

/**
 * The name of the file that stands for a lease: of characters that every file system takes, whatever the lease is called.
 *
 * @internal
 */
export const fileNameOf = (name: string): Effect.Effect<string, StoreUnavailable, Digest.Digest> =>
  Digest.Digest.use((digest) => digest.digest(Digest.sha256, new TextEncoder().encode(name))).pipe(
    Effect.map((bytes) => `${Hex.encode(bytes).slice(0, 32)}.lock`),
    Effect.mapError((cause) => refused(`The lease of "${name}" cannot be named`, cause))
  )

/** How often whoever waits looks: a lease that comes free is taken within some 20 ms. */
const looking = Schedule.jittered(Schedule.spaced("20 millis"))

/**
 * Provides `Leases`; needs `DataDirectory`, `FileSystem`, `Path` and `Digest`; finalizes nothing. The kernel releases what
 * a process holds when it dies; a file that stays behind says nothing. Building it touches nothing.
 */
export const layer: Layer.Layer<
  Leases,
  never,
  DataDirectory | FileSystem.FileSystem | Path.Path | Digest.Digest
> = Layer.effect(
  Leases,
  Effect.gen(function*() {
    const directory = yield* DataDirectory
    const fs = yield* FileSystem.FileSystem
    const digest = yield* Digest.Digest
    const leases = (yield* Path.Path).join(directory.path, directoryName)

    const made = directory.ready.pipe(
      Effect.andThen(Effect.ignore(fs.makeDirectory(leases, { mode: 0o700 }))),
      Effect.andThen(PrivateFile.inspectDirectory(leases))
    )

    const ready = Effect.fnUntraced(function*(name: string) {
      const path = `${leases}/${yield* Effect.provideService(fileNameOf(name), Digest.Digest, digest)}`
      if (!(yield* Effect.orElseSucceed(fs.exists(leases), () => false))) yield* made
      return path
    })

    return Leases.of({
      hold: Effect.fn("Leases.hold")((name: string) =>
        Effect.flatMap(ready(name), (path) => FileLock.hold(path, looking))
      ),
      tryHold: Effect.fn("Leases.tryHold")((name: string) => Effect.flatMap(ready(name), FileLock.tryHold))
    })
  })
)
