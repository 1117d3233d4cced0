/**
 * What people and programs do to one slot at the same moment, in every order there is: the later word of a person holds.
 */
import { assert } from "@effect/vitest"
import { Cause, Effect, Exit, Fiber, Layer, Random, Redacted } from "effect"
import { atAnyMoment, inAnyOrder, inOrder } from "../../src/layers/exploring/ScheduleChoices.ts"
import { named } from "../../src/layers/exploring/ScheduleNotes.ts"
import * as SessionStoreMemory from "../../src/layers/storage/SessionStoreMemory.ts"
import type { StoreUnavailable } from "../../src/services/storage/SessionStore.ts"
import * as ContestedSlot from "../support/contestedSlot.ts"
import { exploreThese } from "../support/exploring.ts"

interface Program {
  readonly name: string
  /** How old the first sign-in's token is, which lasts 60 minutes; it has expired unless said. */
  readonly minutes?: number
  /** There is another process on the same store. */
  readonly isShared?: boolean
  /** What happens at the same time. */
  readonly race: (slot: ContestedSlot.ContestedSlot) => ReadonlyArray<Effect.Effect<unknown, StoreUnavailable>>
  /** What must be so when everybody has been answered and the processes have ended. */
  readonly check: (slot: ContestedSlot.ContestedSlot, answers: ReadonlyArray<unknown>, state: string) => void
}

const explored = (program: Program, rotates: boolean): Effect.Effect<void> =>
  Effect.gen(function*() {
    const { isShared = false, minutes = 61 } = program
    const slot = yield* ContestedSlot.make({ rotates, minutes, isShared })
    const racing = program.race(slot).map((deed, index) => named(`racer ${index + 1}`)(deed))
    const answers = yield* inAnyOrder(Effect.all(racing, { concurrency: "unbounded" }))
    yield* slot.close
    assert.strictEqual(slot.provider.seen.reuses, 0, "a token was sent twice")
    assert.isFalse(yield* slot.isSpent, "what is stored has been replaced")
    program.check(slot, answers, yield* slot.state)
  }).pipe(
    Effect.orDie,
    Random.withSeed(2),
    Effect.provide(Layer.fresh(SessionStoreMemory.layer)),
    Effect.scoped,
    inOrder
  )

const one = "first-1"
const two = "second-2"

const programs: ReadonlyArray<Program> = [
  {
    name: "refresh ‖ sign-out",
    race: ({ call, signOut }) => [call(), signOut(call())],
    check: ({ grants }, [called, after], state) => {
      assert.strictEqual(state, "SignedOut")
      assert.include([one, "signed_out"], called)
      assert.strictEqual(after, "signed_out")
      assert.strictEqual(grants()[0], "revoked")
    }
  },
  {
    name: "refresh ‖ sign-out by another process",
    isShared: true,
    race: ({ call, other, signOut }) => [call(), signOut(call(other), other)],
    check: ({ grants }, [, after], state) => {
      assert.strictEqual(state, "SignedOut")
      assert.strictEqual(after, "signed_out")
      assert.strictEqual(grants()[0], "revoked")
    }
  },
  {
    name: "refresh ‖ sign-in as somebody else",
    race: ({ call, establish }) => [call(), Effect.andThen(establish(), call())],
    check: ({ grants }, [called, after], state) => {
      assert.strictEqual(state, two)
      assert.include([one, two], called)
      assert.strictEqual(after, two)
      // At Google the two may be one grant.
      assert.deepStrictEqual(grants(), ["no", "no"])
    }
  },
  {
    name: "sign-in ‖ sign-out that came after it had begun",
    race: ({ call, establish, signOut }) => [establish(), signOut(call())],
    check: ({ grants }, [established, after], state) => {
      assert.strictEqual(state, "SignedOut")
      assert.include([two, "SignedOutMeanwhile"], established)
      assert.strictEqual(after, "signed_out")
      // What was signed out: the second, or the first and the second that came too late.
      assert.deepStrictEqual(grants(), established === two ? ["no", "revoked"] : ["revoked", "revoked"])
    }
  },
  {
    name: "refresh ‖ sign-out ‖ sign-in",
    race: ({ call, establish, signOut }) => [call(), signOut(Effect.void), establish()],
    check: ({ grants }, [called, , established], state) => {
      assert.strictEqual(state, "SignedOut")
      assert.include([one, two, "signed_out"], called)
      assert.strictEqual(grants()[1], "revoked")
      if (established !== two) assert.strictEqual(grants()[0], "revoked")
    }
  },
  {
    name: "refresh ‖ sign-out and then sign-in",
    race: (
      { call, signInAgain, signOut }
    ) => [call(), signOut(Effect.andThen(signInAgain(), call()))],
    check: ({ grants }, [called, after], state) => {
      assert.strictEqual(state, two)
      assert.include([one, two, "signed_out"], called)
      assert.strictEqual(after, two)
      assert.strictEqual(grants()[1], "no")
    }
  },
  {
    name: "invalidate ‖ refresh ‖ sign-out",
    minutes: 55,
    race: ({ call, first, sessions, signOut }) => [
      Effect.andThen(sessions.invalidate(ContestedSlot.key, first.tokens.accessToken), call()),
      call(),
      signOut(call())
    ],
    check: ({ grants }, _answers, state) => {
      assert.strictEqual(state, "SignedOut")
      assert.strictEqual(grants()[0], "revoked")
    }
  },
  {
    name: "a call of a process that knows nothing yet ‖ invalidate, and call again",
    isShared: true,
    minutes: 55,
    race: ({ call, first, other }) => [
      call(other),
      Effect.gen(function*() {
        // The call before is under way by then.
        yield* Effect.yieldNow
        yield* other.invalidate(ContestedSlot.key, first.tokens.accessToken)
        const exit = yield* Effect.exit(other.accessToken(ContestedSlot.key))
        return Exit.isSuccess(exit) ? Redacted.value(exit.value) : Cause.pretty(exit.cause)
      })
    ],
    check: ({ first, provider }, [, token], state) => {
      assert.strictEqual(state, one)
      assert.match(String(token), /^access/)
      assert.notStrictEqual(token, Redacted.value(first.tokens.accessToken))
      assert.strictEqual(provider.seen.posts, 1)
    }
  },
  {
    name: "refresh ‖ sign-out as soon as it is stored",
    race: ({ call, signOut, written }) => [call(), Effect.andThen(written, signOut(call()))],
    check: ({ grants }, [called, after], state) => {
      assert.strictEqual(state, "SignedOut")
      assert.include([one, "signed_out"], called)
      assert.strictEqual(after, "signed_out")
      assert.strictEqual(grants()[0], "revoked")
    }
  },
  {
    name: "refresh ‖ the end of the process",
    race: ({ call, close }) => [call(), Effect.andThen(atAnyMoment, close)],
    check: (_slot, [called], state) => {
      assert.strictEqual(state, one)
      assert.include([one, "Interrupt"], called)
    }
  },
  {
    name: "sign-out of what could not be stored ‖ a call",
    race: ({ call, disk, grants, signOut }) => [
      Effect.gen(function*() {
        disk.isFull = true
        const called = yield* call()
        disk.isFull = false
        yield* signOut(Effect.void)
        // Longer than any revocation takes; the process goes on.
        yield* Effect.sleep("1 minute")
        return `${called}, then ${grants()[0]}`
      }),
      call()
    ],
    check: (_slot, [answer], state) => {
      assert.strictEqual(state, "SignedOut")
      assert.include(["StoreUnavailable, then revoked", "first-1, then revoked"], answer)
    }
  },
  {
    name: "two callers ‖ one that leaves",
    race: ({ call, sessions }) => [
      call(),
      call(),
      Effect.gen(function*() {
        const leaver = yield* Effect.forkChild(sessions.fresh(ContestedSlot.key))
        yield* atAnyMoment
        yield* Fiber.interrupt(leaver)
      })
    ],
    check: ({ provider }, [a, b], state) => {
      assert.deepStrictEqual([a, b, state], [one, one, one])
      assert.strictEqual(provider.seen.posts, 1)
    }
  },
  {
    name: "refresh ‖ refresh by another process",
    isShared: true,
    race: ({ call, other }) => [call(), call(other)],
    check: ({ grants }, answers, state) => {
      assert.deepStrictEqual([...answers, state], [one, one, one])
      assert.strictEqual(grants()[0], "no")
    }
  }
]

exploreThese(
  "renewing",
  programs.flatMap((program) =>
    [true, false].map((rotates) => ({
      name: `${program.name}, where a refresh token works ${rotates ? "once" : "again and again"}`,
      program: explored(program, rotates)
    }))
  )
)
