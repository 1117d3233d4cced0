/**
 * What a database of stored sign-ins holds, read and nothing else.
 */
import { Array as Arr, Effect, Option, Schema } from "effect"
import { SqlClient, type SqlError } from "effect/sql"
import type { FlowLease, FlowSeen, SlotSeen, Stored } from "../../services/doctor/StoreSeen.ts"
import { AccountKey } from "../../services/sign-in/AccountKey.ts"
import { StoreUnavailable } from "../../services/storage/SessionStore.ts"
import { KeyKeeper, type Vault } from "../../services/storage/Vault.ts"
import { placeOf, type Row, toSlot } from "../storage/SessionRow.ts"
import * as SqlMigrations from "../storage/SqlMigrations.ts"
import { BigInteger } from "../storage/SqlNumbers.ts"
import * as SqlSlots from "../storage/SqlSlots.ts"

/** What integrity looks like to SQLite. */
const sound = "ok"

/** The form of the tables that tells of sign-ins under way. */
const formWithFlows = 2

/** The file at `path` is no sound database. */
export const damaged = (path: string): StoreUnavailable =>
  new StoreUnavailable({
    problem: `The stored sign-ins in ${path} are damaged.`,
    remedy: "Sign in again: the file is then set aside as it is, and a new one is made."
  })

const Keeper = Schema.decodeUnknownOption(KeyKeeper)

/** Sealed text tells its keeper. */
const keeperOf = ({ sealed }: Row): Option.Option<KeyKeeper> =>
  typeof sealed === "string" ? Keeper(sealed.split(".")[1]) : Option.none()

const Moment = BigInteger.pipe(Schema.decodeTo(Schema.DateTimeUtcFromMillis))
const decodeFlow = Schema.decodeUnknownOption(Schema.Struct({
  account_key: AccountKey,
  pid: BigInteger,
  started_at: Moment,
  expires_at: Moment,
  answered: BigInteger
}))
const decodeLease = Schema.decodeUnknownOption(Schema.Struct({ account_key: AccountKey, lease: Schema.String }))

const flowOf = (row: Row): Option.Option<FlowSeen> =>
  Option.map(decodeFlow(row), ({ account_key: key, answered, expires_at, pid, started_at }) => ({
    key,
    pid,
    startedAt: started_at,
    expiresAt: expires_at,
    answered: answered === 1
  }))

const leaseOf = (row: Row): Option.Option<FlowLease> =>
  Option.map(decodeLease(row), ({ account_key: key, lease }) => ({ key, lease }))

export type Contents = Omit<Stored, "wide">

/** What there is where nothing has been stored. */
export const nothing: Contents = {
  form: Option.none(),
  current: SqlMigrations.schemaVersion,
  slots: [],
  strays: 0,
  pending: [],
  leases: []
}

/** What the database at hand, which is the file at `path`, holds. `vault` opens it, when somebody wants to know. */
export const read = Effect.fnUntraced(
  function*(
    path: string,
    vault: Vault["Service"]
  ): Effect.fn.Return<Contents, SqlError.SqlError | StoreUnavailable, SqlClient.SqlClient> {
    const sql = yield* SqlClient.SqlClient
    const [checked] = yield* sql`PRAGMA integrity_check(1)`
    if (checked?.["integrity_check"] !== sound) return yield* damaged(path)
    const form = yield* SqlMigrations.version
    if (form > SqlMigrations.schemaVersion) return yield* SqlMigrations.newer(form)
    if (form === 0) return nothing
    const rows = yield* (yield* SqlSlots.make).all
    const slots = yield* Effect.forEach(rows, (row) =>
      Effect.gen(function*() {
        const place = placeOf(row)
        if (Option.isNone(place)) return Option.none()
        const slot = Effect.catchTag(toSlot(vault, place.value, row), "RowMalformed", ({ unavailable }) => unavailable)
        const seen: SlotSeen = { key: place.value.key, keeper: keeperOf(row), slot: yield* Effect.cached(slot) }
        return Option.some(seen)
      }))
    const found = Arr.getSomes(slots)
    const flows = form < formWithFlows
      ? []
      : yield* sql`SELECT account_key, lease, pid, started_at, expires_at, answered, ending FROM flows ORDER BY begun`
    return {
      ...nothing,
      form: Option.some(form),
      slots: found.toSorted((one, other) => one.key < other.key ? -1 : 1),
      strays: rows.length - found.length,
      pending: Arr.getSomes(flows.filter((row) => row["ending"] === null).map(flowOf)),
      leases: Arr.getSomes(flows.map(leaseOf))
    }
  }
)
