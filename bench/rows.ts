/**
 * The rows of the benchmark, in the order of the table.
 */
import type { Effect } from "effect"
import * as Accounts from "./accounts.ts"
import * as Commands from "./commands.ts"
import * as Expiry from "./expiry.ts"
import * as FreshToken from "./freshToken.ts"
import * as Installed from "./installed.ts"
import * as Joining from "./joining.ts"
import * as Leases from "./leases.ts"
import type { RowResult } from "./result.ts"
import * as SignIns from "./signIns.ts"
import * as ToolList from "./toolList.ts"
import * as Windows from "./windows.ts"
import type { Outside } from "./world/outside.ts"
import type { World } from "./world/world.ts"

/** Runs a row; `isQuick` for a look at whether it works, with figures that mean little. */
export type Row = (isQuick: boolean) => Effect.Effect<RowResult, unknown, World | Outside>

export const rows: Readonly<Record<string, Row>> = {
  signIns: SignIns.run,
  joining: Joining.run,
  freshToken: FreshToken.run,
  expiry: Expiry.run,
  accounts: Accounts.run,
  commands: Commands.run,
  installed: Installed.run,
  leases: Leases.run,
  windows: Windows.run,
  toolList: ToolList.run
}
