/**
 * The process that a sign-in belongs to is killed, anywhere on the way: those who wait in other windows end right, one of
 * them goes on within a second, and nothing is left behind that is in the way of the next sign-in.
 */
import { assert, describe, it } from "@effect/vitest"
import { Clock, Effect, Fiber, Queue, Schedule } from "effect"
import { consent, counts, furnish, layer, makeHome } from "../support/windowHome.ts"
import { single } from "../support/windows.ts"
import type * as Windows from "../support/windows.ts"
import type { Told } from "../support/windowTalk.ts"

const rounds = 20

/** In each window. */
const callers = 5

/** Each follower has asked for the lease and was refused, follows a flow with nothing to show yet, or has callers in it. */
type Waits = "refused" | "following" | "joined"

interface Point {
  /** Where the owner is killed. */
  readonly place: string
  /** How its followers wait by then. */
  readonly waits: Waits
  /** Whether the person has consented by then. */
  readonly isConsented: boolean
  /** Whether there is anything to go on with for those who follow. */
  readonly isStored: boolean
}

const asking = "after asking for the lease"

const points: Readonly<Record<string, Point>> = {
  "it has the lease": { place: asking, waits: "refused", isConsented: false, isStored: false },
  "its listener is there": { place: "after listening", waits: "following", isConsented: false, isStored: false },
  "its address is published": {
    place: "after writing down that it was opened",
    waits: "joined",
    isConsented: false,
    isStored: false
  },
  "the browser is open": { place: "after opening the browser", waits: "joined", isConsented: false, isStored: false },
  "the callback has come": { place: "before the exchange", waits: "joined", isConsented: true, isStored: false },
  "the code is exchanged": { place: "after the exchange", waits: "joined", isConsented: true, isStored: false },
  "the session is stored": { place: "after writing the slot", waits: "joined", isConsented: true, isStored: true },
  "the page is answered": { place: "after answering the browser", waits: "joined", isConsented: true, isStored: true }
}

/** How a window tells that it waits. */
const waiting = (window: Windows.Window, waits: Waits) => {
  switch (waits) {
    case "refused":
      return window.passed
    case "following":
      return window.followed
    case "joined":
      return window.joined(callers)
  }
}

/** Looks until a window shows a flow other than the one given. */
const address = (window: Windows.Window, home: string, other = "") =>
  window.ask(home, { _tag: "Pending" }).pipe(
    Effect.map(single),
    Effect.repeat({
      schedule: Schedule.spaced("10 millis"),
      until: (told: Told) => told._tag === "Flow" && told.flowId !== other
    }),
    Effect.map((told) => told._tag === "Flow" ? told : assert.fail(JSON.stringify(told)))
  )

const both = { concurrency: 2 }

describe("The owner of a sign-in is killed when", () => {
  for (const [when, { isConsented, isStored, place, waits }] of Object.entries(points)) {
    it.live(`${when}: its followers end right, ${rounds} times`, () =>
      Effect.gen(function*() {
        const { open, tabs } = yield* furnish()
        const follower = open(waits === "refused" ? { passing: asking } : {})
        const followers = yield* Effect.all([follower, follower], both)
        const [one] = followers
        const latencies: Array<number> = []

        for (let round = 0; round < rounds; round++) {
          yield* Effect.gen(function*() {
            const home = yield* makeHome
            const before = yield* counts
            yield* Effect.forEach(followers, ({ forget }) => forget)
            const owner = yield* open({ stopAt: place })
            yield* Effect.forkScoped(Effect.ignore(owner.ask(home, { _tag: "SignIn", callers })))
            const url = isConsented ? yield* Queue.take(tabs) : yield* Effect.as(owner.stopped, "")
            const answers = yield* Effect.forkScoped(
              Effect.forEach(followers, (window) => window.ask(home, { _tag: "SignIn", callers }), both),
              { startImmediately: true }
            )
            yield* Effect.forEach(followers, (window) => waiting(window, waits), both)
            const dead = waits === "joined" ? (yield* address(one, home)).flowId : ""
            if (isConsented) {
              yield* Effect.forkScoped(Effect.ignore(consent(url)))
              yield* owner.stopped
            }

            const killedAt = yield* Clock.currentTimeMillis
            yield* owner.signal("SIGKILL")
            if (!isStored) {
              const next = yield* address(one, home, dead)
              latencies.push((yield* Clock.currentTimeMillis) - killedAt)
              yield* consent(next.authUrl)
            }
            const told = (yield* Fiber.join(answers)).flat()
            if (isStored) latencies.push((yield* Clock.currentTimeMillis) - killedAt)
            assert.lengthOf(told, 2 * callers)
            const tokens = new Set(
              told.map((each) => each._tag === "Session" ? each.accessToken : assert.fail(JSON.stringify(each)))
            )
            assert.strictEqual(tokens.size, 1)
            const { authorizations } = yield* counts
            const consents = authorizations - before.authorizations
            assert.strictEqual(consents, isConsented && !isStored ? 2 : 1, "one more consent at most")

            yield* one.ask(home, { _tag: "LogOut" })
            const anew = single(yield* followers[1].ask(home, { _tag: "Start" }))
            assert.strictEqual(anew._tag === "Flow" ? anew.how : anew._tag, "Began")
            assert.deepStrictEqual(yield* one.ask(home, { _tag: "Cancel" }), [{ _tag: "Done", what: "Cancelled" }])
            yield* Effect.forEach(followers, (window) => window.ask(home, { _tag: "Close" }))
            yield* Queue.clear(tabs)
          }).pipe(Effect.scoped)
        }
        const sorted = latencies.toSorted((left, right) => left - right)
        assert.isBelow(sorted.at(-1) ?? Infinity, 1000, `milliseconds: ${sorted.join(", ")}`)
        yield* Effect.logInfo(
          `${when}: gone on after ${sorted[Math.floor(rounds / 2)]} ms (median), ${sorted.at(-1)} ms (longest)`
        )
      }).pipe(Effect.scoped, Effect.provide(layer)), 120_000)
  }
})
