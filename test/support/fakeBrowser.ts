/**
 * A `Browser` that hands its URLs to the test. Checkpoint: `browser`.
 */
import { Context, Effect, Layer, Queue } from "effect"
import { Browser } from "../../src/services/sign-in/Browser.ts"
import { Checkpoints } from "./checkpoints.ts"

/** The URLs that were opened, in order. */
export class FakeBrowser
  extends Context.Service<FakeBrowser, Queue.Queue<string>>()("mcp-gas/test/support/fakeBrowser")
{
  static readonly layer = Layer.effect(
    Browser,
    Effect.gen(function*() {
      const checkpoints = yield* Checkpoints
      const urls = yield* FakeBrowser
      return Browser.of({
        opens: true,
        open: (url) => Effect.andThen(Queue.offer(urls, url), checkpoints.pass("browser"))
      })
    })
  ).pipe(Layer.provideMerge(Layer.effect(FakeBrowser, Queue.unbounded<string>())))
}
