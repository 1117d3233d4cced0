/**
 * `SessionStore` in a database, shared by all processes that open it. Every change is one statement, so that nothing is
 * ever half done; tokens are in it only sealed.
 */
import { Array as Arr, DateTime, Effect, Layer, Option } from "effect"
import { SqlClient, type SqlError } from "effect/sql"
import type { AccountKey } from "../../services/sign-in/AccountKey.ts"
import { type FlowId, Generation } from "../../services/sign-in/Session.ts"
import {
  AlreadyPresented,
  GenerationPassed,
  SessionStore,
  type Slot,
  type SlotState,
  type SlotWrite,
  StoreUnavailable
} from "../../services/storage/SessionStore.ts"
import { SealBroken, Vault } from "../../services/storage/Vault.ts"
import { placeOf, type Row, type RowMalformed, type StateColumns, toColumns, toSlot } from "./SessionRow.ts"
import * as SlotChanges from "./SlotChanges.ts"
import { stateOf, untouched } from "./SlotStates.ts"
import { migrate } from "./SqlMigrations.ts"
import { isLocked, storeUnavailable } from "./SqlProblems.ts"
import * as SqlSlots from "./SqlSlots.ts"

/** How it learns of what other processes write. */
export interface Options {
  /**
   * Something that differs once another process may have written, so that looking for what it wrote is seldom needed.
   * Without it every look is at the tables.
   */
  readonly changeMark?: Effect.Effect<unknown, SqlError.SqlError, SqlClient.SqlClient>
}

/** A row without a generation can be neither read nor written over. */
const placeIn = (key: AccountKey, row: Row) =>
  Effect.mapError(Effect.fromOption(placeOf(row)), () =>
    new StoreUnavailable({
      problem: `What is stored for "${key}" cannot be read or replaced.`,
      remedy: "Move the file of the stored sign-ins away and sign in again."
    }))

const signedOut = { state: "SignedOut", record: null, sealed: null } as const

const make = Effect.fnUntraced(function*({ changeMark }: Options) {
  const vault = yield* Vault
  const sql = yield* SqlClient.SqlClient
  yield* migrate
  const slots = yield* SqlSlots.make

  const readRow = Effect.fnUntraced(
    function*(key: AccountKey, opener = vault): Effect.fn.Return<Slot, RowMalformed | StoreUnavailable> {
      const row = yield* slots.one(key)
      return row === undefined ? untouched(key) : yield* toSlot(opener, yield* placeIn(key, row), row)
    }
  )

  /** A key that is out of reach does not stand in the way of signing out; the tokens are then not there to be revoked. */
  const asFarAsItOpens = Vault.of({
    ...vault,
    open: (sealed, place) =>
      Effect.catchTag(vault.open(sealed, place), "StoreUnavailable", () => Effect.fail(new SealBroken()))
  })

  const readSlot = (key: AccountKey) => Effect.catchTag(readRow(key), "RowMalformed", ({ unavailable }) => unavailable)

  const changes = yield* SlotChanges.make({
    mark: changeMark === undefined
      ? Effect.sync(() => Symbol("unknown"))
      : changeMark.pipe(Effect.provideService(SqlClient.SqlClient, sql), Effect.mapError(storeUnavailable)),
    places: Effect.map(slots.places, (rows) => Arr.getSomes(rows.map(placeOf))),
    read: readSlot,
    isPassing: isLocked
  })

  const swap = (
    key: AccountKey,
    expected: Generation,
    columns: StateColumns,
    state: SlotState,
    lastSignOut?: Generation,
    flowId?: FlowId
  ): Effect.Effect<Slot | undefined, StoreUnavailable> =>
    changes.telling(
      Effect.gen(function*() {
        const row = yield* slots.swap(key, expected, columns, lastSignOut, flowId)
        return row === undefined ? undefined : { ...yield* placeIn(key, row), state, presentedAt: undefined }
      })
    )

  /** Where a slot is now, whatever it holds. */
  const generationOf = Effect.fnUntraced(function*(key: AccountKey) {
    const row = yield* slots.one(key)
    return row === undefined ? Generation.make(0) : (yield* placeIn(key, row)).generation
  })

  const write = Effect.fn("SessionStore.write")(
    function*(key: AccountKey, expected: Generation, change: SlotWrite) {
      const columns = yield* toColumns(vault, key, change)
      const state = stateOf(key, Generation.make(expected + 1), change)
      const flowId = change._tag === "SignedIn" ? change.draft.flowId : undefined
      while (true) {
        const slot = yield* swap(key, expected, columns, state, undefined, flowId)
        if (slot !== undefined) return slot
        const current = yield* generationOf(key)
        const isLate = current !== expected || (flowId !== undefined && (yield* slots.isEvicted(flowId)))
        if (isLate) return yield* new GenerationPassed({ expected, current })
      }
    },
    Effect.uninterruptible
  )

  const tombstone = Effect.fn("SessionStore.tombstone")(
    function*(key: AccountKey) {
      while (true) {
        // What nobody can read is signed out all the same; there is nothing in it to give back to the provider.
        const before = yield* Effect.catchTag(
          readRow(key, asFarAsItOpens),
          "RowMalformed",
          ({ generation, lastSignOut }) =>
            Effect.succeed<Slot>({ key, generation, lastSignOut, state: { _tag: "SignedOut" }, presentedAt: undefined })
        )
        const generation = Generation.make(before.generation + 1)
        const after = yield* swap(key, before.generation, signedOut, { _tag: "SignedOut" }, generation)
        if (after !== undefined) return { before, after }
      }
    },
    Effect.uninterruptible
  )

  const present = Effect.fn("SessionStore.present")(
    function*(key: AccountKey, expected: Generation, { again }: { readonly again: boolean }) {
      const now = yield* DateTime.now
      while (!(yield* slots.present(key, expected, DateTime.toEpochMillis(now), again))) {
        const { generation: current, presentedAt } = yield* readSlot(key)
        if (current !== expected) return yield* new GenerationPassed({ expected, current })
        if (current === 0) return yield* Effect.die(new Error("There is no token in a slot that was never written."))
        if (presentedAt !== undefined && !again) return yield* new AlreadyPresented({ at: presentedAt })
      }
    },
    Effect.uninterruptible
  )

  const list = Effect.gen(function*() {
    const listed: Array<Slot> = []
    for (const row of yield* slots.all) {
      const place = placeOf(row)
      if (Option.isSome(place)) listed.push(yield* toSlot(vault, place.value, row))
    }
    yield* Effect.forEach(listed, changes.remember, { discard: true })
    return listed
  }).pipe(Effect.catchTag("RowMalformed", ({ unavailable }) => unavailable), Effect.withSpan("SessionStore.list"))

  return SessionStore.of({
    read: Effect.fn("SessionStore.read")((key: AccountKey) => Effect.tap(readSlot(key), changes.remember)),
    write,
    tombstone,
    present,
    withdraw: Effect.fn("SessionStore.withdraw")(slots.withdraw, Effect.uninterruptible),
    list,
    watch: changes.watch
  })
})

/**
 * Provides `SessionStore`; needs a database (`SqlClient`) and a `Vault`. Building it brings the tables to the form this
 * version needs, if they are not. Closing its Scope ends every `watch`.
 *
 * A `watch` tells what this process writes at once, and what others write within a tenth of a second by the `Clock`: where
 * they have written a slot several times in between, the last of it. It may begin with slots that others wrote after this
 * process read them.
 */
export const layer = (
  options: Options = {}
): Layer.Layer<SessionStore, StoreUnavailable, SqlClient.SqlClient | Vault> => Layer.effect(SessionStore, make(options))
