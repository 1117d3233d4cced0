/**
 * What a database ran into, for the person: one sentence and one remedy for each kind of trouble.
 *
 * A cause that is passed on tells statements and result codes, never a value that was to be stored.
 */
import { Predicate } from "effect"
import { type Migrator, SqlError } from "effect/sql"
import { StoreUnavailable } from "../../services/storage/SessionStore.ts"

/** SQLite's result code with its extension (https://sqlite.org/rescode.html), if the error is SQLite's. */
const extendedCode = ({ reason: { cause } }: SqlError.SqlError): number | undefined =>
  Predicate.hasProperty(cause, "errcode") && typeof cause.errcode === "number" ? cause.errcode : undefined

const primaryCode = (error: SqlError.SqlError): number | undefined => {
  const code = extendedCode(error)
  return code === undefined ? undefined : code & 0xff
}

const busy: ReadonlySet<number> = new Set([5, 6])
const readOnly = 8
const ioError = 10
const corrupt = 11
const full = 13
const cannotOpen = 14
const notADatabase = 26
/** No room for the index of the write-ahead log, which is how a full disk shows there. */
const noRoomForIndex = 4874

/** Whether another connection had the database locked for all the time there was to wait. */
export const isBusy = (error: SqlError.SqlError): boolean =>
  error.reason._tag === "LockTimeoutError" || busy.has(primaryCode(error) ?? 0)

/** Whether the file is no (longer a) sound database, so that waiting or trying again cannot help. */
const isDamagedSql = (error: SqlError.SqlError): boolean => {
  const code = primaryCode(error)
  return code === corrupt || code === notADatabase
}

/** Whether a store is unavailable since its file is no (longer a) sound database. */
export const isDamaged = ({ cause }: StoreUnavailable): boolean => SqlError.isSqlError(cause) && isDamagedSql(cause)

/** Whether a store is unavailable for no other reason than that its database is locked. */
export const isLocked = ({ cause }: StoreUnavailable): boolean => SqlError.isSqlError(cause) && isBusy(cause)

const explain = (error: SqlError.SqlError): readonly [problem: string, remedy: string] => {
  if (isBusy(error)) {
    return [
      "The stored sign-ins are locked by another program.",
      "Try again; if it stays like this, end the program that has the file open."
    ]
  }
  if (isDamagedSql(error)) {
    return ["The file of the stored sign-ins is damaged.", "Move it away and sign in again."]
  }
  switch (extendedCode(error)) {
    case noRoomForIndex:
      return ["There is no space left for the stored sign-ins.", "Free some space and try again."]
  }
  switch (primaryCode(error)) {
    case full:
      return ["There is no space left for the stored sign-ins.", "Free some space and try again."]
    case readOnly:
      return [
        "The stored sign-ins are read-only.",
        "Give the user this server runs as write access to the file and its directory, or choose another data directory."
      ]
    case cannotOpen:
      return [
        "The file of the stored sign-ins cannot be opened.",
        "Give the user this server runs as access to the file and its directory, or choose another data directory."
      ]
    case ioError:
      return [
        "The stored sign-ins cannot be read or written: the disk reports an error.",
        "Check the disk, or choose another data directory, on another disk."
      ]
  }
  return error.reason._tag === "ConnectionError"
    ? ["The database of the stored sign-ins cannot be reached.", "Check that it is running, and try again."]
    : [
      `The stored sign-ins cannot be used: the database reports an error (${primaryCode(error) ?? error.reason._tag}).`,
      "Try again; if it stays like this, move the file away and sign in again."
    ]
}

/** The one way from an error of the database to one of the store. */
export const storeUnavailable = (error: SqlError.SqlError): StoreUnavailable => {
  const [problem, remedy] = explain(error)
  return new StoreUnavailable({ problem, remedy, cause: error })
}

/** The same for a migration: what it ran into, where that is known. */
export const notMigrated = (error: Migrator.MigrationError): StoreUnavailable =>
  SqlError.isSqlError(error.cause)
    ? storeUnavailable(error.cause)
    : new StoreUnavailable({
      problem: "The stored sign-ins cannot be brought to the form this version needs.",
      remedy: "Install the newest version; if it stays like this, move the file away and sign in again.",
      cause: error
    })
