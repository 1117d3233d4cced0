/**
 * Random sequences of commands, on the real stack and in the model of one account: both always say the same. Of a sequence
 * after which they do not, the shortest that is found is printed, with a token that gives it again: `checked` takes it as
 * `replay`.
 */
import { assert, describe, it } from "@effect/vitest"
import { Arbitrary, Console, Effect } from "effect"
import { inject } from "vitest"
import { agree, checked, sequences } from "../support/modelledRun.ts"
import { type Account, type Model, next, out, saidOf } from "./account.ts"
import type { Command, Windows } from "./command.ts"

const places = {
  "one window": { windows: [0], runs: 120 },
  "two windows": { windows: [0, 1], runs: 80 }
} as const

describe("One account", () => {
  for (const [where, { runs, windows }] of Object.entries(places)) {
    it.live(`in ${where} it is what the model says, after every command`, () =>
      Effect.gen(function*() {
        const seed = inject("seed")
        const { failure, steps } = yield* checked(next, windows, { runs, seed })
        if (failure !== undefined) assert.fail(`${failure.message}\n\nseed: ${seed}\nreplay: ${failure.replay}`)
        yield* Console.log(`One account in ${where}: ${runs} sequences, ${steps} commands, from seed ${seed}`)
      }), 120_000)
  }

  it.effect("is given every command in every state", () =>
    Effect.gen(function*() {
      const tried = new Set<string>()
      for (const commands of yield* Arbitrary.sampleEffect(sequences([0, 1]), { count: 1_000, size: 60, seed: 1 })) {
        let account: Account = out
        for (const command of commands) {
          tried.add(`${command._tag}, ${saidOf(account)}`)
          account = next(account, command).account
        }
      }
      // Twelve commands, and three states, one of them old or new.
      assert.lengthOf(tried, 48)
    }))
})

/** Sequences that broke something once. */
const remembered: Readonly<Record<string, ReadonlyArray<Command>>> = {
  "an address is pasted again after another window has signed out": [
    { _tag: "Start", window: 0 },
    { _tag: "Callback" },
    { _tag: "Logout", window: 1 },
    { _tag: "Paste", window: 0 }
  ]
}

describe("A sequence that broke something once", () => {
  for (const [what, commands] of Object.entries(remembered)) {
    it.live(what, () => agree(next, [0, 1], commands))
  }
})

/** The model, but for one rule. */
const but =
  (wrong: (account: Account, command: Command) => Partial<ReturnType<Model>> | undefined): Model =>
  (account, command) => ({ ...next(account, command), ...wrong(account, command) })

interface Mistake {
  readonly model: Model
  readonly windows: Windows
  /** What is printed of it, from its shortest sequence on. */
  readonly report: ReadonlyArray<string>
}

const mistakes: Readonly<Record<string, Mistake>> = {
  "that a sign-out leaves an account signed in": {
    model: but((account, { _tag }) => account.is === "signed in" && _tag === "Logout" ? { account } : undefined),
    windows: [0],
    report: [
      "   1. Start 0",
      "   2. Callback",
      "   3. Logout 0",
      "      windows: [ 'signed in' ] by the model, [ 'signed out' ] found"
    ]
  },
  "that a forged answer ends a flow": {
    model: but((account, { _tag }) => account.is === "pending" && _tag === "Forge" ? { account: out } : undefined),
    windows: [0],
    report: [
      "   1. Start 0",
      "   2. Forge yes",
      "      windows: [ 'signed out' ] by the model, [ 'pending' ] found",
      "      flows: 0 by the model, 1 found",
      "      listeners: 0 by the model, 1 found"
    ]
  },
  "that nobody goes on with the flow of a window that dies": {
    model: but((account, command) =>
      account.is === "pending" && account.among.length > 1 && command._tag === "Kill" &&
        command.window === account.among[0]
        ? { account: out }
        : undefined
    ),
    windows: [0, 1],
    report: [
      "   1. Start 0",
      "   2. Start 1",
      "   3. Kill 0",
      "      windows: [ 'signed out', 'signed out' ] by the model, [ 'pending', 'pending' ] found",
      "      flows: 0 by the model, 1 found",
      "      listeners: 0 by the model, 1 found"
    ]
  }
}

describe("A model that is wrong", () => {
  for (const [what, { model, report, windows }] of Object.entries(mistakes)) {
    it.live(`is refuted by the shortest sequence there is: ${what}`, () =>
      Effect.gen(function*() {
        const { failure } = yield* checked(model, windows, { runs: 400, seed: 22 })
        assert.isAbove(failure?.first.length ?? 0, failure?.shortest.length ?? 0, "nothing was left out")
        const [, ...told] = failure?.message.split("\n") ?? []
        assert.deepStrictEqual(told, report)
      }), 60_000)
  }
})
