/**
 * One config file: reading it as it is, and replacing it in one step with a copy of it kept.
 */
import { DateTime, Effect, FileSystem, Option, Path, type PlatformError, type Scope } from "effect"
import { HostConfigChanged, HostConfigUnavailable } from "../../services/hosts/HostConfigs.ts"
import { codeOf } from "../storage/FileRefusal.ts"

/** A file as it was read. */
export interface Found {
  /** The file itself, where the path is a link. */
  readonly target: string
  /** None if it is not UTF-8. A byte order mark is part of it. */
  readonly text: Option.Option<string>
  readonly info: FileSystem.File.Info
}

const whyOf = ({ reason }: PlatformError.PlatformError): string => {
  const code = codeOf(reason.cause)
  switch (code) {
    case "EACCES":
    case "EPERM":
      return "this user lacks the permission"
    case "EROFS":
      return "its file system is read-only"
    case "ENOSPC":
    case "EDQUOT":
      return "there is no space left"
    case undefined:
    default:
      return `the file system refuses (${code ?? reason._tag})`
  }
}

const byHand = "or put the entry into the file by hand"

const refused = (path: string, what: string) => (cause: PlatformError.PlatformError): HostConfigUnavailable =>
  new HostConfigUnavailable({
    problem: `${path} cannot be ${what}: ${whyOf(cause)}.`,
    remedy: `Give the user this runs as access to it and its directory, ${byHand}.`,
    cause
  })

const isLink = (path: string) => Effect.flatMap(FileSystem.FileSystem, (fs) => Effect.isSuccess(fs.readLink(path)))

const textOf = (bytes: Uint8Array): Option.Option<string> =>
  Option.liftThrowable(() => new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes))()

/**
 * What is at a path; none if there is nothing. Follows a link, and fails if that leads nowhere. Where it is something else
 * than a file, `remedy` is what the person can do.
 */
export const read = Effect.fn("HostConfigFile.read")(function*(
  path: string,
  remedy = "Move it away, or name another file."
) {
  const fs = yield* FileSystem.FileSystem
  const target = yield* fs.realPath(path).pipe(
    Effect.asSome,
    Effect.catchIf((error) => error.reason._tag === "NotFound", () => Effect.succeedNone),
    Effect.mapError(refused(path, "looked at"))
  )
  if (Option.isNone(target)) {
    if (!(yield* isLink(path))) return Option.none<Found>()
    return yield* new HostConfigUnavailable({
      problem: `${path} is a link that leads nowhere.`,
      remedy: "Make the file that it leads to, or take the link away."
    })
  }
  const info = yield* Effect.mapError(fs.stat(target.value), refused(path, "looked at"))
  if (info.type !== "File") {
    return yield* new HostConfigUnavailable({
      problem: `${path} is no file, but a ${info.type.toLowerCase()}.`,
      remedy
    })
  }
  const bytes = yield* Effect.mapError(fs.readFile(target.value), refused(path, "read"))
  return Option.some<Found>({ target: target.value, text: textOf(bytes), info })
})

/** Makes a directory and those above it. One step after the other: Node's own recursion does not end everywhere. */
const makeDirectory = (directory: string): Effect.Effect<
  void,
  PlatformError.PlatformError,
  FileSystem.FileSystem | Path.Path
> =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    const above = path.dirname(directory)
    if ((yield* fs.exists(directory)) || above === directory) return
    yield* makeDirectory(above)
    yield* fs.makeDirectory(directory, { mode: 0o700 })
  })

/** A file with this text in the directory of `target`, with the rights and the owner of what is there. Scoped. */
const prepare = Effect.fnUntraced(function*(target: string, text: string, like: Option.Option<FileSystem.File.Info>) {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  // In a directory of its own that nobody else may enter, so the rights it is made with do not matter.
  const prepared = yield* fs.makeTempFileScoped({ directory: path.dirname(target), prefix: ".mcp-gas-" })
  yield* Effect.scoped(Effect.gen(function*() {
    const file = yield* fs.open(prepared, { flag: "w" })
    yield* file.writeAll(new TextEncoder().encode(text))
    yield* file.sync
  }))
  if (Option.isNone(like)) {
    yield* fs.chmod(prepared, 0o600)
    return prepared
  }
  const { gid, mode, uid } = like.value
  const made = yield* fs.stat(prepared)
  if (
    Option.isSome(uid) && Option.isSome(gid) &&
    (!Option.contains(made.uid, uid.value) || !Option.contains(made.gid, gid.value))
  ) yield* fs.chown(prepared, uid.value, gid.value)
  yield* fs.chmod(prepared, mode & 0o7777)
  return prepared
})

/** Keeps a copy of a file beside it, under a name that is not taken; answers with that. */
const copy = Effect.fnUntraced(function*({ info, target }: Found, text: string) {
  const fs = yield* FileSystem.FileSystem
  const mode = info.mode & 0o7777
  const name = `${target}.backup-${DateTime.formatIso(yield* DateTime.now).replaceAll(":", "-")}`
  const make = (count: number): Effect.Effect<string, PlatformError.PlatformError> => {
    const free = count === 1 ? name : `${name}-${count}`
    return fs.writeFileString(free, text, { flag: "wx", mode }).pipe(
      Effect.andThen(fs.chmod(free, mode)),
      Effect.as(free),
      Effect.catchTag("PlatformError", (error) =>
        error.reason._tag === "AlreadyExists"
          ? make(count + 1)
          : Effect.andThen(Effect.ignore(fs.remove(free, { force: true })), Effect.fail(error)))
    )
  }
  return yield* make(1)
})

/** Fails if the file is another than the one whose text was read. */
const unchanged = Effect.fnUntraced(function*(path: string, before: Option.Option<string>) {
  const found = yield* read(path)
  const isSame = Option.match(before, {
    onNone: () => Option.isNone(found),
    onSome: (text) => Option.isSome(found) && Option.contains(found.value.text, text)
  })
  return isSame ? found : yield* new HostConfigChanged({ path })
})

/** What was written, and where the text before has been kept. */
export interface Replaced {
  readonly file: string
  readonly backup: Option.Option<string>
}

/**
 * Writes `after` to a path where there is the text `before`, or nothing. Fails with `HostConfigChanged` if there is
 * something else, and then leaves nothing behind, as after every other failure but the directories that were missing.
 */
export const replace = Effect.fn("HostConfigFile.replace")(function*(
  path: string,
  before: Option.Option<string>,
  after: string
): Effect.fn.Return<
  Replaced,
  HostConfigChanged | HostConfigUnavailable,
  FileSystem.FileSystem | Path.Path | Scope.Scope
> {
  const fs = yield* FileSystem.FileSystem
  const { dirname } = yield* Path.Path
  const found = yield* unchanged(path, before)
  const target = Option.match(found, { onNone: () => path, onSome: (file) => file.target })
  const written = refused(path, "written")
  yield* Effect.mapError(makeDirectory(dirname(target)), written)
  const prepared = yield* Effect.mapError(
    prepare(target, after, Option.map(found, ({ info }) => info)),
    written
  )
  // The last look comes right before the step, since hosts write these files as well.
  const step = Effect.andThen(unchanged(path, before), Effect.mapError(fs.rename(prepared, target), written))
  return yield* Effect.uninterruptible(Effect.gen(function*() {
    if (Option.isNone(found) || Option.isNone(before)) {
      yield* step
      return { file: target, backup: Option.none() }
    }
    const backup = yield* Effect.mapError(copy(found.value, before.value), refused(path, "copied"))
    yield* Effect.onError(step, () => Effect.ignore(fs.remove(backup, { force: true })))
    return { file: target, backup: Option.some(backup) }
  }))
}, Effect.scoped)
