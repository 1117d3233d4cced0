/**
 * What a person at a terminal sees besides plain text: colours, and a line that moves while they wait. Neither is there
 * where the output goes elsewhere; with `NO_COLOR` there are no colours.
 */
import { Duration, Effect, Schedule, Stream } from "effect"
import process from "node:process"
import { createInterface } from "node:readline"
import { styleText } from "node:util"
import spinner from "yocto-spinner"

type Format = Parameters<typeof styleText>[0]

/** Styles what goes to stdout. */
export const styled = (format: Format, text: string): string => styleText(format, text, { stream: process.stdout })

/** Whether colours are seen on stdout. */
export const hasColours = (): boolean => styled("bold", "x") !== "x"

/** Runs an effect, and shows words that change every second on stderr meanwhile, if that is a terminal. */
export const spinning = <A, E, R, R2>(
  waiting: Effect.Effect<A, E, R>,
  words: Effect.Effect<string, never, R2>
): Effect.Effect<A, E, R | R2> => {
  if (!process.stderr.isTTY) return waiting
  const shown = Effect.acquireRelease(
    // Signals are the program's: whoever exits on them at once leaves an exchange half done.
    Effect.sync(() => spinner({ stream: process.stderr, handleSignals: false }).start()),
    (line) => Effect.sync(() => void line.stop())
  )
  const moving = Effect.flatMap(shown, (line) =>
    words.pipe(
      Effect.tap((text) => Effect.sync(() => void (line.text = text))),
      Effect.repeat(Schedule.spaced(Duration.seconds(1))),
      Effect.andThen(Effect.never)
    ))
  return Effect.scoped(Effect.raceFirst(waiting, moving))
}

/** The lines that are typed or pasted, as they come. Takes stdin for as long as it is read. */
export const lines: Stream.Stream<string> = Stream.unwrap(Effect.gen(function*() {
  const typed = yield* Effect.acquireRelease(
    Effect.sync(() => createInterface({ input: process.stdin, terminal: false })),
    (input) => Effect.sync(() => input.close())
  )
  return Stream.orDie(Stream.fromAsyncIterable(typed, (cause) => cause))
}))
