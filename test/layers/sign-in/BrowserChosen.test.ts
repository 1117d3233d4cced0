import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, PlatformError } from "effect"
import { ChildProcessSpawner } from "effect/process"
import * as BrowserChosen from "../../../src/layers/sign-in/BrowserChosen.ts"
import type { BrowserChoice } from "../../../src/services/config/Config.ts"
import { Browser } from "../../../src/services/sign-in/Browser.ts"

/** Opens something under a choice; a command does not start, and says which it would have been. */
const open = (browser: BrowserChoice, url: string) =>
  Effect.flatMap(Browser, (service) => service.open(url)).pipe(
    Effect.provide(BrowserChosen.layer(browser)),
    Effect.provide([
      Layer.mock(ChildProcessSpawner.ChildProcessSpawner, {
        spawn: () =>
          Effect.fail(PlatformError.systemError({ _tag: "NotFound", module: "ChildProcess", method: "spawn" }))
      })
    ]),
    Effect.flip,
    Effect.map(({ message }) => message)
  )

describe("BrowserChosen", () => {
  it.effect("none opens nothing and says so", () =>
    Effect.gen(function*() {
      const message = yield* open({ _tag: "None" }, "https://id.example/")
      assert.strictEqual(message, "No browser is to be opened here.")
    }))

  it.effect("a command is run", () =>
    Effect.gen(function*() {
      const message = yield* open({ _tag: "Command", command: "my-browser" }, "https://id.example/")
      assert.include(message, "\"my-browser\"")
    }))

  it.effect("the system's is the operating system's", () =>
    Effect.gen(function*() {
      assert.include(yield* open({ _tag: "System" }, "file:///etc/passwd"), "was not opened")
    }))
})
