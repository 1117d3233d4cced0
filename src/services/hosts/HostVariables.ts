/**
 * The variables that an entry in a host's config may set: all of this server's own but the one that is a secret. Such files
 * are shown around, backed up and committed. Those of OpenTelemetry are set for a shell, and an entry keeps what a person
 * has put into it.
 */

export const hostVariables = [
  "MCP_GAS_CLIENT_FILE",
  "MCP_GAS_CLIENT_ID",
  "MCP_GAS_HOME",
  "MCP_GAS_SCOPES",
  "MCP_GAS_BROWSER",
  "MCP_GAS_CALLBACK_PORT",
  "MCP_GAS_SIGN_IN_TIMEOUT",
  "MCP_GAS_LOG_LEVEL",
  "MCP_GAS_ISSUER",
  "MCP_GAS_GOOGLE_API"
] as const

export type HostVariable = typeof hostVariables[number]

/** What an entry sets: of these names, those that say something. Paths are absolute, since hosts start servers anywhere. */
export type HostVariables = Readonly<Partial<Record<HostVariable, string>>>

/** The variables of an entry, whatever their names. */
export type EntryVariables = Readonly<Record<string, string>>

/** The same in the order of the list; nothing but what the list names is taken. */
export const settled = (variables: HostVariables): EntryVariables =>
  Object.fromEntries(hostVariables.flatMap((name) => {
    const text = variables[name]
    return text === undefined ? [] : [[name, text]]
  }))

/** What would be a second OAuth client, or half of one, beside the one that is set: the server refuses two. */
const otherClient = (theirs: EntryVariables, ours: EntryVariables): ReadonlyArray<string> => {
  const { MCP_GAS_CLIENT_FILE: file, MCP_GAS_CLIENT_ID: id } = ours
  if (file !== undefined) return ["MCP_GAS_CLIENT_ID", "MCP_GAS_CLIENT_SECRET"]
  if (id === undefined) return []
  return id === theirs["MCP_GAS_CLIENT_ID"] ? ["MCP_GAS_CLIENT_FILE"] : ["MCP_GAS_CLIENT_FILE", "MCP_GAS_CLIENT_SECRET"]
}

/**
 * What an entry sets after `ours` were put over what it has set: theirs stay where ours say nothing, except for another
 * OAuth client than ours.
 */
export const over = (theirs: EntryVariables, ours: EntryVariables): EntryVariables => {
  const gone = otherClient(theirs, ours)
  return { ...Object.fromEntries(Object.entries(theirs).filter(([name]) => !gone.includes(name))), ...ours }
}
