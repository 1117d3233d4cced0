/**
 * The resource `gas://auth/status`: who is signed in on this machine, and which sign-ins are under way, in any window.
 */
import { DateTime, Duration, Effect, Option, Schema, Stream } from "effect"
import { AccountKey } from "../../services/sign-in/AccountKey.ts"
import { AuthEvents } from "../../services/sign-in/AuthEvents.ts"
import type { AuthFlow } from "../../services/sign-in/AuthFlows.ts"
import { DefaultAccount } from "../../services/sign-in/DefaultAccount.ts"
import { FlowStore } from "../../services/storage/FlowStore.ts"
import { SessionStore } from "../../services/storage/SessionStore.ts"
import type { Resource } from "../../services/tools/Resource.ts"
import * as Accounts from "../accounts.ts"

/** A sign-in that waits for its person. Its address is not told: it carries `state`, and hosts may show and log a resource. */
const Flow = Schema.Struct({
  flowId: Schema.String,
  expiresAt: Schema.String,
  redirectUri: Schema.String,
  /** What has become of opening a browser. */
  shown: Schema.Literals(["not_asked", "asked", "opened", "accepted", "failed", "braked"]),
  /** How to get at its address. */
  next: Schema.String
})

/** What the resource holds. */
export const AuthStatus = Schema.Struct({
  defaultAccount: AccountKey,
  accounts: Schema.Array(Schema.Struct({ ...Accounts.Standing.fields, flow: Schema.optionalKey(Flow) }))
})
type AuthStatus = typeof AuthStatus.Type

const flowOf = Effect.fnUntraced(function*({ expiresAt, id, key, redirectUri, shown }: AuthFlow) {
  const flow: typeof Flow.Type = {
    flowId: id,
    expiresAt: DateTime.formatIso(expiresAt),
    redirectUri,
    shown: yield* shown,
    next: `Call gas_auth with account "${key}": it joins this sign-in, and has its address.`
  }
  return flow
})

const read = Effect.gen(function*() {
  const { accounts, defaultAccount } = yield* Accounts.look
  const told: AuthStatus = {
    defaultAccount,
    accounts: yield* Effect.forEach(
      accounts,
      Effect.fnUntraced(function*({ flow, standing }) {
        return Option.isNone(flow) ? standing : { ...standing, flow: yield* flowOf(flow.value) }
      })
    )
  }
  return told
})

/** What belongs together happens within this time, and is looked at once. */
const settling = Duration.millis(50)

/** How often the default account is looked at. */
const chosenInterval = Duration.seconds(1)

/** How often everything is looked at: a process that dies, and a session whose time is up, tell nobody. */
const unaskedInterval = Duration.seconds(5)

/** Looks whenever something may have changed, and tells if it has. */
const changes = Stream.unwrap(Effect.gen(function*() {
  const events = yield* (yield* AuthEvents).subscribe
  const { underWay } = yield* FlowStore
  const { watch } = yield* SessionStore
  const { get } = yield* DefaultAccount
  const chosen = Stream.tick(chosenInterval).pipe(Stream.mapEffect(() => get), Stream.changes)
  const causes = events.pipe(
    Stream.merge(watch),
    Stream.merge(underWay),
    Stream.merge(chosen),
    Stream.merge(Stream.tick(unaskedInterval))
  )
  return causes.pipe(
    Stream.buffer({ capacity: 1, strategy: "sliding" }),
    Stream.mapEffect(() => Effect.delay(Effect.map(read, (status) => JSON.stringify(status)), settling)),
    Stream.changes,
    Stream.map(() => undefined)
  )
}))

export const authStatus: Resource<Effect.Services<typeof read> | AuthEvents> = {
  uri: "gas://auth/status",
  name: "auth_status",
  title: "Google sign-ins",
  description:
    "Who is signed in on this machine, and which sign-ins are under way, in any window: what gas_accounts lists, " +
    "with the pending sign-in of each account. The address to sign in at is not in it; gas_auth has it.",
  mimeType: "application/json",
  read,
  changes
}
