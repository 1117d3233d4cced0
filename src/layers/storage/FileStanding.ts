/**
 * How a file or a directory stands to other users, for whoever must not change it: `PrivateFile` refuses or mends what this
 * only tells.
 */
import { Effect, Option } from "effect"
import { type BigIntStats, lstatSync, statSync } from "node:fs"
import { geteuid } from "node:process"
import type { StoreUnavailable } from "../../services/storage/SessionStore.ts"
import { codeOf, refused } from "./FileRefusal.ts"

export interface Standing {
  readonly kind: "file" | "directory" | "link" | "other"
  /** The number of the user it belongs to, if that is not this one. */
  readonly stranger: Option.Option<bigint>
  /** The rights on it, if others have any. */
  readonly wide: Option.Option<number>
  /** In bytes. */
  readonly size: bigint
  readonly inode: bigint
  /** When it was last written to, by the file system's clock. */
  readonly changed: bigint
}

const kindOf = (stats: BigIntStats): Standing["kind"] => {
  if (stats.isSymbolicLink()) return "link"
  if (stats.isDirectory()) return "directory"
  return stats.isFile() ? "file" : "other"
}

/** The user this process acts as; none on Windows, which has neither these rights nor these owners. */
const currentUser: number | undefined = geteuid?.()

const standing = (stats: BigIntStats): Standing => ({
  kind: kindOf(stats),
  stranger: currentUser === undefined || stats.uid === BigInt(currentUser) ? Option.none() : Option.some(stats.uid),
  wide: currentUser === undefined || (stats.mode & 0o077n) === 0n
    ? Option.none()
    : Option.some(Number(stats.mode & 0o777n)),
  size: stats.size,
  inode: stats.ino,
  changed: stats.mtimeNs
})

const looking = (path: string, look: () => BigIntStats | undefined) =>
  Effect.suspend((): Effect.Effect<Option.Option<Standing>, StoreUnavailable> => {
    try {
      return Effect.succeed(Option.map(Option.fromUndefinedOr(look()), standing))
    } catch (cause) {
      // Nothing, too, is what lies below something that is no directory.
      return codeOf(cause) === "ENOTDIR"
        ? Effect.succeedNone
        : Effect.fail(refused(`${path} cannot be looked at`, cause))
    }
  })

/** How what is at `path` stands; none if there is nothing. A link is told as one. */
export const of = (path: string): Effect.Effect<Option.Option<Standing>, StoreUnavailable> =>
  looking(path, () => lstatSync(path, { bigint: true, throwIfNoEntry: false }))

/** The same for what a link leads to. */
export const behind = (path: string): Effect.Effect<Option.Option<Standing>, StoreUnavailable> =>
  looking(path, () => statSync(path, { bigint: true, throwIfNoEntry: false }))
