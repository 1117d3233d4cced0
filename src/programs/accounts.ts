/**
 * The accounts of this machine: who they are, how they stand, and which one is meant by who names none.
 */
import { Array as Arr, DateTime, Effect, Option, Schema, Stream } from "effect"
import * as Scopes from "../services/provider/Scopes.ts"
import { AccountKey } from "../services/sign-in/AccountKey.ts"
import { type AuthFlow, AuthFlows } from "../services/sign-in/AuthFlows.ts"
import { DefaultAccount } from "../services/sign-in/DefaultAccount.ts"
import { FlowStore } from "../services/storage/FlowStore.ts"
import { SessionStore, type Slot } from "../services/storage/SessionStore.ts"
import { isOver } from "./sessionOver.ts"

/** `expired`: there is a session, and nothing to renew it with. `needs_sign_in`: the provider has ended it. */
const State = Schema.Literals(["signed_in", "signing_in", "expired", "needs_sign_in", "signed_out", "never"])

/** How an account stands. */
export const Standing = Schema.Struct({
  key: AccountKey,
  isDefault: Schema.Boolean,
  state: State,
  /** Why a person is needed again. */
  reason: Schema.optionalKey(Schema.String),
  email: Schema.optionalKey(Schema.String),
  name: Schema.optionalKey(Schema.String),
  grantedScopes: Schema.optionalKey(Schema.Array(Schema.String)),
  missingScopes: Schema.optionalKey(Schema.Array(Schema.String)),
  /** The OAuth client that the sign-in belongs to. */
  issuedTo: Schema.optionalKey(Schema.String),
  signedInAt: Schema.optionalKey(Schema.String),
  refreshedAt: Schema.optionalKey(Schema.String.annotate({ description: "When the access token was renewed last." })),
  tokenExpiresAt: Schema.optionalKey(Schema.String)
})

export const Accounts = Schema.Struct({
  defaultAccount: AccountKey,
  accounts: Schema.Array(Standing)
})
export type Accounts = typeof Accounts.Type
type Standing = typeof Standing.Type

/** An account, and its sign-in if one is under way. */
interface Seen {
  readonly standing: Standing
  readonly flow: Option.Option<AuthFlow>
}

const stateOf = Effect.fnUntraced(function*({ state }: Slot) {
  switch (state._tag) {
    case "SignedIn":
      return (yield* isOver(state.session)) ? "expired" : "signed_in"
    case "NeedsSignIn":
      return "needs_sign_in"
    case "SignedOut":
      return "signed_out"
    case "Never":
      return "never"
  }
})

const detailsOf = ({ state }: Slot, wanted: ReadonlyArray<string>): Partial<Standing> => {
  if (state._tag !== "SignedIn" && state._tag !== "NeedsSignIn") return {}
  const of = state._tag === "SignedIn" ? state.session : state.ended
  const { email, name } = of.account
  return {
    ...(state._tag === "NeedsSignIn" ? { reason: state.ended.sealed === true ? "sealed" : state.ended.reason } : {}),
    ...(email === undefined ? {} : { email }),
    ...(name === undefined ? {} : { name }),
    grantedScopes: of.grantedScopes,
    missingScopes: Scopes.missing(wanted, of.grantedScopes),
    issuedTo: of.clientId,
    ...(state._tag === "SignedIn"
      ? {
        signedInAt: DateTime.formatIso(state.session.signedInAt),
        refreshedAt: DateTime.formatIso(state.session.tokens.issuedAt),
        tokenExpiresAt: DateTime.formatIso(state.session.tokens.expiresAt)
      }
      : {})
  }
}

/**
 * Every account that was ever signed in or out here, or is being signed in, and the default one, in the order of their names.
 * Looks at what is stored and asks nobody.
 */
export const look = Effect.gen(function*() {
  const flows = yield* AuthFlows
  const { list: slots, read } = yield* SessionStore
  const { underWay } = yield* FlowStore
  const defaultAccount = yield* (yield* DefaultAccount).get
  // In this order, so that one whose first sign-in ends meanwhile is there as the one or the other.
  const begun = Option.getOrElse(yield* Stream.runHead(underWay), () => [])
  const used = yield* slots
  const others = Arr.dedupe([defaultAccount, ...begun.map(({ key }) => key)]).filter((key) =>
    used.every((slot) => slot.key !== key)
  )
  const all = [...used, ...(yield* Effect.forEach(others, read))]
  const seen = yield* Effect.forEach(
    all.toSorted((one, other) => one.key < other.key ? -1 : 1),
    Effect.fnUntraced(function*(slot) {
      const flow = yield* flows.pending(slot.key)
      const standing: Standing = {
        key: slot.key,
        isDefault: slot.key === defaultAccount,
        state: Option.isSome(flow) ? "signing_in" : yield* stateOf(slot),
        ...detailsOf(slot, flows.scopes)
      }
      return { standing, flow } satisfies Seen
    })
  )
  // One whose sign-in nobody runs any more, and that was never finished, is nobody's account.
  const accounts = seen.filter(({ standing }) => standing.isDefault || standing.state !== "never")
  return { defaultAccount, accounts }
})

/** The same, without what there is to tell of the sign-ins. */
export const list = Effect.map(look, ({ accounts, defaultAccount }): Accounts => ({
  defaultAccount,
  accounts: accounts.map(({ standing }) => standing)
}))
