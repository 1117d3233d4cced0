import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Fiber } from "effect"
import { TestClock } from "effect/testing"
import { inspect } from "node:util"
import * as BrowserSystem from "../../../src/layers/sign-in/BrowserSystem.ts"
import { Browser } from "../../../src/services/sign-in/Browser.ts"

const url = "https://id.example/authorize?state=hush"

const openWith = (text: string, opener: BrowserSystem.Opener) =>
  Effect.flatMap(Browser, (browser) => browser.open(text)).pipe(Effect.provide(BrowserSystem.layerWith(opener)))

describe("BrowserSystem", () => {
  it.effect("hands over the URL as it stands", () =>
    Effect.gen(function*() {
      const seen: Array<string> = []
      for (const each of [url, "http://127.0.0.1:4000/auth?a=b&c=d", "http://localhost/"]) {
        yield* openWith(each, (given) => Promise.resolve(seen.push(given)))
      }
      assert.deepStrictEqual(seen, [url, "http://127.0.0.1:4000/auth?a=b&c=d", "http://localhost/"])
    }))

  it.effect("what is no https: URL, nor http: on this machine, reaches no launcher and no error text", () =>
    Effect.gen(function*() {
      for (const bad of ["http://id.example/hush", "file:///hush", "javascript:hush()", "--hush", "/bin/hush", ""]) {
        const seen: Array<string> = []
        const error = yield* Effect.flip(openWith(bad, (given) => Promise.resolve(seen.push(given))))
        assert.strictEqual(error.code, "browser_unavailable")
        assert.deepStrictEqual(seen, [])
        assert.notInclude(inspect(error), "hush")
      }
    }))

  it.effect("a launcher that does not start is BrowserUnavailable, without the URL", () =>
    Effect.gen(function*() {
      const spawnError = Object.assign(new Error(`spawn xdg-open ${url} ENOENT`), { spawnargs: [url], code: "ENOENT" })
      const rejecting: BrowserSystem.Opener = () => Promise.reject(spawnError)
      const throwing: BrowserSystem.Opener = () => {
        throw spawnError
      }
      for (const opener of [rejecting, throwing]) {
        const error = yield* Effect.flip(openWith(url, opener))
        assert.strictEqual(error.message, "The system's browser could not be started.")
        assert.include(inspect(error, { depth: 9 }), "ENOENT")
        assert.notInclude(inspect(error, { depth: 9 }), "hush")
      }
    }))

  it.effect("a launcher that never answers is given up after 20 seconds, and not before", () =>
    Effect.gen(function*() {
      const asked = yield* Deferred.make<void>()
      const hanging: BrowserSystem.Opener = () => {
        Deferred.doneUnsafe(asked, Effect.void)
        return new Promise(() => {})
      }
      const fiber = yield* Effect.forkChild(Effect.flip(openWith(url, hanging)))
      yield* Deferred.await(asked)
      yield* TestClock.adjust("19 seconds")
      assert.isUndefined(fiber.pollUnsafe())
      yield* TestClock.adjust("1 second")
      assert.include((yield* Fiber.join(fiber)).message, "20 seconds")
    }))
})
