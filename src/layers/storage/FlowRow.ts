/**
 * What a flow looks like as a row of text and numbers. What would let somebody finish it is in it only sealed, for this
 * flow alone.
 */
import { Effect, Redacted, Schema } from "effect"
import { AccountKey } from "../../services/sign-in/AccountKey.ts"
import { FlowFailure } from "../../services/sign-in/FlowFailure.ts"
import { FlowId } from "../../services/sign-in/Session.ts"
import type { FlowEnding, FlowOpened, FlowRecord, FlowUnderWay } from "../../services/storage/FlowStore.ts"
import { StoreUnavailable } from "../../services/storage/SessionStore.ts"
import type { Place, Vault } from "../../services/storage/Vault.ts"
import { BigInteger } from "./SqlNumbers.ts"

const OpenedSecrets = Schema.fromJsonString(Schema.Struct({
  authorizationUrl: Schema.String,
  redirectUri: Schema.String,
  state: Schema.String,
  issuer: Schema.Struct({ identifier: Schema.String, required: Schema.Boolean })
}))

const Ending = Schema.fromJsonString(Schema.toCodecJson(Schema.Union([
  Schema.TaggedStruct("SignedIn", {}),
  Schema.TaggedStruct("Failed", { error: FlowFailure }),
  Schema.TaggedStruct("TakenOver", { by: FlowId })
])))

const Bit = BigInteger.pipe(Schema.decodeTo(Schema.BooleanFromBit))

const Columns = Schema.Struct({
  flow_id: FlowId,
  account_key: AccountKey,
  purpose: Schema.String,
  lease: Schema.String,
  pid: BigInteger,
  started_at: BigInteger.pipe(Schema.decodeTo(Schema.DateTimeUtcFromMillis)),
  expires_at: BigInteger.pipe(Schema.decodeTo(Schema.DateTimeUtcFromMillis)),
  opened: Schema.NullOr(Schema.String),
  tab: Schema.Literals(["not_asked", "asked", "opened", "accepted", "failed"]),
  answered: Bit,
  asked: Schema.NullOr(Schema.Literals(["cancel", "logout", "decline"])),
  delivered: Schema.NullOr(Schema.String),
  ending: Schema.NullOr(Ending),
  evicted: Bit
})

const decodeColumns = Schema.decodeUnknownEffect(Columns)
const decodeSecrets = Schema.decodeEffect(OpenedSecrets)

/** A row as the database gives it: another version, or another hand, may have written it. */
export type Row = { readonly [column: string]: unknown }

const placeOf = (id: FlowId, column: "opened" | "delivered"): Place => ["flow", column, id]

const unreadable = () =>
  new StoreUnavailable({
    problem: "A sign-in that another copy of this server has begun cannot be read.",
    remedy: "End the other copies of this server, or update them to the version of this one, and start again."
  })

/** What another process would have to do with a cause is nothing, and it may hold more than it needs to know. */
const withoutCause = (error: FlowFailure): FlowFailure =>
  error._tag === "StoreUnavailable" ? new StoreUnavailable({ problem: error.problem, remedy: error.remedy }) : error

/** An ending as text. */
export const endingText = (ending: FlowEnding): Effect.Effect<string> =>
  Effect.orDie(
    Schema.encodeEffect(Ending)(
      ending._tag === "Failed" ? { _tag: "Failed", error: withoutCause(ending.error) } : ending
    )
  )

/** What opened a flow, sealed. */
export const sealOpened = Effect.fnUntraced(
  function*(vault: Vault["Service"], id: FlowId, { authorizationUrl, expected, redirectUri }: FlowOpened) {
    const text = yield* Effect.orDie(
      Schema.encodeEffect(OpenedSecrets)({
        authorizationUrl: Redacted.value(authorizationUrl),
        redirectUri,
        state: Redacted.value(expected.state),
        issuer: expected.issuer
      })
    )
    return yield* vault.seal(Redacted.make(text, { label: "sign-in" }), placeOf(id, "opened"))
  }
)

/** A pasted address, sealed. */
export const sealDelivered = (
  vault: Vault["Service"],
  id: FlowId,
  redirectedUrl: Redacted.Redacted<string>
): Effect.Effect<string, StoreUnavailable> => vault.seal(redirectedUrl, placeOf(id, "delivered"))

const openedOf = (vault: Vault["Service"], id: FlowId, sealed: string) =>
  Effect.map(
    Effect.flatMap(vault.open(sealed, placeOf(id, "opened")), (text) => decodeSecrets(Redacted.value(text))),
    ({ authorizationUrl, issuer, redirectUri, state }): FlowOpened => ({
      authorizationUrl: Redacted.make(authorizationUrl, { label: "authorization URL" }),
      redirectUri,
      expected: { state: Redacted.make(state, { label: "state" }), issuer }
    })
  )

/** What was sealed, opened, if anything was. */
const ifThere = <A, E>(sealed: string | null, open: (sealed: string) => Effect.Effect<A, E>) =>
  sealed === null ? Effect.succeedNone : Effect.asSome(open(sealed))

/** The flow that a row tells of. */
export const toRecord = Effect.fnUntraced(
  function*(vault: Vault["Service"], row: Row) {
    const columns = yield* decodeColumns(row)
    const id = columns.flow_id
    const record: FlowRecord = {
      id,
      key: columns.account_key,
      purpose: columns.purpose,
      lease: columns.lease,
      pid: columns.pid,
      startedAt: columns.started_at,
      expiresAt: columns.expires_at,
      opened: yield* ifThere(columns.opened, (sealed) => openedOf(vault, id, sealed)),
      tab: columns.tab,
      answered: columns.answered,
      asked: columns.asked ?? undefined,
      delivered: yield* ifThere(columns.delivered, (sealed) => vault.open(sealed, placeOf(id, "delivered"))),
      ending: columns.ending ?? undefined,
      evicted: columns.evicted
    }
    return record
  },
  Effect.catchTag(["SchemaError", "SealBroken"], () => Effect.fail(unreadable()))
)

/** What a row tells somebody who only looks on. */
export const toUnderWay = (row: Row): Effect.Effect<FlowUnderWay, StoreUnavailable> =>
  Effect.mapBoth(decodeColumns(row), {
    onFailure: unreadable,
    onSuccess: (columns) => ({
      id: columns.flow_id,
      key: columns.account_key,
      expiresAt: columns.expires_at,
      tab: columns.tab,
      answered: columns.answered,
      asked: columns.asked ?? undefined,
      isOpen: columns.opened !== null
    })
  })
