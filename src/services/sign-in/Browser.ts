/**
 * Opens a URL for a person.
 */
import { Context, type Effect, Schema } from "effect"
import type { Explained } from "../Explained.ts"

/** No browser could be started. The flow goes on: the person can open the URL by hand. */
export class BrowserUnavailable extends Schema.TaggedError<BrowserUnavailable>()("BrowserUnavailable", {
  /** One sentence, without the URL. */
  problem: Schema.String,
  /** What went wrong, for the log; without the URL. */
  cause: Schema.optionalKey(Schema.Defect())
}) implements Explained {
  readonly code = "browser_unavailable"
  override get message(): string {
    return this.problem
  }
  get remedy(): string {
    return "Open the sign-in address by hand."
  }
}

/** The answer to a URL that is not opened: neither `https:`, nor `http:` of a loopback host. */
export const refusedUrl = (): BrowserUnavailable =>
  new BrowserUnavailable({
    problem: "The address is neither https: nor http: on this machine, so it was not opened."
  })

/**
 * How this machine's browser is reached. One of your own need not open anything itself, as long as the person gets to see
 * the address.
 *
 * @example
 * ```ts
 * import { Console, Effect, Layer } from "effect"
 * import { Browser } from "mcp-gas"
 *
 * const OnTheTerminal = Layer.succeed(Browser, {
 *   opens: true,
 *   open: (url) => Console.log(`Please open ${url}`)
 * })
 *
 * const program = Effect.flatMap(Browser, ({ open }) => open("https://accounts.example.com/authorize"))
 *
 * await Effect.runPromise(Effect.provide(program, OnTheTerminal))
 * // → Please open https://accounts.example.com/authorize
 * ```
 */
export class Browser extends Context.Service<Browser, {
  /** Whether it is there to open anything: false where the person wants no browser, so that nobody waits for one. */
  readonly opens: boolean
  /**
   * Asks a browser to show `url` and returns once it was handed over, which is no proof that anybody sees it. The
   * browser outlives the caller and this process. Only `https:` URLs and `http:` URLs of a loopback host are opened.
   */
  readonly open: (url: string) => Effect.Effect<void, BrowserUnavailable>
}>()("mcp-gas/services/sign-in/Browser") {}
