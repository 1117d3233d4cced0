/**
 * A real Chromium from npm, where this machine can run it.
 */
import { Context, Data, Effect, Layer } from "effect"
import { type Browser as Chrome, type BrowserContext, chromium as playwright } from "playwright-core"

export class NoChromium extends Data.TaggedError("NoChromium")<{ readonly reason: string }> {}

/** A browser without history, cookies or tabs. */
export class Chromium extends Context.Service<Chromium, BrowserContext>()("mcp-gas/test/support/chromium") {}

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

export const layer: Layer.Layer<Chromium, NoChromium> = Layer.effect(
  Chromium,
  Effect.flatMap(launch, (chrome) => Effect.promise(() => chrome.newContext({ viewport: { width: 800, height: 420 } })))
)

/** Why Chromium cannot run here; undefined where it can. */
export const missing: Promise<string | undefined> = Effect.runPromise(
  Effect.scoped(launch).pipe(
    Effect.match({ onSuccess: () => undefined, onFailure: ({ reason }) => reason.split("\n")[0] })
  )
)
