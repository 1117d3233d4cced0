/**
 * The sign-ins that are under way on this machine, as every process sees them.
 *
 * One process runs a flow; what others need to show it, to wait for it, to end it and to go on where its process died is
 * kept here. A record says what happened and never proves that its process is alive: that is what the flow's lease is for.
 */
import { Context, type DateTime, type Duration, type Effect, type Option, type Redacted, type Stream } from "effect"
import type { ExpectedResponse } from "../provider/AuthorizationResponse.ts"
import type { AccountKey } from "../sign-in/AccountKey.ts"
import type { FlowFailure } from "../sign-in/FlowFailure.ts"
import type { FlowId } from "../sign-in/Session.ts"
import type { StoreUnavailable } from "./SessionStore.ts"

/** How a flow ended. */
export type FlowEnding =
  /** Its session is in the slot. */
  | { readonly _tag: "SignedIn" }
  | { readonly _tag: "Failed"; readonly error: FlowFailure }
  /** Its process had died, and another one began a flow in its place. */
  | { readonly _tag: "TakenOver"; readonly by: FlowId }

/** What became of showing a flow to the person. */
export type FlowTab = "not_asked" | "asked" | "opened" | "accepted" | "failed"

/** What asked that a flow be ended: a call to cancel it, a sign-out, or the person's no to opening its page. */
export type FlowEnd = "cancel" | "logout" | "decline"

/** What a flow is, from its first moment on. */
export interface FlowBegun {
  /** Another one with every attempt. */
  readonly id: FlowId
  /** The slot that its session goes to. */
  readonly key: AccountKey
  /** What is asked for, of whom, and as whom: flows with the same purpose stand for each other, others do not. */
  readonly purpose: string
  /** The name of the lease that its process holds for as long as it may still end the flow. */
  readonly lease: string
  /** When it began, by the `Clock` of its process. */
  readonly startedAt: DateTime.Utc
  /** When it is over at the latest, unless its person has answered. */
  readonly expiresAt: DateTime.Utc
}

/** What a person, and whoever passes on what they paste, needs. Sealed at rest: the address carries `state`. */
export interface FlowOpened {
  /** Where the person has to go. */
  readonly authorizationUrl: Redacted.Redacted<string>
  /** Where the browser ends up: the listener of the process that runs the flow. */
  readonly redirectUri: string
  /** What a response has to bring, to be the answer to this flow. */
  readonly expected: ExpectedResponse
}

/** A flow as it was last written down. */
export interface FlowRecord extends FlowBegun {
  /** The process that runs it, by the system's number. */
  readonly pid: number
  /** None before its listener is there, and once it has ended. */
  readonly opened: Option.Option<FlowOpened>
  /** What became of showing it to the person so far. */
  readonly tab: FlowTab
  /** Whether the person has answered, so that what is left needs no person and ends by itself. */
  readonly answered: boolean
  /** Who has asked that it be ended. A sign-out is the later word. */
  readonly asked: FlowEnd | undefined
  /** The address that a person has pasted in another process. */
  readonly delivered: Option.Option<Redacted.Redacted<string>>
  /** How it ended; undefined for as long as it has not. */
  readonly ending: FlowEnding | undefined
  /** Ended by somebody else because its process did nothing: its lease is not to be waited for. */
  readonly evicted: boolean
}

/** What can be told of a flow to somebody who only looks on. */
export interface FlowUnderWay extends Pick<FlowRecord, "id" | "key" | "expiresAt" | "tab" | "answered" | "asked"> {
  /** Whether there is a listener for it, and so something to show. */
  readonly isOpen: boolean
}

/** What is written down of a flow. Nothing is once it has ended. */
export type FlowChange =
  | { readonly _tag: "Opened"; readonly opened: FlowOpened; readonly expiresAt: DateTime.Utc }
  | { readonly _tag: "Answered" }
  | { readonly _tag: "Shown"; readonly tab: "opened" | "accepted" | "failed" }
  | { readonly _tag: "Asked"; readonly by: FlowEnd }
  /** Only the first one is kept. */
  | { readonly _tag: "Delivered"; readonly redirectedUrl: Redacted.Redacted<string> }
  /** Its process stops before it has ended: nobody listens for it any more, so that there is nothing to show until another goes on. */
  | { readonly _tag: "Withdrawn" }
  | { readonly _tag: "Ended"; readonly ending: FlowEnding; readonly evicts: boolean }

/** Whether a browser may be opened on a flow. */
export type TabClaim =
  /** Yes, by this caller and no other. */
  | { readonly _tag: "Granted" }
  /** Somebody has opened it, or is about to; or it is over. */
  | { readonly _tag: "Taken"; readonly tab: FlowTab }
  /** The account has had a tab just now; not for as long as this. */
  | { readonly _tag: "Braked"; readonly left: Duration.Duration }

/**
 * The flows of this machine, as far as processes have to know of those of each other. Every change is one atomic
 * step.
 */
export class FlowStore extends Context.Service<FlowStore, {
  /** The flow of this key and purpose that was begun last, ended or not. Never writes. */
  readonly newest: (key: AccountKey, purpose: string) => Effect.Effect<Option.Option<FlowRecord>, StoreUnavailable>
  /** The flow of this identifier; none if there was none, or if it is forgotten. Never writes. */
  readonly read: (id: FlowId) => Effect.Effect<Option.Option<FlowRecord>, StoreUnavailable>
  /** The flows of this key that have not ended, whatever their purpose; those of processes that died are among them. */
  readonly pending: (key: AccountKey) => Effect.Effect<ReadonlyArray<FlowRecord>, StoreUnavailable>
  /**
   * Writes a flow of this process down, and that it stands in for another one, in one step. Flows that ended some minutes
   * ago, or a hundred flows ago, are forgotten with that.
   */
  readonly begin: (flow: FlowBegun, inPlaceOf: Option.Option<FlowId>) => Effect.Effect<void, StoreUnavailable>
  /** Writes down what happened to a flow; false if that changes nothing, because it has ended or was told before. */
  readonly change: (id: FlowId, change: FlowChange) => Effect.Effect<boolean, StoreUnavailable>
  /** The flow as it is, and as it becomes, within a tenth of a second by the `Clock`; skips what came in between. */
  readonly watch: (id: FlowId) => Stream.Stream<FlowRecord, StoreUnavailable>
  /**
   * The flows that have not ended, of every key and purpose, in the order in which they were begun: as they are, and as they
   * become, within a quarter of a second by the `Clock`; skips what came in between. Those of processes that died are among
   * them. Never writes, and opens nothing that is sealed.
   */
  readonly underWay: Stream.Stream<ReadonlyArray<FlowUnderWay>, StoreUnavailable>
  /**
   * Asks to open a browser on a flow, which no more than one caller ever may; nor for its account, until `rest` has passed
   * since it last did, on the whole machine.
   */
  readonly claimTab: (
    flow: { readonly id: FlowId; readonly key: AccountKey },
    rest: Duration.Duration
  ) => Effect.Effect<TabClaim, StoreUnavailable>
}>()("mcp-gas/services/storage/FlowStore") {}
