/**
 * The fault table in words, as `docs/faults.md` has it.
 */
import { type FaultName, faultNames } from "./wireFaults.ts"
import { type Cell, discovery, errorOf, exchange, refresh, revoke, rotatingRefresh, userinfo } from "./wireTable.ts"

const words = (cell: Cell, name: string, requests: string): string =>
  cell._tag === "Harmless"
    ? "ok"
    : [name, cell.ambiguous ? "ambiguous" : "not done", requests].filter((part) => part !== "").join(", ")

/** The one column whose error has a name of its own for each reason, and nothing to wait for. */
const exchanged = (cell: Cell): string => words(cell, cell._tag === "Failed" ? `\`${errorOf(cell.why)}\`` : "", "")

const unreachable = (cell: Cell, isRefresh = false): string => {
  if (cell._tag === "Harmless") return words(cell, "", "")
  const wait = cell.retryAfter === undefined ? "" : `wait ${cell.retryAfter} s`
  const requests = isRefresh && cell.requests > 1 ? `${cell.requests} requests` : ""
  return words(cell, cell.why, wait || requests)
}

const row = (name: FaultName): ReadonlyArray<string> => [
  name,
  exchanged(exchange[name]),
  unreachable(refresh[name], true),
  unreachable(rotatingRefresh[name], true),
  unreachable(userinfo[name]),
  unreachable(revoke[name]),
  unreachable(discovery[name])
]

/** Each row of the table, its head first. */
export const table: ReadonlyArray<ReadonlyArray<string>> = [
  ["", "exchange", "refresh", "refresh, token replaced", "userinfo", "revoke", "discovery"],
  ...faultNames.map(row)
]
