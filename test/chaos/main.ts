/**
 * Windows that share a home, in which sign-ins begin and end while processes are killed and stopped, the disk is full, clocks
 * jump and the provider fails; checked against what each account may be.
 *
 * Ends with 0 only if nothing was broken and everything came to pass. Linux only: it looks into /proc.
 */
import { NodeRuntime, NodeServices } from "@effect/platform-node"
import { Cause, Clock, Console, Effect, Exit, Option, type Runtime } from "effect"
import { Command, Flag } from "effect/cli"
import { layer } from "../support/windowHome.ts"
import { House } from "./house.ts"
import * as Report from "./report.ts"
import { run } from "./run.ts"

const options = {
  minutes: Flag.Finite("minutes").pipe(Flag.withDescription("How long it goes on"), Flag.withDefault(2)),
  seed: Flag.String("seed").pipe(
    Flag.withDescription("What all choices come from; the clock, if not said"),
    Flag.optional
  ),
  processes: Flag.Int("processes").pipe(Flag.withDescription("How many windows, two at least"), Flag.withDefault(6))
}

const chaos = Effect.fnUntraced(function*(minutes: number, seed: string, processes: number) {
  const began = yield* Clock.currentTimeMillis
  yield* Console.log(
    `Seed ${seed}: ${minutes} min of sign-ins, sign-outs and refreshes of three accounts in ${processes} windows that are ` +
      "killed and stopped, with a full disk, wrong clocks and a provider that fails."
  )
  const told = yield* Effect.gen(function*() {
    const house = yield* House.make({ seed, processes })
    return yield* run(minutes).pipe(
      Effect.provideService(House, house),
      Effect.tapError(() =>
        Effect.flatMap(house.tally.counts, (counts) => Console.log(`Until then: ${Report.counted(counts)}.`))
      )
    )
  }).pipe(Effect.scoped)
  const seconds = Math.round(((yield* Clock.currentTimeMillis) - began) / 1_000)
  yield* Console.log(`Seed ${seed}, ${processes} windows, ${seconds} s.\n${Report.summary(told)}`)
  yield* Report.complete(told)
  yield* Console.log("Nothing was broken.")
})

const command = Command.make("chaos", options, ({ minutes, processes, seed }) =>
  Effect.gen(function*() {
    const chosen = Option.getOrElse(seed, () => "")
    const named = chosen === "" ? String(yield* Clock.currentTimeMillis) : chosen
    const again = `npm run test:chaos -- --seed ${named} --minutes ${minutes} --processes ${processes}`
    yield* chaos(minutes, named, Math.max(2, processes)).pipe(
      Effect.tapErrorTag(
        "Broken",
        (broken) => Console.log(`${Report.violation(broken)}\nThe same plan again: ${again}`)
      ),
      Effect.tapErrorTag(
        "Lacking",
        ({ what }) => Console.log(`LACKING: ${what.join("; ")}.\nThe same plan again: ${again}`)
      ),
      Effect.provide(layer)
    )
  }))

const teardown: Runtime.Teardown = (exit, onExit) => onExit(Exit.isSuccess(exit) ? 0 : 1)

/** Whether it was said already why it has ended like this. */
const isTold = (cause: Cause.Cause<{ readonly _tag: string }>): boolean =>
  Cause.hasInterruptsOnly(cause) ||
  Option.exists(Cause.findErrorOption(cause), ({ _tag }) => _tag !== "LocalGoogleUnavailable")

Command.run(command, { version: "0.1.0" }).pipe(
  Effect.tapCause((cause) => isTold(cause) ? Effect.void : Console.error(Cause.pretty(cause))),
  Effect.provide(NodeServices.layer),
  NodeRuntime.runMain({ disableErrorReporting: true, teardown })
)
