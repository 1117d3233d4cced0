/**
 * A real Chromium from npm, where this machine can run it.
 */
import { Context, Data, Effect, Layer } from "effect"
import process from "node:process"
import { type Browser as Chrome, type BrowserContext, chromium as playwright } from "playwright-core"
import { describe } from "vitest"

export class NoChromium extends Data.TaggedError("NoChromium")<{ readonly reason: string }> {}

/** A browser without history, cookies or tabs. */
export class Chromium extends Context.Service<Chromium, {
  readonly context: BrowserContext
  /**
   * The errors that its tabs have written to their consoles, what a content security policy has blocked among them. That
   * a page came with a status of 400 or more is none.
   */
  readonly complaints: ReadonlyArray<string>
}>()("mcp-gas/test/support/chromium") {}

const launch = Effect.acquireRelease(
  Effect.tryPromise({
    try: async (): Promise<Chrome> => {
      const { default: packed } = await import("@sparticuz/chromium")
      return playwright.launch({ executablePath: await packed.executablePath(), args: packed.args, headless: true })
    },
    catch: (error) => new NoChromium({ reason: error instanceof Error ? error.message : String(error) })
  }),
  (chrome) => Effect.promise(() => chrome.close())
)

const isPage = (address: string): boolean => {
  const path = URL.parse(address)?.pathname
  return path === "/callback" || path?.startsWith("/signin/") === true
}

export const layer: Layer.Layer<Chromium, NoChromium> = Layer.effect(
  Chromium,
  Effect.gen(function*() {
    const chrome = yield* launch
    const context = yield* Effect.promise(() => chrome.newContext({ viewport: { width: 800, height: 420 } }))
    // Less than a test has: what a page does not show is then reported by its name.
    context.setDefaultTimeout(10_000)
    const complaints: Array<string> = []
    context.on("console", (message) => {
      const isStatus = message.text().startsWith("Failed to load resource:") && isPage(message.location().url)
      if (message.type() === "error" && !isStatus) complaints.push(message.text())
    })
    context.on("weberror", (problem) => complaints.push(problem.error().message))
    return { context, complaints }
  })
)

/** Why Chromium cannot run here; undefined where it can. */
const missing: string | undefined = await Effect.runPromise(
  Effect.scoped(launch).pipe(
    Effect.match({ onSuccess: () => undefined, onFailure: ({ reason }) => reason.split("\n")[0] })
  )
)

/** `describe` where Chromium can run; elsewhere it says why not, and skips. */
export const describeInChromium = (name: string, tests: () => void): void => {
  if (missing !== undefined) process.stderr.write(`Skipped ${name}: no browser can be started here (${missing}).\n`)
  describe.skipIf(missing !== undefined)(name, tests)
}
