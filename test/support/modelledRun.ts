/**
 * Sequences of commands, given to the model and to a machine: after each command, both must say the same.
 */
import { Arbitrary, Data, Effect } from "effect"
import { inspect, isDeepStrictEqual } from "node:util"
import { type Account, type Model, out, saidOf } from "../modelled/account.ts"
import { type Command, commandIn, inOrder, simpler, textOf, type Windows } from "../modelled/command.ts"
import { carryOut } from "./modelledDeeds.ts"
import * as ModelledMachine from "./modelledMachine.ts"

/** The first command after which the model and the machine disagree, and in what. */
export class Disagreement extends Data.TaggedError("Disagreement")<{ readonly message: string }> {}

const reportOf = (commands: ReadonlyArray<Command>, differences: ReadonlyArray<string>): string =>
  [
    "The model and the machine disagree after the last of these commands:",
    ...commands.map((command, index) => `${String(index + 1).padStart(4)}. ${textOf(command)}`),
    ...differences.map((difference) => `      ${difference}`)
  ].join("\n")

/** How long a window takes at most to look at what others have written; what it does about that may be for others to see. */
const hearsay = "100 millis"
/** How often it is looked again before what is seen counts. */
const looks = 5
/** Milliseconds that a page stays for reloads, and the listener with it, with some to spare. */
const linger = 2_200

/** What has to be seen after a step, and what is. */
interface Compared {
  readonly expected: Readonly<Record<string, unknown>>
  readonly found: Readonly<Record<string, unknown>>
}

const differencesOf = ({ expected, found }: Compared) =>
  Object.entries(expected).flatMap(([what, value]) =>
    isDeepStrictEqual(value, found[what])
      ? []
      : [`${what}: ${inspect(value)} by the model, ${inspect(found[what])} found`]
  )

/** Gives the commands to both, and fails where they disagree. */
export const agree = Effect.fnUntraced(
  function*(model: Model, windows: Windows, commands: ReadonlyArray<Command>) {
    const machine = yield* ModelledMachine.make(windows)
    const { callers, look, time: { clock, jump, tick } } = machine
    let account: Account = out
    let exchanges = 0
    let lingersUntil = 0

    for (const [index, command] of commands.entries()) {
      const step = model(account, command)
      if (account.is === "pending" && step.account.is === "signed in") exchanges++
      account = step.account
      const says = saidOf(account)
      const among = account.is === "pending" ? account.among : []
      const answer = yield* carryOut(machine, command)
      if (command._tag === "Callback" && answer === "signed in") lingersUntil = clock.currentTimeMillisUnsafe() + linger

      const compared = Effect.gen(function*(): Effect.fn.Return<Compared> {
        const seen = yield* look
        const listeners = yield* machine.listeners
        const lingers = clock.currentTimeMillisUnsafe() < lingersUntil
        // Whoever pastes once more is told again what came of it then, as long as a browser would be: also where another
        // window has signed the account out since.
        const isRepeated = lingers && command._tag === "Paste" && answer === "signed in" && account.is === "signed in"
        const ports = among.length > 0 ? 1 : 0
        return {
          expected: {
            answer: isRepeated ? answer : step.answer,
            told: callers.all().map(({ window }) => among.includes(window) ? "nothing" : step.told),
            windows: windows.map(() => says),
            flows: ports,
            listeners: lingers && listeners > ports ? ports + 1 : ports,
            exchanges,
            wrong: []
          },
          found: { answer, told: callers.all().map(({ told }) => told()), listeners, ...seen }
        }
      })

      yield* jump(hearsay)
      let differences: ReadonlyArray<string> = []
      for (let looked = 0; looked === 0 || (differences.length > 0 && looked < looks); looked++) {
        yield* jump(hearsay)
        yield* tick
        differences = differencesOf(yield* compared)
      }
      if (differences.length > 0) {
        return yield* new Disagreement({ message: reportOf(commands.slice(0, index + 1), differences) })
      }
      callers.dismiss(({ window }) => !among.includes(window))
    }
  },
  Effect.scoped
)

/** Sequences for these windows. */
export const sequences = (windows: Windows) =>
  Arbitrary.schema(commandIn(...windows), { shrink: simpler }).pipe(
    (command) => Arbitrary.array(command, { maxLength: 18 }),
    Arbitrary.map(inOrder)
  )

/** What is found of a model. */
export interface Checked {
  /** How many commands were given, shrinking included. */
  readonly steps: number
  readonly failure: undefined | {
    readonly message: string
    readonly first: ReadonlyArray<Command>
    readonly shortest: ReadonlyArray<Command>
    readonly replay: Arbitrary.Replay
  }
}

/** Gives a model and machines random sequences until they disagree, and then looks for the shortest such sequence. */
export const checked = Effect.fnUntraced(function*(
  model: Model,
  windows: Windows,
  options: Pick<Arbitrary.CheckOptions, "runs" | "seed" | "replay">
): Effect.fn.Return<Checked> {
  let steps = 0
  const result = yield* Arbitrary.checkEffect(
    sequences(windows),
    (commands) => {
      steps += commands.length
      return agree(model, windows, commands).pipe(
        Effect.catchDefect((defect) =>
          new Disagreement({
            message: reportOf(commands, [`a defect, at one of them: ${String(defect)}`])
          })
        ),
        Effect.as(true)
      )
    },
    // Most sequences are to be long ones, and the shortest is worth some patience.
    { size: 60, maxShrinks: 1_000, ...options }
  )
  switch (result._tag) {
    case "Passed":
      return { steps, failure: undefined }
    case "Falsified": {
      const { failure, initialInput: first, replay, shrunkInput: shortest } = result
      const message = failure._tag === "PropertyError" ? failure.error.message : failure._tag
      return { steps, failure: { message, first, shortest, replay } }
    }
    default:
      return yield* Effect.die(new Error(Arbitrary.formatCheckFailure(result)))
  }
})
