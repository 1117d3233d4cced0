/**
 * Flows to write down, what happens to them, and a look at what was written.
 */
import { assert } from "@effect/vitest"
import { DateTime, Duration, Effect, Option, Redacted, Scheduler } from "effect"
import { pid } from "node:process"
import { ClientMisconfigured, ConfigProblem } from "../../src/services/config/Config.ts"
import { ExchangeFailed, ProviderUnreachable } from "../../src/services/provider/AuthorizationServer.ts"
import { CallbackUnavailable } from "../../src/services/sign-in/CallbackServer.ts"
import {
  AccountMismatch,
  AuthorizationRefused,
  ConsentDenied,
  FlowCancelled,
  type FlowFailure,
  FlowStalled,
  FlowTimedOut,
  ScopesMissing
} from "../../src/services/sign-in/FlowFailure.ts"
import { FlowId } from "../../src/services/sign-in/Session.ts"
import type { FlowBegun, FlowChange, FlowEnding, FlowOpened, FlowRecord } from "../../src/services/storage/FlowStore.ts"
import { StoreUnavailable } from "../../src/services/storage/SessionStore.ts"
import { ada } from "./sessionData.ts"

/** A moment, in milliseconds after the epoch, which is when a `TestClock` starts. */
export const at = (millis: number): DateTime.Utc => DateTime.makeUnsafe(millis)

/** Not over in the time of any test, be it by the `TestClock` or by the live one. */
const farAway = at(4_102_444_800_000)

/** What a flow lasts until once it is open, unless said. */
export const later = at(4_102_444_860_000)

/** A flow of Ada's. */
export const flow = (id: string, options: Partial<FlowBegun> = {}): FlowBegun => ({
  id: FlowId.make(id),
  key: ada,
  purpose: "read",
  lease: `lease of ${id}`,
  startedAt: at(0),
  expiresAt: farAway,
  ...options
})

/** The record of a flow that this process began, and to which this has happened since. */
export const record = (begun: FlowBegun, since: Partial<FlowRecord> = {}): FlowRecord => ({
  ...begun,
  pid,
  opened: Option.none(),
  tab: "not_asked",
  answered: false,
  asked: undefined,
  delivered: Option.none(),
  ending: undefined,
  evicted: false,
  ...since
})

/** What opened a flow. Its secrets are told apart from others by what they end with, and found by "canary". */
export const openedWith = (secret: string, required = true): FlowOpened => ({
  authorizationUrl: Redacted.make(`https://id.example/authorize?state=canary-state-${secret}&prompt=canary-url`),
  redirectUri: `http://127.0.0.1:4711/${secret}`,
  expected: {
    state: Redacted.make(`canary-state-${secret}`),
    issuer: { identifier: "https://id.example", required }
  }
})

export const pasted = (secret: string): Redacted.Redacted<string> =>
  Redacted.make(`http://127.0.0.1:4711/?code=canary-code-${secret}`)

export const opens = (secret: string, expiresAt = later): FlowChange => ({
  _tag: "Opened",
  opened: openedWith(secret),
  expiresAt
})
export const answers: FlowChange = { _tag: "Answered" }
export const shows = (tab: "opened" | "failed"): FlowChange => ({ _tag: "Shown", tab })
export const asks = (by: "cancel" | "logout"): FlowChange => ({ _tag: "Asked", by })
export const delivers = (secret: string): FlowChange => ({ _tag: "Delivered", redirectedUrl: pasted(secret) })
export const withdraws: FlowChange = { _tag: "Withdrawn" }
export const ends = (ending: FlowEnding, evicts = false): FlowChange => ({ _tag: "Ended", ending, evicts })

export const signedIn: FlowEnding = { _tag: "SignedIn" }
export const failed = (error: FlowFailure): FlowEnding => ({ _tag: "Failed", error })
export const takenOver = (by: string): FlowEnding => ({ _tag: "TakenOver", by: FlowId.make(by) })

export const timedOut: FlowEnding = failed(new FlowTimedOut({ after: Duration.minutes(5) }))

type Failures = { readonly [Tag in FlowFailure["_tag"]]: ReadonlyArray<Extract<FlowFailure, { readonly _tag: Tag }>> }

/** Each way a flow can fail, with what it may tell and without. */
export const failures: Failures = {
  ConsentDenied: [new ConsentDenied()],
  AuthorizationRefused: [
    new AuthorizationRefused({ error: "invalid_scope", description: "no such \"scope\" \u{1f511}" }),
    new AuthorizationRefused({ error: "server_error" })
  ],
  FlowTimedOut: [new FlowTimedOut({ after: Duration.minutes(5) })],
  FlowCancelled: [
    new FlowCancelled({ by: "cancel" }),
    new FlowCancelled({ by: "logout" }),
    new FlowCancelled({ by: "shutdown" })
  ],
  FlowStalled: [new FlowStalled({ pid: 4711, after: Duration.millis(90_500) })],
  ExchangeFailed: [
    new ExchangeFailed({ error: "invalid_grant", description: "spent", ambiguous: false }),
    new ExchangeFailed({ error: "timeout", ambiguous: true })
  ],
  ScopesMissing: [
    new ScopesMissing({ missing: ["drive", "script"], granted: ["openid"] }),
    new ScopesMissing({ missing: ["drive"], granted: [] })
  ],
  AccountMismatch: [
    new AccountMismatch({ expected: ada, actual: "grace@example.com" }),
    new AccountMismatch({ expected: ada })
  ],
  CallbackUnavailable: [
    new CallbackUnavailable({ port: 8080, reason: "EADDRINUSE" }),
    new CallbackUnavailable({ reason: "EACCES" })
  ],
  ClientMisconfigured: [
    new ClientMisconfigured({
      problems: [
        new ConfigProblem({ where: "MCP_GAS_CLIENT_ID", problem: "It is empty.", remedy: "Set it." }),
        new ConfigProblem({ where: "client.json", problem: "It is no JSON.", remedy: "Download it again." })
      ]
    })
  ],
  ProviderUnreachable: [
    new ProviderUnreachable({ operation: "discovery", problem: "No answer.", retryAfter: 1.5, ambiguous: true }),
    new ProviderUnreachable({ operation: "discovery", problem: "No network.", ambiguous: false })
  ],
  StoreUnavailable: [
    new StoreUnavailable({ problem: "The disk is full.", remedy: "Free some space." }),
    new StoreUnavailable({ problem: "It is locked.", remedy: "Try again.", cause: new Error("canary-cause") })
  ]
}

/** All that an error says and is. A cause stays with the process that has it. */
const plainError = (error: FlowFailure) => ({
  class: error.constructor,
  code: error.code,
  message: error.message,
  remedy: error.remedy,
  fields: Object.entries(error).filter(([name]) => name !== "cause")
})

/** A record with its secrets in the clear: two of them are told apart by their names alone. */
const plain = ({ delivered, ending, expiresAt, opened, startedAt, ...rest }: FlowRecord) => ({
  ...rest,
  startedAt: DateTime.toEpochMillis(startedAt),
  expiresAt: DateTime.toEpochMillis(expiresAt),
  opened: Option.map(opened, ({ authorizationUrl, expected, redirectUri }) => ({
    redirectUri,
    authorizationUrl: Redacted.value(authorizationUrl),
    state: Redacted.value(expected.state),
    issuer: expected.issuer
  })).pipe(Option.getOrUndefined),
  delivered: Option.getOrUndefined(Option.map(delivered, Redacted.value)),
  ending: ending?._tag === "Failed" ? { _tag: ending._tag, error: plainError(ending.error) } : ending
})

/** Secrets and errors too are the same ones. */
export const sameFlows = (actual: Iterable<FlowRecord>, expected: Iterable<FlowRecord>): void =>
  assert.deepStrictEqual(Array.from(actual, plain), Array.from(expected, plain))

/** What was found is this flow. */
export const isFlow = (actual: Option.Option<FlowRecord>, expected: FlowRecord): void =>
  sameFlows(Option.toArray(actual), [expected])

/** In an order of their own, for what comes in no particular one. */
export const sorted = (flows: ReadonlyArray<FlowRecord>): ReadonlyArray<FlowRecord> =>
  flows.toSorted((one, other) => one.id < other.id ? -1 : 1)

/** Runs all at the same time, each giving way to the others with every few steps it takes: with fewer, none gets on. */
export const atOnce = <A, E, R>(
  all: ReadonlyArray<Effect.Effect<A, E, R>>
): Effect.Effect<ReadonlyArray<A>, E, R> =>
  Effect.all(all, { concurrency: "unbounded" }).pipe(Effect.provideService(Scheduler.MaxOpsBeforeYield, 3))
