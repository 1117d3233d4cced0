/**
 * All safeties that are taken out one at a time.
 */
import { deciding } from "./deciding.ts"
import { establishing } from "./establishing.ts"
import { joining } from "./joining.ts"
import { listening } from "./listening.ts"
import type { Mutant } from "./mutant.ts"
import { opening } from "./opening.ts"
import { ownClients } from "./ownClients.ts"
import { renewing } from "./renewing.ts"
import { storing } from "./storing.ts"
import { windows } from "./windows.ts"

export const mutants: ReadonlyArray<Mutant> = [
  ...joining,
  ...opening,
  ...deciding,
  ...listening,
  ...establishing,
  ...renewing,
  ...ownClients,
  ...storing,
  ...windows
]
