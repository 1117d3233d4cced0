/**
 * Flags that say how far a sign-in has come. Invariant: a page says "signed in" only if something is stored.
 */
import { Deferred, Duration, Effect, Exit } from "effect"
import * as ScheduleChoices from "../../../src/layers/exploring/ScheduleChoices.ts"
import { named } from "../../../src/layers/exploring/ScheduleNotes.ts"
import { key, make as makeWorld, NotSignedIn, type Page, type Tokens, type World } from "./fakes.ts"

type SignIn = Effect.Effect<Tokens, NotSignedIn>

const timeout = Duration.minutes(5)

/** In the last tenth of a second. */
const late = Duration.subtract(timeout, Duration.millis(100))

const timedOut = new NotSignedIn({ reason: "timed out" })

/** Looks up what the code has to be sent with. */
const verifier = Effect.sleep("50 millis")

/** The pattern: flags that are looked at before an asynchronous step, and set after it. */
const withFlags = ({ browser, provider, store, tell }: World): SignIn =>
  Effect.suspend(() => {
    let callbackReceived = false
    let isTimedOut = false
    const outcome = Deferred.makeUnsafe<Tokens, NotSignedIn>()

    const timer = Effect.sync(() => {
      if (callbackReceived) return
      tell("has no callback yet: times out")
      isTimedOut = true
      Deferred.doneUnsafe(outcome, Effect.fail(timedOut))
    })

    const callback = Effect.fnUntraced(
      function*(code: string): Effect.fn.Return<Page, NotSignedIn> {
        if (isTimedOut || callbackReceived) return "not signed in"
        tell("is in time")
        yield* verifier
        callbackReceived = true
        tell("sets callbackReceived")
        const tokens = yield* provider.exchange(code)
        // Of no effect on an outcome that there is already, which nothing here shows.
        Deferred.doneUnsafe(outcome, Effect.succeed(tokens))
        return "signed in"
      },
      Effect.orElseSucceed((): Page => "not signed in")
    )

    return Effect.gen(function*() {
      yield* Effect.forkDetach(named("timer")(Effect.delay(timer, timeout)))
      yield* browser.open(callback, late)
      const tokens = yield* Deferred.await(outcome)
      yield* store.write(key, tokens)
      return tokens
    })
  })

/** One decision, which the first one makes, and everybody learns whose it was. The page waits for what comes of it. */
const withDecision = ({ browser, provider, store }: World): SignIn =>
  Effect.gen(function*() {
    const decision = yield* Deferred.make<string, NotSignedIn>()
    const outcome = yield* Deferred.make<Tokens, NotSignedIn>()

    const callback = Effect.fnUntraced(function*(code: string): Effect.fn.Return<Page> {
      yield* verifier
      if (!(yield* Deferred.succeed(decision, code))) return "not signed in"
      return Exit.isSuccess(yield* Effect.exit(Deferred.await(outcome))) ? "signed in" : "not signed in"
    })

    yield* Effect.forkDetach(named("timer")(Effect.delay(Deferred.fail(decision, timedOut), timeout)))
    yield* browser.open(callback, late)
    return yield* Deferred.await(decision).pipe(
      Effect.flatMap(provider.exchange),
      Effect.tap((tokens) => store.write(key, tokens)),
      Effect.onExit((exit) => Deferred.done(outcome, exit))
    )
  })

/** A person who consents at the last moment. */
const lastMoment = Effect.fnUntraced(function*({ browser, store }: World, signIn: SignIn) {
  yield* ScheduleChoices.inAnyOrder(Effect.andThen(named("sign-in")(Effect.exit(signIn)), browser.shown))
  const stored = yield* store.read(key)
  if (browser.pages.includes("signed in") && stored === undefined) {
    return yield* Effect.die(new Error(`the page says "signed in" and nothing is stored`))
  }
}, ScheduleChoices.inOrder)

export const original = Effect.flatMap(makeWorld, (world) => lastMoment(world, withFlags(world)))

export const control = Effect.flatMap(makeWorld, (world) => lastMoment(world, withDecision(world)))
