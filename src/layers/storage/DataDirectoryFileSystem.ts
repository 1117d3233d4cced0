/**
 * The data directory in the file system of this machine.
 */
import { Effect, FileSystem, Layer, Path, type PlatformError, Predicate } from "effect"
import { Config } from "../../services/config/Config.ts"
import { DataDirectory } from "../../services/storage/DataDirectory.ts"
import { StoreUnavailable } from "../../services/storage/SessionStore.ts"

const elsewhere = "set MCP_GAS_HOME to a directory you can write to"

/** What stands in the way, and what helps. The operating system's code says more than the platform's reason. */
const explain = (error: PlatformError.PlatformError): { readonly why: string; readonly remedy: string } => {
  const { cause } = error.reason
  const code = Predicate.hasProperty(cause, "code") ? cause.code : undefined
  switch (code) {
    case "EROFS":
      return { why: "its file system is read-only", remedy: `Make it writable, or ${elsewhere}.` }
    case "ENOSPC":
    case "EDQUOT":
      return { why: "there is no space left", remedy: `Free some space, or ${elsewhere}.` }
  }
  switch (error.reason._tag) {
    case "PermissionDenied":
      return {
        why: "this user lacks the permission",
        remedy: `Give the user this server runs as access to it, or ${elsewhere}.`
      }
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
        why: `the file system refuses (${typeof code === "string" ? code : error.reason._tag})`,
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
    fs.makeDirectory(directory, { mode: 0o700 }).pipe(
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

/**
 * Provides `DataDirectory` at `Config.settings.home`; needs `Config`, `FileSystem` and `Path`; finalizes nothing.
 * Building it touches nothing. A directory that is there already keeps its mode.
 */
export const layer: Layer.Layer<DataDirectory, never, Config | FileSystem.FileSystem | Path.Path> = Layer.effect(
  DataDirectory,
  Effect.gen(function*() {
    const { settings } = yield* Config
    const fs = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    const directory = settings.home

    // A directory of its own, so that removing it removes whatever a failed write has left. Writing, since permissions
    // and an empty file do not tell of a full disk.
    const probe = Effect.acquireUseRelease(
      fs.makeTempDirectory({ directory, prefix: ".probe-" }),
      (own) => fs.writeFileString(path.join(own, "probe"), "Can files be written here?\n"),
      (own) => Effect.ignore(fs.remove(own, { recursive: true, force: true }))
    )
    const ready = makeAll(fs, path)(directory).pipe(
      Effect.andThen(probe),
      Effect.mapError((error) => {
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
)
