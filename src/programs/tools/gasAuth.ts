/**
 * The tool `gas_auth`: the sign-in of this server.
 */
import { serverTitle } from "../identity.ts"
import { withSettingNames } from "../settingNames.ts"
import { authTool } from "./authTool.ts"
import type { Speaker } from "./authToolAnswers.ts"

const name = "gas_auth"

/** Whoever tells a person or a model of the sign-in outside of the tool does so in its words. */
export const gasAuthSpeaker: Speaker = { tool: name, inOwnWords: withSettingNames }

export const gasAuth = authTool(name, { service: serverTitle, title: "Google sign-in", inOwnWords: withSettingNames })
