/**
 * Durable slots, one per `AccountKey`, written by compare-and-swap.
 *
 * The store is what keeps sign-in safe: whoever writes names the generation it has read, and a write that comes late
 * finds another generation and changes nothing. Locks and leases only save work.
 */
import { Context, type DateTime, type Effect, Schema, type Stream } from "effect"
import type { Explained } from "../Explained.ts"
import type { AccountKey } from "../sign-in/AccountKey.ts"
import { Account, Generation, type Session, type SessionDraft } from "../sign-in/Session.ts"

/** Why a slot needs a person again although somebody was signed in. */
export const SignInNeed = Schema.Literals(["revoked", "expired", "reauth_policy"])
export type SignInNeed = typeof SignInNeed.Type

/** A session that ended without the person asking for it: the account and its settings are kept, the tokens are gone. */
export class EndedSession extends Schema.Class<EndedSession>("mcp-gas/EndedSession")({
  /** Who was signed in. */
  account: Account,
  /** Why it ended. */
  reason: SignInNeed,
  /** What had been granted. */
  grantedScopes: Schema.Array(Schema.String),
  /** The OAuth client that the tokens had been issued to. */
  clientId: Schema.String,
  /** The tokens are there and cannot be opened: the key they were sealed with is gone, or they were tampered with. */
  sealed: Schema.optionalKey(Schema.Literal(true))
}) {}

/**
 * What a slot holds: nothing yet; a session; nothing any more, because the person said so; nothing to work with any more, for
 * another reason, and who it was.
 */
export type SlotState =
  | { readonly _tag: "Never" }
  | { readonly _tag: "SignedIn"; readonly session: Session }
  | { readonly _tag: "SignedOut" }
  | { readonly _tag: "NeedsSignIn"; readonly ended: EndedSession }

/** One slot as it was read. */
export interface Slot {
  /** Which slot it is. */
  readonly key: AccountKey
  /** Grows by one with every write, sign-outs included. */
  readonly generation: Generation
  /** The generation of the latest sign-out, 0 if there was none: work that began before it may not write. */
  readonly lastSignOut: Generation
  /** What it holds. */
  readonly state: SlotState
  /**
   * When the refresh token of this generation was last sent to the provider, if no answer to that is known: whoever sent
   * it is waiting for one, or has died.
   */
  readonly presentedAt: DateTime.Utc | undefined
}

/** What a writer may put into a slot; signing out is `tombstone`. */
export type SlotWrite =
  | { readonly _tag: "SignedIn"; readonly draft: SessionDraft }
  | { readonly _tag: "NeedsSignIn"; readonly ended: EndedSession }

/** Somebody wrote the slot since it was read. Nothing was changed; `current` is what is there now. */
export class GenerationPassed extends Schema.TaggedError<GenerationPassed>()("GenerationPassed", {
  /** The generation that the writer had read. */
  expected: Generation,
  /** The generation that the slot is at. */
  current: Generation
}) {
  override get message(): string {
    return `The slot is at generation ${this.current}, the write expected ${this.expected}.`
  }
}

/** The refresh token of this generation was sent before, and no answer to that is known. Nothing was changed. */
export class AlreadyPresented extends Schema.TaggedError<AlreadyPresented>()("AlreadyPresented", {
  /** When it was sent, by the clock of whoever sent it. */
  at: Schema.DateTimeUtcFromMillis
}) {}

/** The store cannot be read or written. Nothing was changed. */
export class StoreUnavailable extends Schema.TaggedError<StoreUnavailable>()("StoreUnavailable", {
  /** One sentence: what the store ran into. */
  problem: Schema.String,
  /** One sentence: what the person can do. */
  remedy: Schema.String,
  /** What went wrong, for the log. */
  cause: Schema.optionalKey(Schema.Defect())
}) implements Explained {
  readonly code = "store_unavailable"
  override get message(): string {
    return this.problem
  }
}

/**
 * Keeps what sign-ins leave behind. Whoever writes says which generation they have read; of two who have read the same,
 * one writes.
 *
 * @example
 * ```ts
 * import { Console, DateTime, Effect, Redacted } from "effect"
 * import {
 *   Account,
 *   defaultAccountKey,
 *   FlowId,
 *   SessionDraft,
 *   SessionStore,
 *   SessionStoreMemory,
 *   type SlotWrite,
 *   Tokens
 * } from "mcp-gas"
 *
 * const program = Effect.gen(function*() {
 *   const { read, write } = yield* SessionStore
 *   const now = yield* DateTime.now
 *   const signedIn: SlotWrite = {
 *     _tag: "SignedIn",
 *     draft: new SessionDraft({
 *       account: new Account({ email: "ada@example.com" }),
 *       tokens: new Tokens({
 *         accessToken: Redacted.make("secret"),
 *         issuedAt: now,
 *         expiresAt: DateTime.add(now, { hours: 1 })
 *       }),
 *       grantedScopes: ["email"],
 *       clientId: "my-client",
 *       flowId: FlowId.make("flow-1"),
 *       signedInAt: now
 *     })
 *   }
 *   const { generation } = yield* read(defaultAccountKey)
 *   const written = yield* write(defaultAccountKey, generation, signedIn)
 *   yield* Console.log(`${written.state._tag} at ${written.generation}`) // → SignedIn at 1
 *
 *   const late = yield* Effect.flip(write(defaultAccountKey, generation, signedIn))
 *   yield* Console.log(late.message) // → The slot is at generation 1, the write expected 0.
 * })
 *
 * await Effect.runPromise(Effect.provide(program, SessionStoreMemory.layer))
 * ```
 */
export class SessionStore extends Context.Service<SessionStore, {
  /** The slot as it is now; a key nobody ever used reads as `Never` at generation 0. Never writes. */
  readonly read: (key: AccountKey) => Effect.Effect<Slot, StoreUnavailable>
  /**
   * Writes if the slot is still at `expected`, in one atomic step; the slot is then at `expected + 1`. Otherwise
   * nothing changes and the caller must read again: adopt, or give way. Not interruptible half way. Where flows are
   * kept in the same place, what comes of one that was ended over its process's head (`FlowRecord.evicted`) is late at any
   * generation.
   */
  readonly write: (
    key: AccountKey,
    expected: Generation,
    write: SlotWrite
  ) => Effect.Effect<Slot, GenerationPassed | StoreUnavailable>
  /**
   * Signs the slot out, whatever it held: the user's word needs no generation. Everything that read an earlier
   * generation can no longer write. What was there comes back for its tokens to be revoked, as far as they can be opened.
   */
  readonly tombstone: (
    key: AccountKey
  ) => Effect.Effect<{ readonly before: Slot; readonly after: Slot }, StoreUnavailable>
  /**
   * Notes, before it is done, that the refresh token of generation `expected` is sent to the provider. The slot stays at
   * its generation; the note goes with the next write. Where a token may only be sent once, `again` is false, and of any
   * number of callers one gets through.
   */
  readonly present: (
    key: AccountKey,
    expected: Generation,
    options: { readonly again: boolean }
  ) => Effect.Effect<void, GenerationPassed | AlreadyPresented | StoreUnavailable>
  /** Takes the note of `present` back: the provider has not acted on it. Does nothing for a slot that has moved on. */
  readonly withdraw: (key: AccountKey, expected: Generation) => Effect.Effect<void, StoreUnavailable>
  /** Every slot that was ever written, signed-out ones included, in no particular order. */
  readonly list: Effect.Effect<ReadonlyArray<Slot>, StoreUnavailable>
  /** Each slot as it is written, from the moment of subscription on, in the order of the writes to it. */
  readonly watch: Stream.Stream<Slot, StoreUnavailable>
}>()("mcp-gas/services/storage/SessionStore") {}
