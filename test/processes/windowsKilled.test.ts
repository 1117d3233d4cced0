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

/** Where the owner is killed, and what its followers have to do about it. */
const points = {
  "it has the lease": {
    place: "after asking for the lease",
    shown: false,
    tab: false,
    consented: false,
    isStored: false
  },
  "its listener is there": { place: "after listening", shown: false, tab: false, consented: false, isStored: false },
  "its address is published": {
    place: "after writing down that it was opened",
    shown: true,
    tab: false,
    consented: false,
    isStored: false
  },
  "the browser is open": {
    place: "after opening the browser",
    shown: true,
    tab: true,
    consented: false,
    isStored: false
  },
  "the callback has come": { place: "before the exchange", shown: true, tab: true, consented: true, isStored: false },
  "the code is exchanged": { place: "after the exchange", shown: true, tab: true, consented: true, isStored: false },
  "the session is stored": { place: "after writing the slot", shown: true, tab: true, consented: true, isStored: true },
  "the page is answered": {
    place: "after answering the browser",
    shown: true,
    tab: true,
    consented: true,
    isStored: true
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

describe("The owner of a sign-in is killed when", () => {
  for (const [when, { consented, isStored, place, shown, tab }] of Object.entries(points)) {
    it.live(`${when}: its followers end right, ${rounds} times`, () =>
      Effect.gen(function*() {
        const { open, tabs } = yield* furnish()
        const followers = yield* Effect.all([open(), open()], { concurrency: 2 })
        const [one] = followers
        const latencies: Array<number> = []

        for (let round = 0; round < rounds; round++) {
          yield* Effect.gen(function*() {
            const home = yield* makeHome
            const before = yield* counts
            const owner = yield* open({ stopAt: place })
            yield* Effect.forkScoped(Effect.ignore(owner.ask(home, { _tag: "SignIn", callers: 5 })))
            if (tab) {
              const url = yield* Queue.take(tabs)
              if (consented) yield* Effect.forkScoped(Effect.ignore(Effect.delay(consent(url), 0)))
            }
            yield* owner.stopped
            const waiting = yield* Effect.forkScoped(
              Effect.forEach(followers, (window) => window.ask(home, { _tag: "SignIn", callers: 5 }), {
                concurrency: 2
              }),
              { startImmediately: true }
            )
            // Both have joined what there is to join.
            const dead = shown && !isStored
              ? (yield* Effect.forEach(followers, (window) => address(window, home), { concurrency: 2 }))[0]?.flowId
              : ""

            const killedAt = yield* Clock.currentTimeMillis
            yield* owner.signal("SIGKILL")
            if (!isStored) {
              const next = yield* address(one, home, dead)
              latencies.push((yield* Clock.currentTimeMillis) - killedAt)
              yield* consent(next.authUrl)
            }
            const told = (yield* Fiber.join(waiting)).flat()
            if (isStored) latencies.push((yield* Clock.currentTimeMillis) - killedAt)
            assert.lengthOf(told, 10)
            const tokens = new Set(
              told.map((each) => each._tag === "Session" ? each.accessToken : assert.fail(JSON.stringify(each)))
            )
            assert.strictEqual(tokens.size, 1)
            const { authorizations } = yield* counts
            const consents = authorizations - before.authorizations
            assert.strictEqual(consents, isStored ? 1 : consented ? 2 : 1, "one more consent at most")

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
        yield* Effect.logInfo(`${when}: gone on after ${sorted[rounds / 2]} ms (median), ${sorted.at(-1)} ms (longest)`)
      }).pipe(Effect.scoped, Effect.provide(layer)), 120_000)
  }
})
