/**
 * Files that are this user's alone: what is kept in them is as secret as the rights on them are narrow.
 *
 * A link, something that is no regular file, and a file of somebody else are refused, since whoever put them there may
 * read or swap what is written. A file that others may read is repaired, and the log tells. Windows has neither these
 * rights nor these owners, so there only the kind of file is looked at.
 *
 * Nothing here ever opens a file that exists: where a process closes any descriptor of a file, POSIX drops the locks that
 * SQLite holds on it in that process.
 */
import { Effect, Option } from "effect"
import { type BigIntStats, chmodSync, closeSync, lstatSync, openSync, statSync } from "node:fs"
import { geteuid } from "node:process"
import { StoreUnavailable } from "../../services/storage/SessionStore.ts"
import { codeOf, elsewhere, refused } from "./FileRefusal.ts"

/** The mode of a private file. */
export const mode = 0o600

/** The mode of the directory that private files are in. */
export const directoryMode = 0o700

/** What tells one file from another that takes its name later, for as long as the first is open or still exists. */
export interface Identity {
  readonly device: bigint
  readonly inode: bigint
}

/** A private file as it was found. */
export interface Found extends Identity {
  /** In bytes. */
  readonly size: bigint
  /** When it, or what is told of it here, changed last: nanoseconds since 1970, by the file system's clock. */
  readonly changedAt: bigint
}

export const isSame = (one: Identity, other: Identity): boolean =>
  one.device === other.device && one.inode === other.inode

/** Nothing, too, is what lies below something that is no directory. */
const look = (path: string): Effect.Effect<BigIntStats | undefined, StoreUnavailable> =>
  Effect.suspend(() => {
    try {
      return Effect.succeed(lstatSync(path, { bigint: true, throwIfNoEntry: false }))
    } catch (cause) {
      return codeOf(cause) === "ENOTDIR"
        ? Effect.undefined
        : Effect.fail(refused(`${path} cannot be looked at`, cause))
    }
  })

const kindOf = (stats: BigIntStats): string => {
  if (stats.isSymbolicLink()) return "a link"
  return stats.isDirectory() ? "a directory" : "no regular file"
}

/** The user this process acts as; none on Windows. */
const currentUser: number | undefined = geteuid?.()

/** Narrows the rights of a file or a directory, and says so. */
const repair = Effect.fnUntraced(function*(path: string, was: number, narrow: number) {
  const now = yield* Effect.try({
    try: () => {
      chmodSync(path, narrow)
      return statSync(path).mode & 0o777
    },
    catch: (cause) => refused(`${path} is open to other users, and that cannot be changed`, cause)
  })
  const wide = `Other users had access to ${path} (mode ${was.toString(8)})`
  // Some file systems have no rights to narrow, such as FAT. What is sealed stays sealed, and the person is told.
  yield* Effect.logWarning(
    (now & 0o077) === 0
      ? `${wide}; it is mode ${now.toString(8)} now.`
      : `${wide}, and its file system keeps it so. Choose another data directory, one that others cannot enter.`
  )
})

/**
 * Makes sure that a file or a directory is this user's alone: refuses what belongs to somebody else, narrows the rights
 * that others have. Does nothing on Windows.
 */
const guard = Effect.fnUntraced(function*(
  path: string,
  { owner, rights }: { readonly owner: number; readonly rights: number },
  narrow: number
) {
  if (currentUser === undefined) return
  if (owner !== currentUser) {
    return yield* new StoreUnavailable({
      problem: `${path} belongs to another user (${owner}), who could read or change what is kept there.`,
      remedy: `Make it belong to the user this server runs as, move it away, or ${elsewhere}.`
    })
  }
  if ((rights & 0o077) !== 0) yield* repair(path, rights & 0o777, narrow)
})

/** Closes a directory that was found with these rights to other users; fails if it belongs to one of them. */
export const closeDirectory = (
  path: string,
  found: { readonly mode: number; readonly owner: Option.Option<number> }
): Effect.Effect<void, StoreUnavailable> =>
  Option.match(found.owner, {
    onNone: () => Effect.void,
    onSome: (owner) => guard(path, { owner, rights: found.mode }, directoryMode)
  })

/** The same, looked at here. Follows a link to a directory. */
export const inspectDirectory = Effect.fnUntraced(function*(path: string): Effect.fn.Return<void, StoreUnavailable> {
  const { mode: found, uid } = yield* Effect.try({
    try: () => statSync(path),
    catch: (cause) => refused(`${path} cannot be looked at`, cause)
  })
  yield* closeDirectory(path, { mode: found, owner: Option.some(uid) })
})

/**
 * The file at `path`, this user's alone from now on; none if there is nothing. Fails if what is there must not be used,
 * and then changes nothing. One look at the directory entry, so it can be had before each use.
 */
export const inspect = Effect.fnUntraced(function*(
  path: string
): Effect.fn.Return<Option.Option<Found>, StoreUnavailable> {
  const stats = yield* look(path)
  if (stats === undefined) return Option.none()
  if (!stats.isFile()) {
    return yield* new StoreUnavailable({
      problem: `${path} is ${kindOf(stats)}, where a file of this program's own has to be.`,
      remedy: `Move it away, or ${elsewhere}.`
    })
  }
  yield* guard(path, { owner: Number(stats.uid), rights: Number(stats.mode) }, mode)
  return Option.some({ device: stats.dev, inode: stats.ino, size: stats.size, changedAt: stats.ctimeNs })
})

/**
 * Makes an empty file that is private from its first moment on; false if something has that name already, which is left
 * as it is. The directory has to be there.
 */
export const create = (path: string): Effect.Effect<boolean, StoreUnavailable> =>
  Effect.suspend(() => {
    try {
      closeSync(openSync(path, "wx", mode))
      return Effect.succeed(true)
    } catch (cause) {
      return codeOf(cause) === "EEXIST"
        ? Effect.succeed(false)
        : Effect.fail(refused(`${path} cannot be made`, cause))
    }
  })
