/**
 * A program of the person's choice as the browser.
 */
import { Effect, Layer, type PlatformError, Redacted } from "effect"
import { ChildProcess, ChildProcessSpawner } from "effect/process"
import { isSafeToOpen } from "../../services/config/LoopbackHost.ts"
import { Browser, BrowserUnavailable, refusedUrl } from "../../services/sign-in/Browser.ts"

const why = (error: PlatformError.PlatformError): string => {
  switch (error.reason._tag) {
    case "NotFound":
      return "it was not found (it is run as it stands, without a shell and without arguments of its own)"
    case "PermissionDenied":
      return "it may not be executed"
    default:
      return error.reason._tag
  }
}

/**
 * Provides `Browser`; needs `ChildProcessSpawner`; finalizes nothing: the program outlives the layer and this process.
 *
 * Runs `command`, a path or a name on the PATH, with the URL as its only argument and without a shell. `open` returns
 * when the program has started; how it ends is not looked at. It gets no input, and its output goes nowhere.
 */
export const layer = (command: string): Layer.Layer<Browser, never, ChildProcessSpawner.ChildProcessSpawner> =>
  Layer.effect(
    Browser,
    Effect.gen(function*() {
      const spawner = yield* ChildProcessSpawner.ChildProcessSpawner

      // Not to be interrupted between starting and letting go: that would kill a browser the person already sees.
      // Redacted, because an error of the spawner repeats the arguments otherwise.
      const handOver = (url: string) =>
        spawner.spawn(ChildProcess.make(command, [Redacted.make(url, { label: "url" })], {
          detached: true,
          stdin: "ignore",
          stdout: "ignore",
          stderr: "ignore"
        })).pipe(
          Effect.flatMap((child) => Effect.asVoid(child.unref)),
          Effect.scoped,
          Effect.uninterruptible
        )

      return Browser.of({
        opens: true,
        open: Effect.fn("Browser.open")(function*(url: string) {
          if (!isSafeToOpen(url)) return yield* refusedUrl()
          yield* handOver(url).pipe(
            Effect.mapError((cause) =>
              new BrowserUnavailable({
                problem: `The browser command ${JSON.stringify(command)} could not be started: ${why(cause)}.`,
                cause
              })
            )
          )
        })
      })
    })
  )
