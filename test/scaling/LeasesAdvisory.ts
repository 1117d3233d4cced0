/**
 * The `Leases` of `docs/scaling.md`, as they are printed there but for where the library is.
 */
import { Effect, Exit, Layer, Schedule, Scope } from "effect"
import { SqlClient, type SqlError } from "effect/sql"
import { Leases, StoreUnavailable } from "../../src/index.ts"

const unavailable = (cause: SqlError.SqlError) =>
  new StoreUnavailable({
    problem: "The database that keeps the leases cannot be used.",
    remedy: "Check that it is running, and try again.",
    cause
  })

/** Between processes on any machines: advisory locks of PostgreSQL, each held by a session of its own. */
export const layer: Layer.Layer<Leases, never, SqlClient.SqlClient> = Layer.effect(
  Leases,
  Effect.gen(function*() {
    const sql = yield* SqlClient.SqlClient

    const tryHold = Effect.fn("Leases.tryHold")(function*(name: string) {
      const session = yield* sql.reserve
      const call = (lock: "pg_try_advisory_lock" | "pg_advisory_unlock") =>
        Effect.map(
          session.executeValuesUnprepared(`SELECT ${lock}(hashtextextended($1, 0))::int`, [name]),
          ([row]) => row?.[0] === 1
        )
      return yield* Effect.acquireRelease(
        call("pg_try_advisory_lock"),
        (isHeld) => isHeld ? Effect.ignore(call("pg_advisory_unlock")) : Effect.void
      )
    }, Effect.mapError(unavailable))

    const hold = Effect.fn("Leases.hold")(function*(name: string) {
      const scope = yield* Effect.scope
      // A session is kept only where it has the lock: who waits takes none away from others.
      const attempt = Effect.acquireUseRelease(
        Scope.fork(scope),
        (trial) => Scope.provide(tryHold(name), trial),
        (trial, exit) => Exit.isSuccess(exit) && exit.value ? Effect.void : Scope.close(trial, exit)
      )
      yield* Effect.repeat(attempt, {
        until: (isHeld) => isHeld,
        schedule: Schedule.jittered(Schedule.spaced("100 millis"))
      })
    })

    return Leases.of({ hold, tryHold })
  })
)
