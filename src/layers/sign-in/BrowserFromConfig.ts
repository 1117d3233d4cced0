/**
 * The browser that `MCP_GAS_BROWSER` asks for.
 */
import { Effect, Layer } from "effect"
import type { ChildProcessSpawner } from "effect/process"
import { Config } from "../../services/config/Config.ts"
import type { Browser } from "../../services/sign-in/Browser.ts"
import * as BrowserCommand from "./BrowserCommand.ts"
import * as BrowserNone from "./BrowserNone.ts"
import * as BrowserSystem from "./BrowserSystem.ts"

/** Provides `Browser` as `Config.settings.browser` says; needs `Config` and `ChildProcessSpawner`; finalizes nothing. */
export const layer: Layer.Layer<Browser, never, Config | ChildProcessSpawner.ChildProcessSpawner> = Layer.unwrap(
  Effect.map(Config, ({ settings }): Layer.Layer<Browser, never, ChildProcessSpawner.ChildProcessSpawner> => {
    switch (settings.browser._tag) {
      case "System":
        return BrowserSystem.layer
      case "None":
        return BrowserNone.layer
      case "Command":
        return BrowserCommand.layer(settings.browser.command)
    }
  })
)
