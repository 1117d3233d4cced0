/**
 * Setting a damaged database aside: it gets another name and stays as it is, for a person, or a tool, to look at.
 */
import { DateTime, Effect, Option } from "effect"
import { lstatSync, renameSync } from "node:fs"
import { StoreUnavailable } from "../../services/storage/SessionStore.ts"
import { codeOf, refused } from "./FileRefusal.ts"
import * as PrivateFile from "./PrivateFile.ts"

/** What belongs to a database: the file, its write-ahead log, and the index of that. */
export const suffixes = ["", "-wal", "-shm"] as const

const exists = (path: string): boolean => lstatSync(path, { throwIfNoEntry: false }) !== undefined

/** A name that is not taken, told by the time, and fit for every file system. */
const nameFor = (path: string, now: DateTime.Utc): string => {
  const name = `${path}.damaged-${DateTime.formatIso(now).replaceAll(":", "-")}`
  let free = name
  for (let count = 2; suffixes.some((suffix) => exists(free + suffix)); count++) free = `${name}-${count}`
  return free
}

/** What belongs to a database may be missing. */
const renameIfThere = (from: string, to: string) => {
  try {
    renameSync(from, to)
  } catch (cause) {
    if (codeOf(cause) !== "ENOENT") throw cause
  }
}

/**
 * Renames the database at `path`, provided that it still is the file that was found damaged; answers with its new name.
 * None if it is another file by now: somebody else was faster, and what lies there is sound as far as anybody knows.
 *
 * To be run under the lock under which the database is opened, so that nobody opens half of it. Connections to it should
 * be open still: one that closes before, as the last of all, tidies up and thereby changes the file.
 */
export const setAside = Effect.fn("DamagedFile.setAside")(function*(
  path: string,
  damaged: PrivateFile.Identity
): Effect.fn.Return<Option.Option<string>, StoreUnavailable> {
  const found = yield* PrivateFile.inspect(path)
  if (Option.isNone(found) || !PrivateFile.isSame(found.value, damaged)) return Option.none()
  const now = yield* DateTime.now
  const name = yield* Effect.try({
    try: () => {
      const free = nameFor(path, now)
      for (const suffix of suffixes) renameIfThere(path + suffix, free + suffix)
      return free
    },
    catch: (cause) => refused(`${path} is damaged, and it cannot be moved out of the way`, cause)
  })
  yield* Effect.logWarning(`${path} is damaged. It was set aside as ${name}.`)
  return Option.some(name)
})

/** What the call hears that came upon the damage. */
export const told = (path: string, name: string, cause?: unknown): StoreUnavailable =>
  new StoreUnavailable({
    problem: `The stored sign-ins in ${path} are damaged. The file was set aside as ${name}.`,
    remedy: "Sign in again: a new file is made for that.",
    ...(cause === undefined ? {} : { cause })
  })
