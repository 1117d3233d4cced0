/**
 * The data directory in the file system of this machine.
 */
import { Effect, FileSystem, Layer, Option, Path, type PlatformError } from "effect"
import { Config } from "../../services/config/Config.ts"
import { DataDirectory } from "../../services/storage/DataDirectory.ts"
import { StoreUnavailable } from "../../services/storage/SessionStore.ts"
import { codeOf, elsewhere, explain as explainCode } from "./FileRefusal.ts"
import * as PrivateFile from "./PrivateFile.ts"

/** What stands in the way, and what helps. The operating system's code says more than the platform's reason. */
const explain = ({ reason }: PlatformError.PlatformError): { readonly why: string; readonly remedy: string } => {
  const code = codeOf(reason.cause)
  const explained = explainCode(code)
  if (explained !== undefined) return explained
  switch (reason._tag) {
    case "AlreadyExists":
    case "BadResource":
      return {
        why: "something other than a directory is in its place, or above it",
        remedy: `Move that away, or ${elsewhere}.`
      }
    case "NotFound":
      return { why: "a directory cannot be made there", remedy: `Check the path, or ${elsewhere}.` }
    default:
      return {
        why: `the file system refuses (${code ?? reason._tag})`,
        remedy: `Check the directory, or ${elsewhere}.`
      }
  }
}

/**
 * Makes a directory and those above it, step by step: Node's own recursion never ends where a directory is missing and
 * cannot be made although the one above it is there, as on /proc or below a link that leads nowhere.
 */
const makeAll = (fs: FileSystem.FileSystem, path: Path.Path) => {
  /** Whatever the reason for a refusal, it does not matter where there is a directory already. */
  const makeOne = (directory: string) =>
    fs.makeDirectory(directory, { mode: PrivateFile.directoryMode }).pipe(
      Effect.catchTag("PlatformError", (refusal) =>
        fs.stat(directory).pipe(
          Effect.filterOrFail(({ type }) => type === "Directory"),
          Effect.mapError(() => refusal)
        ))
    )
  const make = (directory: string): Effect.Effect<unknown, PlatformError.PlatformError> => {
    const above = path.dirname(directory)
    return makeOne(directory).pipe(
      Effect.catchIf(
        (error) => error.reason._tag === "NotFound" && above !== directory,
        () => Effect.andThen(make(above), makeOne(directory))
      )
    )
  }
  return make
}

const prefix = ".probe-"

/** Much longer than a probe takes, in milliseconds by the file system's clock. */
const abandonedAfter = 60_000

const make = Effect.fnUntraced(function*(directory: string) {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path

  const closed = Effect.flatMap(
    fs.stat(directory),
    ({ mode, uid }) => PrivateFile.closeDirectory(directory, { mode, owner: uid })
  )
  // A directory of its own, so that removing it removes whatever a failed write has left. Writing, since permissions
  // and an empty file do not tell of a full disk.
  const probe = Effect.acquireUseRelease(
    fs.makeTempDirectory({ directory, prefix }),
    (own) =>
      fs.writeFileString(path.join(own, "probe"), "Can files be written here?\n").pipe(
        Effect.andThen(Effect.ignore(sweep(own)))
      ),
    (own) => Effect.ignore(fs.remove(own, { recursive: true, force: true }))
  ).pipe(
    // Somebody has swept it away, because this process was stopped for so long over it.
    Effect.retry({ times: 1, while: ({ reason }) => reason._tag === "NotFound" })
  )
  /** Takes away what processes have left that were killed over their probe. */
  const sweep = Effect.fnUntraced(function*(own: string) {
    const now = yield* changedAt(own)
    for (const name of yield* fs.readDirectory(directory)) {
      const other = path.join(directory, name)
      if (!name.startsWith(prefix) || other === own) continue
      // One that another process is just taking away keeps nobody from the next.
      yield* Effect.ignore(Effect.gen(function*() {
        if (now - (yield* changedAt(other)) > abandonedAfter) yield* fs.remove(other, { recursive: true, force: true })
      }))
    }
  })
  const changedAt = (name: string) =>
    Effect.map(fs.stat(name), ({ mtime }) => Option.match(mtime, { onNone: () => 0, onSome: (at) => at.getTime() }))
  const ready = makeAll(fs, path)(directory).pipe(
    Effect.andThen(closed),
    Effect.andThen(probe),
    Effect.catchTag("PlatformError", (error) => {
      const { remedy, why } = explain(error)
      return new StoreUnavailable({
        problem: `The data directory ${directory} cannot be used: ${why}.`,
        remedy,
        cause: error
      })
    }),
    Effect.withSpan("DataDirectory.ready")
  )
  return DataDirectory.of({ path: directory, ready })
})

/**
 * Provides `DataDirectory` at this absolute path; needs `FileSystem` and `Path`; finalizes nothing. Building it touches
 * nothing. A directory that others may enter is closed to them, and the log tells; one that belongs to somebody else is
 * refused. A link to a directory is followed: the person has chosen the path. Neither right nor owner is asked for on
 * Windows, which keeps the directories of users apart by other means.
 */
export const layerAt = (directory: string): Layer.Layer<DataDirectory, never, FileSystem.FileSystem | Path.Path> =>
  Layer.effect(DataDirectory, make(directory))

/** The same at `Config.settings.home`; needs `Config` as well. */
export const layer: Layer.Layer<DataDirectory, never, Config | FileSystem.FileSystem | Path.Path> = Layer.effect(
  DataDirectory,
  Effect.flatMap(Config, ({ settings }) => make(settings.home))
)
