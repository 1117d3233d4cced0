/**
 * What this program's settings are called. Errors of the engine speak of settings in general, since whoever embeds it has
 * names of their own for them.
 */

/** What the engine calls a setting, and the variable that this program takes it from. */
const names: ReadonlyArray<readonly [phrase: string, variable: string]> = [
  ["data directory", "MCP_GAS_HOME"],
  ["requested scopes", "MCP_GAS_SCOPES"],
  ["callback port", "MCP_GAS_CALLBACK_PORT"],
  ["client's id and secret", "MCP_GAS_CLIENT_ID and MCP_GAS_CLIENT_SECRET"]
]

/** What an error or an answer says, with the name of each setting after the first mention of it. */
export const withSettingNames = (text: string): string =>
  names.reduce(
    (named, [phrase, variable]) => named.includes(variable) ? named : named.replace(phrase, `${phrase} (${variable})`),
    text
  )
