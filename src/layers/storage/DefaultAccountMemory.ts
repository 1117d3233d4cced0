/**
 * `DefaultAccount` in memory, for tests and for embedders who keep nothing.
 */
import { Effect, Layer, Ref } from "effect"
import { defaultAccountKey } from "../../services/sign-in/AccountKey.ts"
import { DefaultAccount } from "../../services/sign-in/DefaultAccount.ts"

/** Provides `DefaultAccount`; needs and finalizes nothing. What was chosen ends with the layer. */
export const layer: Layer.Layer<DefaultAccount> = Layer.effect(
  DefaultAccount,
  Effect.map(
    Ref.make(defaultAccountKey),
    (chosen) => DefaultAccount.of({ get: Ref.get(chosen), choose: (key) => Ref.set(chosen, key) })
  )
)
