import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Option, PlatformError } from "effect"
import { ChildProcessSpawner } from "effect/process"
import * as BrowserFromConfig from "../../../src/layers/sign-in/BrowserFromConfig.ts"
import { type BrowserChoice, Config, defaultScopes, defaultSignInTimeout } from "../../../src/services/config/Config.ts"
import { Browser } from "../../../src/services/sign-in/Browser.ts"

/** Opens something under a choice; a command does not start, and says which it would have been. */
const open = (browser: BrowserChoice, url: string) =>
  Effect.flatMap(Browser, (service) => service.open(url)).pipe(
    Effect.provide(BrowserFromConfig.layer),
    Effect.provide([
      Layer.mock(Config, {
        settings: {
          home: "/gas",
          provider: { _tag: "Google" },
          scopes: defaultScopes,
          browser,
          callbackPort: Option.none(),
          signInTimeout: defaultSignInTimeout,
          logLevel: "Info",
          googleApi: Option.none()
        }
      }),
      Layer.mock(ChildProcessSpawner.ChildProcessSpawner, {
        spawn: () =>
          Effect.fail(PlatformError.systemError({ _tag: "NotFound", module: "ChildProcess", method: "spawn" }))
      })
    ]),
    Effect.flip,
    Effect.map(({ message }) => message)
  )

describe("BrowserFromConfig", () => {
  it.effect("none opens nothing and says so", () =>
    Effect.gen(function*() {
      const message = yield* open({ _tag: "None" }, "https://id.example/")
      assert.strictEqual(message, "No browser is configured (MCP_GAS_BROWSER=none).")
    }))

  it.effect("a command is run", () =>
    Effect.gen(function*() {
      const message = yield* open({ _tag: "Command", command: "my-browser" }, "https://id.example/")
      assert.include(message, "\"my-browser\"")
    }))

  it.effect("unset is the system's browser", () =>
    Effect.gen(function*() {
      assert.include(yield* open({ _tag: "System" }, "file:///etc/passwd"), "was not opened")
    }))
})
