/**
 * `docs/clients.md`: the table of what is run with which client.
 */
import { type Client, clients } from "./clients.ts"

/** The exact version of each package. */
export type Versions = Readonly<Record<string, string>>

const row = ({ name, npmPackage, rows }: Client, versions: Versions) =>
  Object.entries(rows).map(([ran, outcome], at) =>
    at === 0 ? [name, versions[npmPackage] ?? "", ran, outcome] : ["", "", ran, outcome]
  )

/** Each row of the table, its head first. A client is named in the first of its rows. */
export const table = (versions: Versions): ReadonlyArray<ReadonlyArray<string>> => [
  ["client", "version", "what is run", "what comes out"],
  ...clients.flatMap((client) => row(client, versions))
]
