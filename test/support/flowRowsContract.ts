/**
 * What a `FlowStore` makes of the rows it finds in its database: old ones, odd ones, and tables of an older form.
 */
import { assert, describe, it } from "@effect/vitest"
import { DateTime, Duration, Effect, Option, Stream } from "effect"
import { TestClock } from "effect/testing"
import { basename } from "node:path"
import type { FlowStore } from "../../src/services/storage/FlowStore.ts"
import { answers, asks, at, delivers, ends, flow, isFlow, opens, record, sameFlows, signedIn } from "./flowData.ts"
import { type NewPlace, stored, tampering, using } from "./flowPlaces.ts"
import { ada, generation, grace, signIn } from "./sessionData.ts"
import { sameSlots } from "./sessionStoreContract.ts"
import { take, watching } from "./sessionStreams.ts"

/** What is wrong with the row of flow "a", as SQL. */
const malformed = [
  "purpose = x'00'",
  "lease = x'00'",
  "pid = 'many'",
  "pid = 1.5",
  "started_at = 'soon'",
  "started_at = 9223372036854775807",
  "expires_at = 9000000000000000",
  "expires_at = ''",
  "opened = 'not sealed'",
  "opened = x'00'",
  "tab = 'closed'",
  "answered = 2",
  "answered = 'yes'",
  "asked = 'nicely'",
  "delivered = 'http://127.0.0.1:4711/'",
  "evicted = -1",
  "ending = '{'",
  "ending = '{}'",
  "ending = '{\"_tag\":\"Asleep\"}'",
  "ending = '{\"_tag\":\"TakenOver\",\"by\":\"\"}'",
  "ending = '{\"_tag\":\"Failed\",\"error\":{\"_tag\":\"NoSuchError\"}}'",
  "ending = '{\"_tag\":\"Failed\",\"error\":{\"_tag\":\"FlowTimedOut\",\"after\":\"long\"}}'",
  // Sealed for the flow, and for something else of it; sealed for another flow.
  "delivered = opened",
  "opened = delivered",
  "opened = (SELECT opened FROM flows WHERE flow_id = 'b')",
  "delivered = (SELECT delivered FROM flows WHERE flow_id = 'b')"
]

/** The tables of form 1 as they were released, without what is in them. */
const formOne = `
  CREATE TABLE mcp_gas_schema (
    migration_id INTEGER PRIMARY KEY NOT NULL,
    created_at DATETIME NOT NULL DEFAULT current_timestamp,
    name VARCHAR(255) NOT NULL
  );
  INSERT INTO mcp_gas_schema (migration_id, name) VALUES (1, 'slots');
  CREATE TABLE slots (
    account_key TEXT PRIMARY KEY NOT NULL,
    generation BIGINT NOT NULL,
    last_sign_out BIGINT NOT NULL,
    state TEXT NOT NULL,
    record TEXT,
    sealed TEXT
  );
  CREATE TABLE presentations (
    account_key TEXT PRIMARY KEY NOT NULL,
    generation BIGINT NOT NULL,
    presented_at BIGINT NOT NULL
  );`

/** Makes of a database one of form 1, with the slots that it has. */
const toFormOne = `
  CREATE TEMP TABLE kept_slots AS SELECT * FROM slots;
  CREATE TEMP TABLE kept_presentations AS SELECT * FROM presentations;
  DROP TABLE slots; DROP TABLE presentations; DROP TABLE flows; DROP TABLE tabs; DROP TABLE counters; DROP TABLE mcp_gas_schema;
  ${formOne}
  INSERT INTO slots SELECT * FROM kept_slots;
  INSERT INTO presentations SELECT * FROM kept_presentations;`

/** Everything that would show flow "a". */
const lookings = (flows: FlowStore["Service"]) => [
  Effect.asVoid(flows.read(flow("a").id)),
  Stream.runDrain(flows.watch(flow("a").id))
]

export const flowRowsContract = (name: string, place: NewPlace) =>
  describe(name, () => {
    it.effect("looking at flows changes not a byte", () =>
      Effect.gen(function*() {
        const here = yield* place
        const { flows } = yield* here.open
        yield* flows.begin(flow("a"), Option.none())
        yield* flows.change(flow("a").id, opens("1"))
        const before = stored(here)
        yield* flows.newest(ada, flow("a").purpose)
        yield* flows.newest(grace, "nothing")
        yield* flows.read(flow("a").id)
        yield* flows.pending(ada)
        yield* take(yield* watching(flows.watch(flow("a").id)), 1)
        const after = stored(here)
        for (const suffix of ["", "-wal"]) {
          const file = basename(here.file) + suffix
          assert.isTrue(before.has(file) && after.get(file) === before.get(file), file)
        }
      }))

    it.effect("flows that ended, or should have, more than ten minutes ago are forgotten when another is begun", () =>
      Effect.gen(function*() {
        const here = yield* place
        const old = flow("ended at 0")
        const late = flow("expired at 0", { expiresAt: at(0), purpose: "expired" })
        const others = [
          flow("ended at 1", { expiresAt: at(0) }),
          flow("expired at 1", { expiresAt: at(1) }),
          flow("lasting")
        ]
        yield* using(here, ({ flows }) =>
          Effect.gen(function*() {
            for (const each of [old, late, ...others]) yield* flows.begin(each, Option.none())
            yield* flows.change(old.id, ends(signedIn))
          }))
        yield* TestClock.setTime(1)
        yield* using(here, ({ flows }) => flows.change(flow("ended at 1").id, ends(signedIn)))
        const known = using(here, ({ flows }) =>
          Effect.forEach([old, late, ...others], ({ id }) =>
            Effect.map(
              flows.read(id),
              Option.match({ onNone: () => "forgotten", onSome: () => id })
            )))
        const all = [old, late, ...others].map(({ id }) => `${id}`)
        for (const [now, begins] of [[600_000, true], [600_001, false]] as const) {
          yield* TestClock.setTime(now)
          if (begins) yield* using(here, ({ flows }) => flows.begin(flow("new", { key: grace }), Option.none()))
          assert.deepStrictEqual(yield* known, all)
        }
        yield* using(here, ({ flows }) => flows.begin(flow("newer", { key: grace }), Option.none()))
        assert.deepStrictEqual(yield* known, ["forgotten", "forgotten", ...all.slice(2)])
        yield* using(here, ({ flows }) =>
          Effect.gen(function*() {
            assert.isTrue(Option.isNone(yield* flows.newest(late.key, late.purpose)))
            assert.deepStrictEqual((yield* flows.pending(ada)).map(({ id }) => `${id}`).toSorted(), [
              "expired at 1",
              "lasting"
            ])
            assert.isFalse(yield* flows.change(late.id, answers))
          }))
      }))

    for (const step of ["INSERT", "UPDATE"]) {
      it.effect(`a flow that cannot be begun in place of another leaves that one as it is (${step})`, () =>
        Effect.gen(function*() {
          const here = yield* place
          const { flows } = yield* here.open
          const [old, heir] = [flow("a"), flow("b")]
          yield* flows.begin(old, Option.none())
          const trigger = `CREATE TRIGGER refusal BEFORE ${step} ON flows BEGIN SELECT RAISE(ABORT, 'refused'); END`
          yield* tampering(here, (db) => db.exec(trigger))
          const error = yield* Effect.flip(flows.begin(heir, Option.some(old.id)))
          assert.strictEqual(error._tag, "StoreUnavailable")
          assert.isTrue(Option.isNone(yield* flows.read(heir.id)))
          sameFlows(yield* flows.pending(old.key), [record(old)])
          yield* tampering(here, (db) => db.exec("DROP TRIGGER refusal"))
          yield* flows.begin(heir, Option.some(old.id))
          sameFlows(yield* flows.pending(old.key), [record(heir)])
        }))
    }

    it.effect("a browser that was not granted after all costs the account no rest", () =>
      Effect.gen(function*() {
        const here = yield* place
        const { flows } = yield* here.open
        const begun = flow("a")
        yield* flows.begin(begun, Option.none())
        const trigger = "CREATE TRIGGER refusal BEFORE UPDATE ON flows BEGIN SELECT RAISE(ABORT, 'refused'); END"
        yield* tampering(here, (db) => db.exec(trigger))
        const error = yield* Effect.flip(flows.claimTab(begun, Duration.minutes(1)))
        assert.strictEqual(error._tag, "StoreUnavailable")
        yield* tampering(here, (db) => db.exec("DROP TRIGGER refusal"))
        assert.strictEqual((yield* flows.claimTab(begun, Duration.minutes(1)))._tag, "Granted")
      }))

    for (const wrong of malformed) {
      it.effect(`a row that cannot be read is said to be, and others can be read (${wrong})`, () =>
        Effect.gen(function*() {
          const here = yield* place
          const { flows } = yield* here.open
          const other = flow("b", { key: grace, purpose: "write" })
          for (const { id, ...begun } of [flow("a"), other]) {
            yield* flows.begin({ id, ...begun }, Option.none())
            yield* flows.change(id, opens(id))
            yield* flows.change(id, delivers(id))
          }
          const before = yield* flows.read(other.id)
          yield* tampering(here, (db) => db.exec(`UPDATE flows SET ${wrong} WHERE flow_id = 'a'`))
          const isInList = !/^(?:purpose|ending)/u.test(wrong)
          const all = [
            ...lookings(flows),
            ...(isInList ? [Effect.asVoid(flows.pending(ada)), Effect.asVoid(flows.newest(ada, "read"))] : [])
          ]
          for (const looking of all) {
            const error = yield* Effect.flip(looking)
            assert.strictEqual(error._tag, "StoreUnavailable")
            assert.isNotEmpty(error.remedy)
          }
          sameFlows(Option.toArray(yield* flows.read(other.id)), Option.toArray(before))
          assert.lengthOf(yield* flows.pending(grace), 1)
        }))
    }

    it.effect("a row whose account has no name that could be one cannot be read", () =>
      Effect.gen(function*() {
        const here = yield* place
        const { flows } = yield* here.open
        yield* flows.begin(flow("a"), Option.none())
        yield* tampering(here, (db) => db.exec("UPDATE flows SET account_key = 'two words'"))
        for (const looking of lookings(flows)) {
          assert.strictEqual((yield* Effect.flip(looking))._tag, "StoreUnavailable")
        }
      }))

    it.live("tables of form 1 become those of today when several find them, and their slots stay", () =>
      Effect.gen(function*() {
        const here = yield* place
        const slots = yield* using(here, ({ sessions }) =>
          Effect.gen(function*() {
            const { generation: last } = yield* sessions.write(ada, generation(0), signIn())
            yield* sessions.present(ada, last, { again: false })
            yield* sessions.tombstone(grace)
            return yield* Effect.forEach([ada, grace], sessions.read)
          }))
        assert.isTrue(slots.some(({ presentedAt }) => DateTime.isDateTime(presentedAt)))
        yield* tampering(here, (db) => db.exec(toFormOne))
        yield* Effect.forEach(
          [0, 1, 2, 3],
          () =>
            Effect.gen(function*() {
              const { flows, sessions } = yield* here.open
              sameSlots(yield* Effect.forEach([ada, grace], sessions.read), slots)
              assert.deepStrictEqual(yield* flows.pending(ada), [])
            }),
          { concurrency: "unbounded" }
        )
        yield* using(here, ({ flows, sessions }) =>
          Effect.gen(function*() {
            yield* flows.begin(flow("a"), Option.none())
            assert.isTrue(yield* flows.change(flow("a").id, asks("cancel")))
            isFlow(yield* flows.read(flow("a").id), record(flow("a"), { asked: "cancel" }))
            sameSlots(yield* Effect.forEach([ada, grace], sessions.read), slots)
          }))
      }))
  })
