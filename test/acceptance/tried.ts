/**
 * Makes tests of what is run with a client.
 */
import { describe, it } from "@effect/vitest"
import { Effect, type Layer, type Scope, Struct } from "effect"
import { layer } from "../support/signInProcess.ts"
import type { Client } from "./clients.ts"

/** Each row of a client is a test, with a local Google, a person and a Scope of its own. */
export const tried = <Ran extends string>(
  client: Client<Ran>,
  runs: Readonly<Record<Ran, Effect.Effect<void, unknown, Layer.Success<typeof layer> | Scope.Scope>>>
) =>
  describe(client.name, () => {
    for (const ran of Struct.keys(client.rows)) {
      it.live(`${ran}: ${client.rows[ran]}`, () => Effect.provide(runs[ran], layer))
    }
  })
