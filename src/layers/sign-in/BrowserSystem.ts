/**
 * The browser the operating system opens links with.
 */
import { Effect, Layer } from "effect"
import { isSafeToOpen } from "../../services/config/LoopbackHost.ts"
import { Browser, BrowserUnavailable, refusedUrl } from "../../services/sign-in/Browser.ts"

/** Hands a URL to the operating system; settles when that has been done, or has failed. */
export type Opener = (url: string) => Promise<unknown>

/**
 * `open` starts the launcher of the platform with nothing attached, lets go of it, and settles when it has started (on
 * Windows: ended) or cannot be. Loaded when first needed: most servers are started and never asked to sign anybody in.
 */
const systemOpener: Opener = (url) => import("open").then((module) => module.default(url))

/** Launchers answer within a fraction of a second; PowerShell, when the machine is busy, within a few. */
const patience = "20 seconds"

/** What went wrong, as an error of our own: the launcher's repeats its arguments, and so the URL. */
const withoutUrl = (cause: unknown, url: string): Error =>
  new Error((cause instanceof Error ? cause.message : String(cause)).replaceAll(url, "<url>"))

/**
 * Provides `Browser` by means of `opener`; needs and finalizes nothing. The opener sees only URLs that are safe to
 * open. One that does not settle within 20 seconds is given up, though it may still succeed.
 */
export const layerWith = (opener: Opener): Layer.Layer<Browser> =>
  Layer.succeed(Browser, {
    opens: true,
    open: Effect.fn("Browser.open")(function*(url: string) {
      if (!isSafeToOpen(url)) return yield* refusedUrl()
      yield* Effect.tryPromise({
        try: () => opener(url),
        catch: (cause) =>
          new BrowserUnavailable({
            problem: "The system's browser could not be started.",
            cause: withoutUrl(cause, url)
          })
      }).pipe(
        Effect.timeoutOrElse({
          duration: patience,
          orElse: () => new BrowserUnavailable({ problem: `The system's browser did not start within ${patience}.` })
        })
      )
    })
  })

/**
 * Provides `Browser`; needs and finalizes nothing: the browser outlives the layer and this process. Loads nothing before
 * the first URL is opened.
 */
export const layer: Layer.Layer<Browser> = layerWith(systemOpener)
