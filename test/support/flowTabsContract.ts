/**
 * On which flows a browser may be opened, by every `FlowStore`.
 */
import { assert, describe, it } from "@effect/vitest"
import { Array as Arr, Duration, Effect, type Layer, Option } from "effect"
import { TestClock } from "effect/testing"
import { FlowStore, type TabClaim } from "../../src/services/storage/FlowStore.ts"
import { atOnce, flow, isFlow, record, shows } from "./flowData.ts"
import { grace } from "./sessionData.ts"

const rest = Duration.seconds(2)

const granted: TabClaim = { _tag: "Granted" }
const braked = (millis: number): TabClaim => ({ _tag: "Braked", left: Duration.millis(millis) })

/** The time that is left is told by its milliseconds, however it is kept. */
const plain = (claim: TabClaim) => claim._tag === "Braked" ? `Braked for ${Duration.toMillis(claim.left)}` : claim

const sameClaims = (actual: ReadonlyArray<TabClaim>, expected: ReadonlyArray<TabClaim>): void =>
  assert.deepStrictEqual(actual.map(plain), expected.map(plain))

/** `layer` is a fresh store for each test. */
export const flowTabsContract = <E>(layer: Layer.Layer<FlowStore, E>) =>
  describe("claimTab", () => {
    /** A store with these flows. */
    const having = Effect.fnUntraced(function*(...begun: ReadonlyArray<ReturnType<typeof flow>>) {
      const flows = yield* FlowStore
      yield* Effect.forEach(begun, (each) => flows.begin(each, Option.none()))
      return flows
    })

    it.effect("a browser is opened on a flow once, and whoever comes later hears what became of that", () =>
      Effect.gen(function*() {
        const [one, two] = [flow("a"), flow("b", { key: grace })]
        const flows = yield* having(one, two)
        for (const [begun, tab] of [[one, "opened"], [two, "failed"]] as const) {
          sameClaims([yield* flows.claimTab(begun, rest)], [granted])
          isFlow(yield* flows.read(begun.id), record(begun, { tab: "asked" }))
          sameClaims([yield* flows.claimTab(begun, rest)], [{ _tag: "Taken", tab: "asked" }])
          yield* flows.change(begun.id, shows(tab))
          sameClaims([yield* flows.claimTab(begun, rest)], [{ _tag: "Taken", tab }])
        }
      }).pipe(Effect.provide(layer)))

    it.effect("nor is one opened on it when the account has had its rest", () =>
      Effect.gen(function*() {
        const begun = flow("a")
        const flows = yield* having(begun)
        yield* flows.claimTab(begun, rest)
        yield* TestClock.adjust("1 minute")
        for (const pause of [rest, Duration.zero]) {
          sameClaims([yield* flows.claimTab(begun, pause)], [{ _tag: "Taken", tab: "asked" }])
        }
        isFlow(yield* flows.read(begun.id), record(begun, { tab: "asked" }))
      }).pipe(Effect.provide(layer)))

    it.effect("none is opened on a flow that has ended or is not known, and that costs the account's next flow nothing", () =>
      Effect.gen(function*() {
        const [over, next, unknown] = [flow("a"), flow("b"), flow("c")]
        const flows = yield* having(over, next)
        yield* flows.change(over.id, { _tag: "Ended", ending: { _tag: "SignedIn" }, evicts: false })
        for (const none of [over, unknown]) {
          sameClaims([yield* flows.claimTab(none, rest)], [{ _tag: "Taken", tab: "not_asked" }])
        }
        sameClaims([yield* flows.claimTab(next, rest)], [granted])
      }).pipe(Effect.provide(layer)))

    it.effect("another flow of the account waits until it has had its rest, to the millisecond", () =>
      Effect.gen(function*() {
        const [one, two] = [flow("a"), flow("b", { purpose: "write" })]
        const flows = yield* having(one, two)
        yield* TestClock.setTime(500)
        sameClaims([yield* flows.claimTab(one, rest), yield* flows.claimTab(two, rest)], [granted, braked(2_000)])
        isFlow(yield* flows.read(two.id), record(two))
        yield* TestClock.adjust("500 millis")
        sameClaims([yield* flows.claimTab(two, rest)], [braked(1_500)])
        // Neither a claim that is refused nor one that comes too late puts it off.
        sameClaims([yield* flows.claimTab(one, rest)], [{ _tag: "Taken", tab: "asked" }])
        yield* TestClock.adjust("1499 millis")
        sameClaims([yield* flows.claimTab(two, rest)], [braked(1)])
        isFlow(yield* flows.read(two.id), record(two))
        yield* TestClock.adjust("1 millis")
        sameClaims([yield* flows.claimTab(two, rest)], [granted])
        isFlow(yield* flows.read(two.id), record(two, { tab: "asked" }))
      }).pipe(Effect.provide(layer)))

    it.effect("the rest is counted from the last tab, and is as long as whoever asks says", () =>
      Effect.gen(function*() {
        const [one, two, three] = [flow("a"), flow("b"), flow("c")]
        const flows = yield* having(one, two, three)
        yield* flows.claimTab(one, rest)
        yield* TestClock.adjust("1 second")
        sameClaims(
          [yield* flows.claimTab(two, Duration.millis(1_001)), yield* flows.claimTab(two, Duration.seconds(1))],
          [braked(1), granted]
        )
        yield* TestClock.adjust("1 second")
        sameClaims([yield* flows.claimTab(three, rest)], [braked(1_000)])
        sameClaims([yield* flows.claimTab(three, Duration.zero)], [granted])
      }).pipe(Effect.provide(layer)))

    it.effect("accounts do not wait for each other", () =>
      Effect.gen(function*() {
        const [one, two] = [flow("a"), flow("b", { key: grace })]
        const flows = yield* having(one, two)
        sameClaims([yield* flows.claimTab(one, rest), yield* flows.claimTab(two, rest)], [granted, granted])
      }).pipe(Effect.provide(layer)))

    it.effect("a clock that was set back keeps nobody waiting", () =>
      Effect.gen(function*() {
        const [one, two, three] = [flow("a"), flow("b"), flow("c")]
        const flows = yield* having(one, two, three)
        yield* TestClock.setTime(5_000)
        yield* flows.claimTab(one, rest)
        yield* TestClock.setTime(1_000)
        sameClaims([yield* flows.claimTab(two, rest)], [granted])
        // From then on it is counted by the clock as it is now.
        sameClaims([yield* flows.claimTab(three, rest)], [braked(2_000)])
        yield* TestClock.setTime(3_000)
        sameClaims([yield* flows.claimTab(three, rest)], [granted])
      }).pipe(Effect.provide(layer)))

    it.live("of twenty who want to open one flow at the same time, one may", () =>
      Effect.gen(function*() {
        const begun = flow("a")
        const flows = yield* having(begun)
        const claims = yield* atOnce(Arr.replicate(flows.claimTab(begun, Duration.minutes(1)), 20))
        assert.lengthOf(claims.filter(({ _tag }) => _tag === "Granted"), 1)
        isFlow(yield* flows.read(begun.id), record(begun, { tab: "asked" }))
      }).pipe(Effect.provide(layer)))

    it.live("nor is it more than one for an account that needs no rest", () =>
      Effect.gen(function*() {
        const begun = flow("a")
        const flows = yield* having(begun)
        const claim = Effect.andThen(Effect.yieldNow, flows.claimTab(begun, Duration.zero))
        const claims = yield* Effect.replicateEffect(claim, 20, { concurrency: "unbounded" })
        sameClaims(
          claims.toSorted((one, other) => one._tag < other._tag ? -1 : 1),
          [granted, ...Arr.replicate<TabClaim>({ _tag: "Taken", tab: "asked" }, 19)]
        )
      }).pipe(Effect.provide(layer)))

    it.live("of twenty flows of one account at the same time, a browser is opened on one", () =>
      Effect.gen(function*() {
        const begun = Arr.makeBy(20, (index) => flow(`${index}`, { purpose: `${index}` }))
        const flows = yield* having(...begun)
        const claims = yield* atOnce(begun.map((each) => flows.claimTab(each, Duration.minutes(1))))
        assert.deepStrictEqual(claims.map(({ _tag }) => _tag).toSorted(), [...Arr.replicate("Braked", 19), "Granted"])
        const asked = (yield* flows.pending(flow("any").key)).filter(({ tab }) => tab === "asked")
        assert.deepStrictEqual(
          asked.map(({ id }) => `${id}`),
          claims.flatMap(({ _tag }, index) => _tag === "Granted" ? [`${index}`] : [])
        )
      }).pipe(Effect.provide(layer)))
  })
