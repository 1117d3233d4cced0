/**
 * What `mcp-gas setup` tells a person: what a plan would do, what was done, and what comes next.
 */
import { Option } from "effect"
import { hosts } from "../../services/hosts/Host.ts"
import type { HostPlan, HostWritten } from "../../services/hosts/HostConfigs.ts"
import type { HostVariables } from "../../services/hosts/HostVariables.ts"

/** What the answer depends on besides the plan. */
export interface Circumstances {
  readonly variables: HostVariables
  readonly hasClient: boolean
  /** Whether `MCP_GAS_CLIENT_SECRET` is set here and has been left out. */
  readonly hasSecret: boolean
  /** Whether the file is a named one, such as one of a project. */
  readonly isNamed: boolean
  /** Whether the OAuth client was named for this entry, and not by the environment. */
  readonly isOwnClient: boolean
}

/** What a plan comes to, and how to have it done. */
const intention = ({ change, path, place }: HostPlan): { readonly has: string; readonly how: string } => {
  switch (change._tag) {
    case "Unchanged":
    case "Create":
    case "Add":
      return { has: `${path} has to hold:`, how: "With --write, it is put there." }
    case "Update":
      return {
        has: `${path} has an entry of this server at ${place}, which is to be updated to hold:`,
        how: "With --write, it is put there; other variables in it stay, but for those of another OAuth client."
      }
    case "Replace":
      return {
        has: `${path} has another entry at ${place}, or one with more in it, which would be replaced as a whole by:`,
        how: "With --write --replace, it is replaced."
      }
  }
}

/** What is to be known or done besides, one line each. */
export const notes = (
  { hasClient, hasSecret, isNamed, isOwnClient, variables }: Circumstances
): ReadonlyArray<string> => {
  const { MCP_GAS_CLIENT_FILE: file, MCP_GAS_HOME: home } = variables
  return [
    ...(hasSecret
      ? ["MCP_GAS_CLIENT_SECRET is a secret and was left out: name the client's file with --client-file instead."]
      : []),
    ...(isNamed && (file !== undefined || home !== undefined) ? ["It names paths of this machine alone."] : []),
    ...(hasClient ? [] : ["No OAuth client yet: `mcp-gas import client_secret.json`."]),
    // What is named for the client's server alone, this command knows nothing of.
    ...(isOwnClient && file !== undefined ? [`For mcp-gas in a shell as well: \`mcp-gas import ${file}\`.`] : [])
  ]
}

const next = "Next: say \"sign me in to Apps Script\" in the client, or `mcp-gas login`."

/** What is shown where nothing is written. */
export const shown = (plan: HostPlan, circumstances: Circumstances): string => {
  const { has, how } = intention(plan)
  return [`For ${hosts[plan.host].title}, ${has}`, plan.snippet, [how, ...notes(circumstances)].join("\n")].join(
    "\n\n"
  )
}

const deed = ({ change, path, place }: HostPlan): string => {
  switch (change._tag) {
    case "Unchanged":
      return `is set up already, in ${path}.`
    case "Create":
    case "Add":
      return `is set up, in ${path}. Start it anew to have it seen.`
    case "Update":
      return `is set up: its entry in ${path}, at ${place}, was updated. Start it anew to have it seen.`
    case "Replace":
      return `is set up: the entry that was in ${path}, at ${place}, was replaced. Start it anew to have it seen.`
  }
}

/** What is told once a plan was carried out, line by line; the first says what was done. */
export const done = (plan: HostPlan, { backup }: HostWritten, circumstances: Circumstances): ReadonlyArray<string> => [
  `${hosts[plan.host].title} ${deed(plan)}`,
  ...Option.toArray(Option.map(backup, (kept) => `What was there is kept as ${kept}.`)),
  // What is kept in an entry may name a client that is not this environment's.
  ...notes({ ...circumstances, hasClient: circumstances.hasClient || keepsVariables(plan) }),
  next
]

const keepsVariables = ({ change }: HostPlan): boolean => change._tag === "Unchanged" || change._tag === "Update"
