/**
 * Leases between processes: how often they change hands while many want them, and how long it is until one that was let go, or
 * whose holder was killed, is had by somebody else.
 */
import { Effect } from "effect"
import { fileURLToPath } from "node:url"
import * as Child from "./measure/child.ts"
import type { Spread } from "./measure/spread.ts"
import { inTurns } from "./measure/turns.ts"
import { compare, type RowResult } from "./result.ts"
import type { Ask, Kind, Told } from "./subjects/leaseTalk.ts"
import * as Ours from "./subjects/ours.ts"

const program = fileURLToPath(new URL("./subjects/leaseProcess.ts", import.meta.url))

const processes = (kind: Kind, count: number) =>
  Effect.gen(function*() {
    const home = yield* Ours.folder
    const all = yield* Effect.forEach(
      Array.from({ length: count }),
      () => Child.start<Ask, Told>(program, [kind, home]),
      { concurrency: "unbounded" }
    )
    yield* Effect.forEach(all, (each) => Child.heard(each, "Ready"), { discard: true })
    return all
  })

/** Times per second that so many processes together have the lease, by the number of them: the same ones in every turn. */
const throughput = (kind: Kind, most: number, millis: number) =>
  Effect.map(processes(kind, most), (all) => (count: number) =>
    Effect.gen(function*() {
      const some = all.slice(0, count)
      yield* Effect.forEach(some, ({ tell }) => tell({ _tag: "Loop", millis }), { discard: true })
      const times = yield* Effect.forEach(
        some,
        (each) => Effect.map(Child.heard(each, "Looped"), ({ told }) => told._tag === "Looped" ? told.times : 0)
      )
      return times.reduce((sum, one) => sum + one, 0) / (millis / 1000)
    }))

/** Milliseconds from the end of a holder's time to the beginning of the next one's, who waits for it. */
const handedOver = (kind: Kind, how: "released" | "killed") =>
  Effect.gen(function*() {
    const [holder, waiter] = yield* processes(kind, 2)
    if (holder === undefined || waiter === undefined) return yield* Effect.die("two were started")
    yield* holder.tell({ _tag: "Hold" })
    yield* Child.heard(holder, "Held")
    yield* waiter.tell({ _tag: "Hold" })
    // It is on its way, has found the lease held, and looks for it again and again.
    yield* Effect.sleep("150 millis")
    if (how === "released") yield* holder.tell({ _tag: "Release" })
    const ended = how === "killed" ? yield* holder.kill : (yield* Child.heard(holder, "Released")).at
    return Math.max(0, (yield* Child.heard(waiter, "Held")).at - ended)
  }).pipe(Effect.scoped)

const who = "`proper-lockfile`"
const goal = { text: "ahead", ratio: 1 }

const line = (
  id: string,
  what: string,
  unit: string,
  better: "more" | "less",
  taken: Record<"ours" | "theirs", Spread>
) => compare({ id, what, unit, better, ours: taken.ours, against: { who, spread: taken.theirs }, goal })

export const run = Effect.fnUntraced(function*(isQuick: boolean) {
  const counts = [1, 2, 4, 8]
  const turns = isQuick ? 2 : 5
  const growth = yield* Effect.gen(function*() {
    const millis = isQuick ? 300 : 1_000
    const ours = yield* throughput("mcp-gas", Math.max(...counts), millis)
    const theirs = yield* throughput("proper-lockfile", Math.max(...counts), millis)
    return yield* Effect.forEach(counts, (count) =>
      Effect.map(
        inTurns({ ours: ours(count), theirs: theirs(count) }, isQuick ? 2 : 5),
        (taken) => ({ count, taken })
      ))
  }).pipe(Effect.scoped)
  const killed = yield* inTurns({
    ours: handedOver("mcp-gas", "killed"),
    theirs: handedOver("proper-lockfile", "killed")
  }, turns)
  const released = yield* inTurns({
    ours: handedOver("mcp-gas", "released"),
    theirs: handedOver("proper-lockfile", "released")
  }, isQuick ? 3 : 11)

  const points = (of: "ours" | "theirs") => growth.map(({ count, taken }) => ({ x: count, y: taken[of] }))
  const result: RowResult = {
    comparisons: [
      ...growth.map(({ count, taken }) =>
        line(
          `lease-throughput-${count}`,
          `a lease taken and let go, ${count === 1 ? "one process" : `${count} processes want it`}`,
          "per second",
          "more",
          taken
        )
      ),
      line("lease-released", "a lease is let go: until the next process has it", "ms", "less", released),
      line("lease-takeover", "a lease's holder is killed: until the next process has it", "ms", "less", killed)
    ],
    curves: [{
      id: "lease-throughput",
      title: "A lease taken and let go, by the number of processes that want it",
      x: "processes",
      y: "times a second, all together",
      series: [{ name: "mcp-gas", points: points("ours") }, { name: "proper-lockfile", points: points("theirs") }]
    }]
  }
  return result
}, Effect.scoped)
