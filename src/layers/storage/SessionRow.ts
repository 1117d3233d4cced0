/**
 * What a slot looks like as a row of text and numbers. Tokens, and the client they bring along, are in it only sealed, for the
 * client they were issued to and for the slot they are in: a row that is copied to another slot does not open there.
 */
import { Data, Effect, Option, Redacted, Schema, Struct } from "effect"
import { AccountKey } from "../../services/sign-in/AccountKey.ts"
import { Generation, Session, SessionDraft, Tokens } from "../../services/sign-in/Session.ts"
import {
  EndedSession,
  type Slot,
  type SlotState,
  type SlotWrite,
  StoreUnavailable
} from "../../services/storage/SessionStore.ts"
import type { Vault } from "../../services/storage/Vault.ts"
import { BigInteger } from "./SqlNumbers.ts"

/** The columns that tell a slot's state. */
export interface StateColumns {
  readonly state: SlotWrite["_tag"] | "SignedOut"
  readonly record: string | null
  readonly sealed: string | null
}

/** Which slot a row is of, and how far it has come. */
export type Place = Pick<Slot, "key" | "generation" | "lastSignOut">

/** A row as the database gives it: another version, or another hand, may have written it. */
export type Row = { readonly [column: string]: unknown }

const PlaceColumns = Schema.Struct({
  account_key: AccountKey,
  // A slot has a row from its first generation on.
  generation: BigInteger.pipe(Schema.decodeTo(Generation.check(Schema.isGreaterThan(0)))),
  last_sign_out: BigInteger.pipe(Schema.decodeTo(Generation))
})

/** None for a row that can be of no slot. */
export const placeOf = (row: Row): Option.Option<Place> =>
  Option.map(
    Schema.decodeUnknownOption(PlaceColumns)(row),
    ({ account_key: key, generation, last_sign_out: lastSignOut }) => ({ key, generation, lastSignOut })
  )

const decodePresented = Schema.decodeUnknownEffect(
  Schema.UndefinedOr(BigInteger.pipe(Schema.decodeTo(Schema.DateTimeUtcFromMillis)))
)

const described = Struct.omit(SessionDraft.fields, ["tokens"])
const { accessToken, ownClient, refreshToken, ...dated } = Tokens.fields
const SignedInRecord = Schema.fromJsonString(Schema.Struct({ ...described, ...dated }))
const EndedRecord = Schema.fromJsonString(EndedSession)
const Secrets = Schema.fromJsonString(Schema.Struct({ accessToken, refreshToken, ownClient }))

/** What is in the row was not written by this version, nor by one it knows of. Without a cause: that would tell it. */
export class RowMalformed extends Data.TaggedError("RowMalformed")<Place> {
  get unavailable(): StoreUnavailable {
    return new StoreUnavailable({
      problem: `What is stored for "${this.key}" cannot be read; other accounts are not affected.`,
      remedy: `Sign account "${this.key}" out and in again.`
    })
  }
}

/** The columns of a slot to which this is written. */
export const toColumns = Effect.fnUntraced(function*(vault: Vault["Service"], key: AccountKey, write: SlotWrite) {
  if (write._tag === "NeedsSignIn") {
    const record = yield* Effect.orDie(Schema.encodeEffect(EndedRecord)(write.ended))
    return { state: write._tag, record, sealed: null } satisfies StateColumns
  }
  const { tokens, ...rest } = write.draft
  const record = yield* Effect.orDie(Schema.encodeEffect(SignedInRecord)({ ...rest, ...tokens }))
  const secrets = Redacted.make(yield* Effect.orDie(Schema.encodeEffect(Secrets)(tokens)), { label: "tokens" })
  return {
    state: write._tag,
    record,
    sealed: yield* vault.seal(secrets, [write.draft.clientId, key])
  } satisfies StateColumns
})

const signedIn = Effect.fnUntraced(function*(
  vault: Vault["Service"],
  { generation, key, record, sealed }: Pick<Slot, "key" | "generation"> & Record<"record" | "sealed", unknown>
) {
  const { expiresAt, issuedAt, ...rest } = yield* Schema.decodeUnknownEffect(SignedInRecord)(record)
  const secrets = yield* vault.open(yield* Schema.decodeUnknownEffect(Schema.String)(sealed), [rest.clientId, key])
    .pipe(
      Effect.flatMap((text) => Schema.decodeEffect(Secrets)(Redacted.value(text))),
      Effect.catchTag("SealBroken", () => Effect.undefined)
    )
  const state: SlotState = secrets === undefined
    ? { _tag: "NeedsSignIn", ended: new EndedSession({ ...rest, reason: "expired", sealed: true }) }
    : {
      _tag: "SignedIn",
      session: new Session({ ...rest, key, generation, tokens: new Tokens({ ...secrets, issuedAt, expiresAt }) })
    }
  return state
})

const stateIn = (
  vault: Vault["Service"],
  { generation, key }: Place,
  { record, sealed, state }: Row
): Effect.Effect<SlotState, Schema.SchemaError | StoreUnavailable> => {
  switch (state) {
    case "SignedIn":
      return signedIn(vault, { key, generation, record, sealed })
    case "NeedsSignIn":
      return Effect.map(Schema.decodeUnknownEffect(EndedRecord)(record), (ended) => ({ _tag: "NeedsSignIn", ended }))
    default:
      return Effect.as(Schema.decodeUnknownEffect(Schema.Literal("SignedOut"))(state), { _tag: "SignedOut" })
  }
}

/** The slot that a row tells of. Where the tokens cannot be opened any more, it is one that needs a sign-in. */
export const toSlot = (
  vault: Vault["Service"],
  place: Place,
  row: Row
): Effect.Effect<Slot, RowMalformed | StoreUnavailable> =>
  Effect.all({ state: stateIn(vault, place, row), presentedAt: decodePresented(row["presented_at"] ?? undefined) })
    .pipe(
      Effect.map((rest) => ({ ...place, ...rest })),
      Effect.catchTag("SchemaError", () => new RowMalformed(place))
    )
