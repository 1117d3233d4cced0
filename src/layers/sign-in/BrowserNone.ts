/**
 * No browser, because the person said so.
 */
import { Effect, Layer } from "effect"
import { Browser, BrowserUnavailable } from "../../services/sign-in/Browser.ts"

/**
 * Provides `Browser`; needs and finalizes nothing. `open` always fails, so that the caller knows that nobody has seen
 * the URL and shows it to the person in another way.
 */
export const layer: Layer.Layer<Browser> = Layer.succeed(Browser, {
  opens: false,
  open: Effect.fn("Browser.open")(function*() {
    return yield* new BrowserUnavailable({ problem: "No browser is to be opened here." })
  })
})
