/**
 * The process that a sign-in belongs to is stopped, as a terminal does with Ctrl-Z and a laptop with its lid: nobody waits
 * for it beyond its deadline, others sign in without it, and what it does when it goes on is too late to be stored.
 */
import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Fiber, Queue, Schedule } from "effect"
import { LocalGoogle } from "../../src/services/local-google/LocalGoogle.ts"
import { Person } from "../../src/services/local-google/Person.ts"
import { consent, furnish, layer, makeHome } from "../support/windowHome.ts"
import { single } from "../support/windows.ts"
import type * as Windows from "../support/windows.ts"
import type { Told } from "../support/windowTalk.ts"

const timeout = Duration.seconds(5)

const isFlow = (told: Told) => told._tag === "Flow" ? told : assert.fail(JSON.stringify(told))
const isSession = (told: Told) => told._tag === "Session" ? told : assert.fail(JSON.stringify(told))

/** Three windows; the sign-in is the first one's, and the second one waits for it too. */
const begun = Effect.gen(function*() {
  const home = yield* makeHome
  const { open, tabs } = yield* furnish({ timeout })
  const [owner, follower, other] = yield* Effect.all([open(), open(), open()], { concurrency: 3 })
  const own = yield* Effect.forkScoped(owner.ask(home, { _tag: "SignIn", callers: 1 }), { startImmediately: true })
  const url = yield* Queue.take(tabs)
  const waiting = yield* Effect.forkScoped(follower.ask(home, { _tag: "SignIn", callers: 3 }), {
    startImmediately: true
  })
  yield* follower.joined(3)
  const shown = isFlow(single(yield* other.ask(home, { _tag: "Pending" })))
  assert.strictEqual(shown.authUrl, url)
  return { home, owner, own, follower, other, waiting, url, flowId: shown.flowId }
})

const stop = (window: Windows.Window) => window.signal("SIGSTOP")

describe("The owner of a sign-in is stopped", () => {
  it.live(
    "for longer than its deadline: others are told, sign in without it, and keep what they have",
    () =>
      Effect.gen(function*() {
        const google = yield* LocalGoogle
        const person = yield* Person
        const { flowId, follower, home, other, own, owner, url, waiting } = yield* begun
        const callback = yield* person.consent(url, { _tag: "Allow", email: "grace@example.com" })
        yield* stop(owner)
        // The person has consented, and their browser waits: the kernel has taken the connection for the stopped process.
        const page = yield* Effect.forkScoped(Effect.exit(person.visit(callback)), { startImmediately: true })

        const told = yield* Fiber.join(waiting)
        for (const each of told) {
          if (each._tag !== "Failed") return assert.fail(JSON.stringify(each))
          assert.strictEqual(each.code, "flow_stalled")
          assert.include(each.message, `process ${owner.pid}`)
          assert.match(each.message, /has not finished it in [6-9] s/)
        }
        assert.deepStrictEqual(yield* other.ask(home, { _tag: "Pending" }), [{ _tag: "Done", what: "nothing" }])

        // Whoever starts now begins at once, and whoever joins them joins them.
        const starts = yield* Effect.all([other.ask(home, { _tag: "Start" }), follower.ask(home, { _tag: "Start" })], {
          concurrency: 2
        })
        const flows = starts.map((each) => isFlow(single(each)))
        assert.deepStrictEqual(flows.map(({ how }) => how).toSorted(), ["Began", "Joined"])
        assert.strictEqual(new Set(flows.map((flow) => flow.flowId)).size, 1)
        assert.notStrictEqual(flows[0]?.flowId, flowId)
        yield* consent(flows[0]?.authUrl ?? "")
        const session = isSession(single(yield* follower.ask(home, { _tag: "SignIn", callers: 1 })))

        const { exchanges } = yield* google.counts
        yield* owner.signal("SIGCONT")
        const late = single(yield* Fiber.join(own))
        assert.include(["flow_stalled", "flow_timed_out"], late._tag === "Failed" ? late.code : late._tag)
        yield* Fiber.join(page)
        assert.strictEqual((yield* google.counts).exchanges, exchanges, "its code is not even exchanged")
        for (const window of [owner, follower, other]) {
          const now = isSession(single(yield* window.ask(home, { _tag: "Look" })))
          assert.strictEqual(now.accessToken, session.accessToken)
        }
        assert.strictEqual(
          isSession(single(yield* owner.ask(home, { _tag: "SignIn", callers: 1 }))).flowId,
          session.flowId
        )
      }).pipe(Effect.scoped, Effect.provide(layer)),
    60_000
  )

  it.live(
    "in the middle of its exchange, and signed out meanwhile: what comes of the exchange is not stored",
    () =>
      Effect.gen(function*() {
        const google = yield* LocalGoogle
        const { home, other, own, owner, url } = yield* begun
        yield* google.fail("token", { _tag: "Hang" }, 1)
        const page = yield* Effect.forkScoped(Effect.exit(consent(url)), { startImmediately: true })
        yield* Effect.repeat(google.counts, {
          schedule: Schedule.spaced("5 millis"),
          until: ({ exchanges }) => exchanges === 1
        })
        yield* stop(owner)
        // Somebody who does not want to wait ends it over its head.
        yield* google.fail("token", { _tag: "Hang" }, 0)
        const leaving = yield* Effect.forkScoped(other.ask(home, { _tag: "LogOut" }), { startImmediately: true })
        yield* google.heal
        yield* owner.signal("SIGCONT")
        yield* Fiber.join(leaving)
        assert.strictEqual(single(yield* Fiber.join(own))._tag, "Failed")
        yield* Fiber.join(page)
        assert.deepStrictEqual(yield* other.ask(home, { _tag: "Look" }), [{ _tag: "Done", what: "SignedOut" }])
      }).pipe(Effect.scoped, Effect.provide(layer)),
    60_000
  )

  it.live(
    "and cancelled from another window: that returns within seconds, and the next sign-in begins at once",
    () =>
      Effect.gen(function*() {
        const { flowId, home, other, own, owner, waiting } = yield* begun
        yield* stop(owner)
        assert.deepStrictEqual(yield* other.ask(home, { _tag: "Cancel" }), [{ _tag: "Done", what: "Cancelled" }])
        for (const each of yield* Fiber.join(waiting)) {
          assert.strictEqual(each._tag === "Failed" ? each.code : each._tag, "flow_cancelled")
        }
        const next = isFlow(single(yield* other.ask(home, { _tag: "Start" })))
        assert.strictEqual(next.how, "Began")
        assert.notStrictEqual(next.flowId, flowId)
        yield* owner.signal("SIGCONT")
        const late = single(yield* Fiber.join(own))
        assert.include(["flow_cancelled", "flow_timed_out"], late._tag === "Failed" ? late.code : late._tag)
      }).pipe(Effect.scoped, Effect.provide(layer)),
    60_000
  )
})

describe("Without leases", () => {
  it.live(
    "what is done twice costs nobody anything: one consent signs every window in, and a logout stays",
    () =>
      Effect.gen(function*() {
        const google = yield* LocalGoogle
        const home = yield* makeHome
        const { open, tabs } = yield* furnish({ grantsEveryone: true, timeout: Duration.seconds(30) })
        const windows = yield* Effect.all(Array.from({ length: 6 }, () => open()), { concurrency: 3 })
        const everywhere = (ask: Parameters<Windows.Window["ask"]>[1]) =>
          Effect.forEach(windows, (window) => window.ask(home, ask), { concurrency: "unbounded" })

        for (const round of [1, 2, 3]) {
          const waiting = yield* Effect.forkScoped(everywhere({ _tag: "SignIn", callers: 5 }), {
            startImmediately: true
          })
          const url = round === 1
            ? yield* Queue.take(tabs)
            : isFlow(
              yield* Effect.repeat(
                Effect.map(windows[0]?.ask(home, { _tag: "Pending" }) ?? Effect.succeed([]), single),
                {
                  schedule: Schedule.spaced("10 millis"),
                  until: ({ _tag }) => _tag === "Flow"
                }
              )
            ).authUrl
          yield* consent(url)
          const sessions = (yield* Fiber.join(waiting)).flat().map(isSession)
          assert.lengthOf(sessions, 30)
          assert.strictEqual(new Set(sessions.map(({ accessToken }) => accessToken)).size, 1)
          assert.strictEqual((yield* google.counts).authorizations, round, "one consent is enough")

          yield* everywhere({ _tag: "Refuse" })
          const kept = (yield* everywhere({ _tag: "Look" })).flat().map(isSession)
          assert.strictEqual(new Set(kept.map(({ accessToken }) => accessToken)).size, 1)

          yield* windows[round]?.ask(home, { _tag: "LogOut" }) ?? Effect.void
          assert.deepStrictEqual(
            (yield* everywhere({ _tag: "Look" })).flat().map((told) => told._tag === "Done" ? told.what : told),
            windows.map(() => "SignedOut")
          )
        }
      }).pipe(Effect.scoped, Effect.provide(layer)),
    60_000
  )
})
