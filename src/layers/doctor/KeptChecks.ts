/**
 * The checks of what is kept in the data directory, and of what cannot be judged without knowing that.
 */
import { Context, Effect, type FileSystem, Layer, type Path } from "effect"
import type { ConfigSeen } from "../../services/doctor/ConfigSeen.ts"
import { warning } from "../../services/doctor/Finding.ts"
import type { LeasesSeen } from "../../services/doctor/LeasesSeen.ts"
import type { ProcessStates } from "../../services/doctor/ProcessStates.ts"
import { StoreSeen } from "../../services/doctor/StoreSeen.ts"
import type { DefaultAccount } from "../../services/sign-in/DefaultAccount.ts"
import type { LoopbackListener } from "../../services/sign-in/LoopbackListener.ts"
import type { DataDirectory } from "../../services/storage/DataDirectory.ts"
import type { VaultKeys } from "../../services/storage/VaultKeys.ts"
import * as AccountCheck from "./AccountCheck.ts"
import * as CallbackCheck from "./CallbackCheck.ts"
import type { Check } from "./Check.ts"
import * as ConsentCheck from "./ConsentCheck.ts"
import * as DefaultAccountCheck from "./DefaultAccountCheck.ts"
import * as DirectoryCheck from "./DirectoryCheck.ts"
import * as LeasesCheck from "./LeasesCheck.ts"
import * as PendingCheck from "./PendingCheck.ts"
import * as ScopesCheck from "./ScopesCheck.ts"
import * as StoreCheck from "./StoreCheck.ts"
import * as VaultCheck from "./VaultCheck.ts"

export class KeptChecks extends Context.Service<KeptChecks, {
  /** The checks of one examination, which share one look at the store. */
  readonly begin: Effect.Effect<ReadonlyArray<Check>>
}>()("mcp-gas/layers/doctor/KeptChecks") {}

const all = Effect.all([
  CallbackCheck.make,
  DirectoryCheck.make,
  StoreCheck.make,
  VaultCheck.make,
  LeasesCheck.make,
  PendingCheck.make,
  AccountCheck.make,
  DefaultAccountCheck.make,
  ScopesCheck.make,
  ConsentCheck.make
])

type Needs =
  | ConfigSeen
  | DataDirectory
  | DefaultAccount
  | FileSystem.FileSystem
  | LeasesSeen
  | LoopbackListener
  | Path.Path
  | ProcessStates
  | StoreSeen
  | VaultKeys

/** Provides `KeptChecks`; needs what they look at; finalizes nothing. */
export const layer: Layer.Layer<KeptChecks, never, Needs> = Layer.effect(
  KeptChecks,
  Effect.gen(function*() {
    const context = yield* Effect.context<Needs>()
    const store = yield* StoreSeen
    return KeptChecks.of({
      begin: Effect.flatMap(
        Effect.cached(store.look),
        (look) => all.pipe(Effect.provideService(StoreSeen, { ...store, look }), Effect.provideContext(context))
      )
    })
  })
)

const nowhere: Check = {
  area: "directory",
  run: Effect.succeed([
    warning(
      "directory",
      "Nothing that is kept could be examined, since it is not known where the data directory is.",
      "See what is said of configuration, and try again."
    )
  ])
}

/** Provides `KeptChecks` where nobody knows which directory that is; needs nothing; finalizes nothing. */
export const layerNowhere: Layer.Layer<KeptChecks> = Layer.succeed(KeptChecks, {
  begin: Effect.succeed([nowhere])
})
