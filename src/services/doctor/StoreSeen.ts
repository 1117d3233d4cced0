/**
 * What is stored, as it is at one moment, for whoever must not change it: a store that is opened to be used is mended,
 * upgraded or set aside where that is needed.
 */
import { Context, type DateTime, type Effect, type Option } from "effect"
import type { AccountKey } from "../sign-in/AccountKey.ts"
import type { Slot, StoreUnavailable } from "../storage/SessionStore.ts"
import type { KeyKeeper } from "../storage/Vault.ts"

/** One slot that was written some time. */
export interface SlotSeen {
  readonly key: AccountKey
  /** Who keeps the key that its tokens are sealed with; none where nothing is sealed. */
  readonly keeper: Option.Option<KeyKeeper>
  /** The slot, opened; fails where it cannot be read, or where the key is out of reach. */
  readonly slot: Effect.Effect<Slot, StoreUnavailable>
}

/** One sign-in that has not ended, as its process has written it down. */
export interface FlowSeen {
  readonly key: AccountKey
  readonly pid: number
  readonly startedAt: DateTime.Utc
  readonly expiresAt: DateTime.Utc
  /** Whether its person has answered. */
  readonly answered: boolean
}

/** The lease that a sign-in has, or had. */
export interface FlowLease {
  readonly key: AccountKey
  readonly lease: string
}

export interface Stored {
  /** The form of the tables; none if nothing has been stored yet. */
  readonly form: Option.Option<number>
  /** The form that this version uses. */
  readonly current: number
  /** The rights on the file, if others have any. */
  readonly wide: Option.Option<number>
  /** In the order of their keys. */
  readonly slots: ReadonlyArray<SlotSeen>
  /** How many rows belong to no slot. */
  readonly strays: number
  readonly pending: ReadonlyArray<FlowSeen>
  readonly leases: ReadonlyArray<FlowLease>
}

export class StoreSeen extends Context.Service<StoreSeen, {
  /** Absolute path of the file. */
  readonly path: string
  /**
   * What is stored now, looked at anew each time. Fails where the file must not be used, is damaged, was written by a newer
   * version, or cannot be looked at without changing it.
   */
  readonly look: Effect.Effect<Stored, StoreUnavailable>
}>()("mcp-gas/services/doctor/StoreSeen") {}
