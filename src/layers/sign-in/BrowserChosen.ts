/**
 * The browser that somebody has chosen: the system's, none, or a program of their own.
 */
import type { Layer } from "effect"
import type { ChildProcessSpawner } from "effect/process"
import type { BrowserChoice } from "../../services/config/Config.ts"
import type { Browser } from "../../services/sign-in/Browser.ts"
import * as BrowserCommand from "./BrowserCommand.ts"
import * as BrowserNone from "./BrowserNone.ts"
import * as BrowserSystem from "./BrowserSystem.ts"

/** Provides `Browser` as chosen; needs `ChildProcessSpawner`, for a program of one's own; finalizes nothing. */
export const layer = (
  choice: BrowserChoice
): Layer.Layer<Browser, never, ChildProcessSpawner.ChildProcessSpawner> => {
  switch (choice._tag) {
    case "System":
      return BrowserSystem.layer
    case "None":
      return BrowserNone.layer
    case "Command":
      return BrowserCommand.layer(choice.command)
  }
}
