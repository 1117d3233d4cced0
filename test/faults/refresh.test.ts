/**
 * An access token has expired, and the wire fails while it is renewed: whoever waits for it hears why, the session is kept,
 * and once the wire is well the session is renewed. Where refresh tokens are replaced, one that may have been is never sent
 * a second time; a person signs in again instead.
 */
import { describe, it } from "@effect/vitest"
import { refreshCell } from "../support/refreshCell.ts"
import { inWorld } from "../support/wireFaultEngine.ts"
import { faultNames } from "../support/wireFaults.ts"
import { refresh, rotatingRefresh } from "../support/wireTable.ts"

describe("refresh, where the refresh token stays the same", () => {
  for (const name of faultNames) {
    it.effect(`refresh: ${name}`, () => refreshCell(name, refresh[name], false).pipe(inWorld()))
  }
})

describe("refresh, where the refresh token is replaced", () => {
  for (const name of faultNames) {
    it.effect(`rotating refresh: ${name}`, () =>
      refreshCell(name, rotatingRefresh[name], true).pipe(inWorld({ rotates: true })))
  }
})
