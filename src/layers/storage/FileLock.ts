/**
 * A right that one holder on the machine has at a time. The kernel takes it back when the process dies that has it.
 *
 * It is SQLite's own lock on an empty database of its own, since Node has no other; nothing is ever written to it.
 */
import { Effect, Option, Predicate, type Schedule, Scope } from "effect"
import { DatabaseSync } from "node:sqlite"
import { StoreUnavailable } from "../../services/storage/SessionStore.ts"
import * as PrivateFile from "./PrivateFile.ts"
import * as StorePatience from "./StorePatience.ts"

const busy = 5

const codeOf = (cause: unknown): number =>
  Predicate.hasProperty(cause, "errcode") && typeof cause.errcode === "number" ? cause.errcode & 0xff : 0

const refusal = (path: string, cause: unknown): StoreUnavailable =>
  codeOf(cause) === busy
    ? new StoreUnavailable({
      problem: `The stored sign-ins are locked by another program (${path}).`,
      remedy: "Try again; if it stays like this, end the program that has the file open.",
      cause
    })
    : new StoreUnavailable({
      problem: `${path} cannot be locked.`,
      remedy: "Move that file away: nothing is kept in it.",
      cause
    })

/** Opened anew each time, and closed with its Scope: what nobody holds leaves no descriptor behind. */
const opened = (path: string) =>
  Effect.acquireRelease(
    PrivateFile.inspect(path).pipe(
      Effect.flatMap((found) => Option.isNone(found) ? PrivateFile.create(path) : Effect.void),
      Effect.andThen(
        Effect.try({ try: () => new DatabaseSync(path, { timeout: 0 }), catch: (cause) => refusal(path, cause) })
      )
    ),
    (db) => Effect.sync(() => db.isOpen ? db.close() : undefined)
  )

const locked = (path: string, db: DatabaseSync) =>
  Effect.try({
    // A journal beside the file would outlive a holder that is killed. Node's connections refuse OFF without a word.
    try: () => db.exec("PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE"),
    catch: (cause) => refusal(path, cause)
  })

const isBusy = (error: unknown): boolean => Predicate.hasProperty(error, "cause") && codeOf(error.cause) === busy

/**
 * Holds the lock until the Scope closes. Waits as long as `looking` goes on, without blocking the thread; waiting is
 * interruptible. The directory has to be there; the file is made, for this user alone.
 */
export const hold = (
  path: string,
  looking: Schedule.Schedule<unknown, StoreUnavailable>
): Effect.Effect<void, StoreUnavailable, Scope.Scope> =>
  Effect.flatMap(opened(path), (db) => Effect.retry(locked(path, db), { while: isBusy, schedule: looking }))

/** The same without waiting: false if somebody has it. */
export const tryHold = (path: string): Effect.Effect<boolean, StoreUnavailable, Scope.Scope> =>
  Effect.flatMap(
    opened(path),
    (db) =>
      Effect.catchIf(Effect.as(locked(path, db), true), isBusy, () => Effect.as(Effect.sync(() => db.close()), false))
  )

/** Runs an effect while nobody else on the machine runs one under this path. Waits for two seconds. */
export const withLock =
  (path: string) => <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E | StoreUnavailable, R> =>
    Effect.scopedWith((scope) =>
      opened(path).pipe(
        Effect.flatMap((db) => StorePatience.whileBusy(isBusy)(locked(path, db))),
        Scope.provide(scope),
        Effect.andThen(effect)
      )
    )
