/**
 * For each thing that is counted, what makes it happen once: in one process, or between the windows of a machine.
 */
import { Effect, Fiber, Redacted } from "effect"
import { TestClock } from "effect/testing"
import type { Series } from "../../src/services/observability/AuthCounts.ts"
import { ProviderUnreachable } from "../../src/services/provider/AuthorizationServer.ts"
import type { Session } from "../../src/services/sign-in/Session.ts"
import { Sessions } from "../../src/services/sign-in/Sessions.ts"
import { gate, put } from "./checkpoints.ts"
import * as FakeProvider from "./fakeProvider.ts"
import { get, nextTurns } from "./loopbackClient.ts"
import * as RecordedEvents from "./recordedEvents.ts"
import { begin, cancel, complete, layerSignIn, logout, scopes, signInElsewhere, start, work } from "./signIn.ts"
import { beginIn, layerMachine, twoWindows } from "./windowsInMemory.ts"

const alone = Effect.provide(layerSignIn())
const amongWindows = Effect.provide(layerMachine)

/** A sign-in from its beginning to its end. */
export const signedIn = Effect.flatMap(begin(work), (flow) => complete(work, FakeProvider.consented(flow)))

/** Asks for a token that lasts. */
export const fresh = Sessions.use((sessions) => sessions.fresh(work))

/** A sign-in whose access token has expired. */
export const expired = Effect.andThen(signedIn, TestClock.adjust("2 hours"))

/** A person has consented, and the flow is held at a place on its way to its end. */
export const heldAt = Effect.fnUntraced(function*(place: string) {
  const held = yield* gate(place)
  const flow = yield* begin(work)
  const ending = yield* Effect.forkChild(Effect.exit(complete(work, FakeProvider.consented(flow))))
  yield* held.reached
  return { flow, end: Effect.andThen(held.open, Fiber.join(ending)) }
})

const joining = alone(Effect.andThen(start(work), start(work)))

const duplicate = alone(Effect.gen(function*() {
  const { end, flow } = yield* heldAt("exchange")
  const late = yield* Effect.forkChild(get(FakeProvider.consented(flow, "other")))
  yield* RecordedEvents.heard("CallbackDuplicate")
  yield* end
  yield* Fiber.join(late)
}))

const sharing = alone(Effect.gen(function*() {
  yield* expired
  const held = yield* gate("refresh")
  const callers = yield* Effect.forkChild(Effect.all([fresh, fresh], { concurrency: 2 }))
  yield* RecordedEvents.heard("RefreshShared")
  yield* held.reached
  yield* held.open
  yield* Fiber.join(callers)
}))

const takingOver = amongWindows(Effect.gen(function*() {
  const [owner, other] = yield* twoWindows
  yield* beginIn(owner)
  yield* beginIn(other)
  yield* owner.kill
  yield* RecordedEvents.heard("LeaseTakenOver")
}))

/** A refresh that fails, and is not tried again by itself. */
export const failing = Effect.gen(function*() {
  yield* FakeProvider.behave({
    refreshFailure: new ProviderUnreachable({
      operation: "refresh",
      problem: "The provider is away.",
      ambiguous: false,
      retryAfter: 1
    })
  })
  yield* Effect.flip(fresh)
})

/** What counts one of each, in a process or a machine of its own. Fails with what was not to happen: an error, or a success. */
export const causes: Readonly<Record<Series, Effect.Effect<unknown, Error | Session>>> = {
  auth_flows_started: alone(Effect.andThen(begin(work), RecordedEvents.heard("FlowStarted"))),
  auth_flows_joined: joining,
  auth_flows_succeeded: alone(signedIn),
  auth_flows_failed: alone(
    Effect.flatMap(begin(work), (flow) => Effect.flip(complete(work, FakeProvider.denied(flow))))
  ),
  auth_flows_timed_out: alone(Effect.gen(function*() {
    const waiting = yield* Effect.forkChild(Effect.flip((yield* begin(work)).outcome))
    yield* TestClock.adjust("5 minutes")
    yield* Fiber.join(waiting)
  })),
  auth_flows_cancelled: alone(Effect.andThen(begin(work), cancel(work))),
  auth_callbacks_accepted: alone(signedIn),
  auth_callbacks_duplicate: duplicate,
  auth_callbacks_forged: alone(
    Effect.flatMap(begin(work), ({ redirectUri }) => get(`${redirectUri}?code=1&state=guessed`))
  ),
  token_refreshes_performed: alone(Effect.andThen(expired, fresh)),
  token_refreshes_shared: sharing,
  token_refreshes_failed: alone(Effect.andThen(expired, failing)),
  lease_takeovers: takingOver,
  "races_prevented.joined": joining,
  "races_prevented.followed": amongWindows(
    Effect.flatMap(twoWindows, ([one, other]) => Effect.andThen(beginIn(one), beginIn(other)))
  ),
  "races_prevented.overtaken": alone(Effect.gen(function*() {
    const { outcome } = yield* begin(work)
    yield* signInElsewhere(work, scopes)
    yield* outcome
  })),
  "races_prevented.callback_duplicate": duplicate,
  "races_prevented.ending_lost": alone(Effect.gen(function*() {
    const { end } = yield* heldAt("exchange")
    const cancelling = yield* Effect.forkChild(cancel(work), { startImmediately: true })
    yield* end
    yield* Fiber.join(cancelling)
  })),
  "races_prevented.write_lost": alone(Effect.gen(function*() {
    const { end } = yield* heldAt("store")
    yield* put("store", Effect.void)
    // Of less than the flow asks for, so that it goes on.
    yield* signInElsewhere(work, ["openid"])
    yield* end
  })),
  "races_prevented.tokens_dropped": alone(Effect.gen(function*() {
    const { end } = yield* heldAt("exchange")
    const leaving = yield* Effect.forkChild(logout(work))
    yield* RecordedEvents.heard("SignedOut")
    yield* end
    yield* Fiber.join(leaving)
  })),
  "races_prevented.refresh_shared": sharing,
  "races_prevented.refresh_adopted": amongWindows(Effect.gen(function*() {
    const [one, other] = yield* twoWindows
    const flow = yield* beginIn(one, work, false)
    yield* one.complete(work, FakeProvider.consented(flow))
    yield* TestClock.adjust("2 hours")
    const held = yield* gate("refresh")
    const asking = yield* Effect.forEach(
      [one, other],
      ({ sessions }) => Effect.forkChild(sessions.accessToken(work))
    )
    yield* held.reached
    // Whoever else was about to ask waits for the lease by now.
    yield* TestClock.adjust("1 second")
    yield* held.open
    yield* TestClock.adjust("1 second")
    return yield* Effect.forEach(asking, (fiber) => Effect.map(Fiber.join(fiber), Redacted.value))
  })),
  "races_prevented.tab_braked": alone(Effect.gen(function*() {
    yield* begin(work)
    yield* nextTurns
    yield* cancel(work)
    yield* begin(work)
    yield* RecordedEvents.heard("BrowserBraked")
  })),
  "races_prevented.lease_taken_over": takingOver
}
