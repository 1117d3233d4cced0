/**
 * What several processes are for each other whose `FlowStore`s are on one database, and what the database keeps to itself.
 */
import { assert, describe, it } from "@effect/vitest"
import { Array as Arr, Duration, Effect, Option, Queue } from "effect"
import { TestClock } from "effect/testing"
import { basename } from "node:path"
import { inspect } from "node:util"
import {
  answers,
  asks,
  atOnce,
  delivers,
  ends,
  failed,
  failures,
  flow,
  isFlow,
  later,
  openedWith,
  opens,
  pasted,
  record,
  sameFlows,
  shows,
  signedIn,
  sorted,
  takenOver
} from "./flowData.ts"
import { type NewPlace, stored, tampering, using } from "./flowPlaces.ts"
import { grace } from "./sessionData.ts"
import { watching } from "./sessionStreams.ts"

export const flowsSharedContract = (name: string, place: NewPlace) => {
  const two = Effect.gen(function*() {
    const at = yield* place
    return { at, here: (yield* at.open).flows, there: (yield* at.open).flows }
  })

  describe(name, () => {
    it.effect("one process finds what another has begun and told, and tells what becomes of it", () =>
      Effect.gen(function*() {
        const { here, there } = yield* two
        const [one, other] = [flow("b"), flow("a")]
        yield* here.begin(one, Option.none())
        yield* here.change(one.id, opens("1", one.expiresAt))
        const known = record(one, { opened: Option.some(openedWith("1")) })
        isFlow(yield* there.read(one.id), known)
        isFlow(yield* there.newest(one.key, one.purpose), known)
        sameFlows(yield* there.pending(one.key), [known])
        assert.isFalse(yield* there.change(one.id, opens("2")))
        assert.isTrue(yield* there.change(one.id, delivers("1")))
        assert.isTrue(yield* there.change(one.id, asks("cancel")))
        isFlow(
          yield* here.read(one.id),
          { ...known, delivered: Option.some(pasted("1")), asked: "cancel" }
        )
        yield* there.begin(other, Option.some(one.id))
        isFlow(yield* here.newest(one.key, one.purpose), record(other))
        isFlow(yield* here.read(one.id), record(one, { asked: "cancel", ending: takenOver("a") }))
        assert.isFalse(yield* here.change(one.id, ends(signedIn)))
      }))

    it.effect("flows outlive the process that began them, whether or not they have ended, and are pending until then", () =>
      Effect.gen(function*() {
        const at = yield* place
        const [one, other] = [flow("a"), flow("b")]
        yield* using(at, ({ flows }) =>
          Effect.gen(function*() {
            yield* flows.begin(one, Option.none())
            yield* flows.begin(other, Option.none())
            yield* flows.change(one.id, opens("1"))
            yield* flows.change(other.id, ends(signedIn, true))
          }))
        // Nobody has this number.
        yield* tampering(at, (db) => db.exec("UPDATE flows SET pid = 2147483647"))
        const { flows } = yield* at.open
        const known = { pid: 2_147_483_647, opened: Option.some(openedWith("1")), expiresAt: later }
        sameFlows(yield* flows.pending(one.key), [record(one, known)])
        isFlow(
          yield* flows.newest(other.key, other.purpose),
          record(other, { pid: 2_147_483_647, ending: signedIn, evicted: true })
        )
      }))

    it.effect("what caused a store to be unavailable stays with the process that ran into it", () =>
      Effect.gen(function*() {
        const { here, there } = yield* two
        for (const [index, error] of failures.StoreUnavailable.entries()) {
          const begun = flow(`${index}`)
          yield* here.begin(begun, Option.none())
          yield* here.change(begun.id, ends(failed(error)))
          for (const flows of [here, there]) {
            const { ending } = Option.getOrThrow(yield* flows.read(begun.id))
            if (ending?._tag !== "Failed") return assert.fail(inspect(ending))
            assert.notProperty(ending.error, "cause")
            assert.strictEqual(ending.error.message, error.message)
          }
        }
      }))

    const firsts = [
      ["openings", (index: number) => opens(`${index}`)],
      ["answers", () => answers],
      ["cancellations", () => asks("cancel")],
      ["sign-outs", () => asks("logout")],
      ["pasted addresses", (index: number) => delivers(`${index}`)],
      ["endings", (index: number) => ends(takenOver(`${index}`))]
    ] as const
    for (const [what, change] of firsts) {
      it.live(`of twenty ${what} at the same time, half of them elsewhere, the first one counts`, () =>
        Effect.gen(function*() {
          const { here, there } = yield* two
          const begun = flow("a")
          yield* here.begin(begun, Option.none())
          const told = yield* atOnce(
            Arr.makeBy(20, (index) => (index % 2 === 0 ? here : there).change(begun.id, change(index)))
          )
          assert.lengthOf(told.filter((isNew) => isNew), 1)
        }))
    }

    it.live("of twenty who want to open one flow at the same time, half of them elsewhere, one may", () =>
      Effect.gen(function*() {
        const { here, there } = yield* two
        const begun = flow("a")
        yield* here.begin(begun, Option.none())
        const claims = yield* atOnce(
          Arr.makeBy(20, (index) => (index % 2 === 0 ? here : there).claimTab(begun, Duration.zero))
        )
        assert.deepStrictEqual(claims.map(({ _tag }) => _tag).toSorted(), ["Granted", ...Arr.replicate("Taken", 19)])
      }))

    it.effect("an account that had a tab in one process has its rest in all of them", () =>
      Effect.gen(function*() {
        const { here, there } = yield* two
        const [one, other] = [flow("a"), flow("b")]
        yield* here.begin(one, Option.none())
        yield* there.begin(other, Option.none())
        assert.strictEqual((yield* here.claimTab(one, Duration.seconds(2)))._tag, "Granted")
        assert.strictEqual((yield* there.claimTab(one, Duration.seconds(2)))._tag, "Taken")
        yield* TestClock.adjust("1999 millis")
        const claim = yield* there.claimTab(other, Duration.seconds(2))
        assert.strictEqual(claim._tag === "Braked" && Duration.toMillis(claim.left), 1)
        yield* TestClock.adjust("1 millis")
        assert.strictEqual((yield* there.claimTab(other, Duration.seconds(2)))._tag, "Granted")
      }))

    it.live("who watches a flow in one process hears of all that another tells", () =>
      Effect.gen(function*() {
        const { here, there } = yield* two
        const begun = flow("a")
        const seen = yield* watching(here.watch(begun.id))
        yield* there.begin(begun, Option.none())
        isFlow(Option.some(yield* Queue.take(seen)), record(begun))
        yield* there.claimTab(begun, Duration.zero)
        isFlow(Option.some(yield* Queue.take(seen)), record(begun, { tab: "asked" }))
        for (const change of [opens("1"), shows("failed"), asks("cancel"), delivers("1"), answers, ends(signedIn)]) {
          yield* there.change(begun.id, change)
          sameFlows([yield* Queue.take(seen)], Option.toArray(yield* there.read(begun.id)))
        }
      }))

    it.live("who looks on in one process hears of the flows that another begins and ends", () =>
      Effect.gen(function*() {
        const { here, there } = yield* two
        const seen = yield* watching(here.underWay)
        assert.deepStrictEqual(yield* Queue.take(seen), [])
        const [one, other] = [flow("a"), flow("b", { key: grace })]
        const ids = Effect.map(Queue.take(seen), (all) => all.map(({ id }) => `${id}`))
        yield* there.begin(one, Option.none())
        assert.deepStrictEqual(yield* ids, ["a"])
        yield* there.begin(other, Option.none())
        assert.deepStrictEqual(yield* ids, ["a", "b"])
        yield* there.change(one.id, ends(signedIn))
        assert.deepStrictEqual(yield* ids, ["b"])
      }))

    it.effect("what would let somebody finish a flow is not in the database, nor in what lies beside it", () =>
      Effect.gen(function*() {
        const at = yield* place
        const begun = flow("a", { purpose: "in the clear" })
        const isSecret = Effect.sync(() => {
          const files = stored(at)
          // What is looked for would be found if it were there.
          assert.isTrue([...files.values()].some((bytes) => bytes.includes("in the clear")))
          for (const [file, bytes] of files) {
            for (const secret of ["canary", "https://id.example", "http://127.0.0.1:4711"]) {
              assert.isFalse(bytes.includes(secret), `${secret} is in ${file}`)
            }
          }
          return files
        })
        yield* using(at, ({ flows }) =>
          Effect.gen(function*() {
            yield* flows.begin(begun, Option.none())
            yield* flows.change(begun.id, opens("1"))
            yield* flows.change(begun.id, delivers("1"))
            assert.include([...(yield* isSecret).keys()], `${basename(at.file)}-wal`)
            isFlow(
              yield* flows.read(begun.id),
              record(begun, {
                expiresAt: later,
                opened: Option.some(openedWith("1")),
                delivered: Option.some(pasted("1"))
              })
            )
          }))
        yield* isSecret
        yield* using(at, ({ flows }) =>
          Effect.gen(function*() {
            for (const [index, error] of failures.StoreUnavailable.entries()) {
              yield* flows.begin(flow(`${index}`), Option.none())
              yield* flows.change(flow(`${index}`).id, ends(failed(error)))
            }
            yield* flows.change(begun.id, ends(signedIn))
            yield* isSecret
          }))
        yield* isSecret
      }))

    it.live("of many that begin flows at the same time, half of them elsewhere, none is lost, and one is the newest", () =>
      Effect.gen(function*() {
        const { here, there } = yield* two
        const begun = Arr.makeBy(20, (index) => flow(`${index}`))
        yield* atOnce(begun.map((each, index) => (index % 2 === 0 ? here : there).begin(each, Option.none())))
        for (const flows of [here, there]) {
          sameFlows(sorted(yield* flows.pending(flow("any").key)), sorted(begun.map((each) => record(each))))
        }
        const newest = yield* here.newest(flow("any").key, flow("any").purpose)
        sameFlows(Option.toArray(newest), Option.toArray(yield* there.newest(flow("any").key, flow("any").purpose)))
        yield* there.begin(flow("last"), Option.none())
        isFlow(yield* here.newest(flow("any").key, flow("any").purpose), record(flow("last")))
      }))
  })
}
