/**
 * Safeties of renewing a session: no refresh token is sent twice, no token is lost, and none outlives a sign-out.
 */
import { explored, type Mutant, quick } from "./mutant.ts"

const sessions = "src/layers/sign-in/SessionsSynchronized.ts"
const issued = "src/layers/sign-in/TokensIssued.ts"
const live = "src/layers/sign-in/SessionsLive.ts"
const renewal = "src/layers/sign-in/SessionRenewal.ts"
const refresh = "src/layers/sign-in/TokenRefresh.ts"
const presented = "src/layers/sign-in/PresentedTokens.ts"

const test = (what: string, name: string) => quick(`layers/sign-in/SessionsSynchronized${what}`, name)

export const renewing: ReadonlyArray<Mutant> = [
  {
    safety: "one renewal for all callers of a key",
    rule: "Join, never serialise",
    file: renewal,
    find: "Option.match(FiberMap.getUnsafe(renewals, key), {",
    replace: "Option.match(Option.none(), {",
    killers: [test("Fresh", "a refresh is told of once, and each caller that shares it once")]
  },
  {
    safety: "the lease on a renewal among processes",
    rule: "Locks save work, generations keep safe",
    file: renewal,
    find: "yield* leases.hold(`refresh ${key}`).pipe(",
    replace: "yield* Effect.void.pipe(",
    killers: [
      quick(
        "layers/sign-in/SessionsBetweenWindows",
        "is done by one of them, and the other has what came of it"
      )
    ]
  },
  {
    safety: "adopting what another process has refreshed",
    rule: "Compare, then write",
    file: renewal,
    find: "if (isEnough) return session",
    replace: "",
    killers: [test("Fresh", "what another process has refreshed is adopted, not refreshed again")]
  },
  {
    safety: "what a refresh brought only over what it renews",
    rule: "Compare, then write",
    file: issued,
    find: "isItsTurn(now, session)\n                  ? write",
    replace: "true\n                  ? write",
    killers: [
      test(
        "SignOut",
        "a sign-out during a refresh does not wait for it; what the refresh brings is not stored but revoked"
      )
    ]
  },
  {
    safety: "the uninterruptible region from the note to the stored tokens",
    rule: "Compare, then write",
    file: renewal,
    find: "    return what\n  }, Effect.uninterruptible)",
    replace: "    return what\n  })",
    killers: [test("SignOut", "closing waits for a refresh that has been sent, and keeps what it brings")]
  },
  {
    safety: "the note in the store before a refresh token is sent",
    rule: "The code is spent once",
    file: refresh,
    find: "yield* presented.note(session)",
    replace: "",
    killers: [
      test(
        "WriteAhead",
        "a provider that replaces tokens finds the note in the store when it is asked; success clears it"
      )
    ]
  },
  {
    safety: "a note that only one process can make",
    rule: "The code is spent once",
    file: presented,
    find: "{ again: !rotates || isVoid }",
    replace: "{ again: true }",
    killers: [explored("renewing", "refresh ‖ refresh by another process, where a refresh token works once")]
  },
  {
    safety: "the look at the note of a refresh token that was sent before",
    rule: "The code is spent once",
    file: presented,
    find: `if (!rotates || presentedAt === undefined || what?._tag === "Void") return { _tag: "Free" }`,
    replace: `return { _tag: "Free" }`,
    killers: [
      test("WriteAhead", "is never asked for again where the provider replaces them; the token is good to its very end")
    ]
  },
  {
    safety: "no second try with a refresh token whose answer was lost, where it works once",
    rule: "The code is spent once",
    file: refresh,
    find: "error.retryAfter === undefined && presented.isRepeatable(error)",
    replace: "error.retryAfter === undefined",
    killers: [
      test("WriteAhead", "is never asked for again where the provider replaces them; the token is good to its very end")
    ]
  },
  {
    safety: "a provider that cannot be reached ends no session",
    rule: "A network failure is not a sign-out",
    file: refresh,
    find: `Effect.catchTag("RefreshRejected", ({ reason }) => end(session, reason)),`,
    replace: `Effect.catchTag("RefreshRejected", ({ reason }) => end(session, reason)),
      Effect.catchTag("ProviderUnreachable", () => end(session, "revoked")),`,
    killers: [test("RefreshFailures", "ProviderUnreachable (no network) leaves the slot exactly as it was")]
  },
  {
    safety: "leaving a provider alone that is away",
    rule: "A network failure is not a sign-out",
    file: refresh,
    find: "if (Option.isSome(braked)) return yield* braked.value",
    replace: "",
    killers: [test("Backoff", "for one account; another one is renewed meanwhile")]
  },
  {
    safety: "tokens that could not be stored are kept in memory",
    rule: "Compare, then write",
    file: issued,
    find: "? Ref.update(renewals, (all) => HashMap.set(all, renewal.session.key, renewal))",
    replace: "? Effect.void",
    killers: [test("Unsaved", "are given to nobody; the next call stores them, and the provider is asked once in all")]
  },
  {
    safety: "remembering the token that a resource refused",
    rule: "A network failure is not a sign-out",
    file: sessions,
    find: `Effect.fn("Sessions.invalidate")(live.refuse)`,
    replace: `Effect.fn("Sessions.invalidate")(() => Effect.void)`,
    killers: [
      test("Invalidate", "50 calls at once that were refused with it: one refresh, and all of them get the new one")
    ]
  },
  {
    safety: "a refusal of an old token says nothing about the present one",
    rule: "Compare, then write",
    file: live,
    find: "if (Option.exists(known, ({ tokens }) => !Equal.equals(tokens.accessToken, token))) return",
    replace: "",
    killers: [test("Invalidate", "a word about an old token does not take back what was said of the present one")]
  },
  {
    safety: "remembering the newest slot, not the one that was read last",
    rule: "Logout wins",
    file: live,
    find: "return isOld ? all : HashMap",
    replace: "return HashMap",
    killers: [test("SignOut", "a slot that was read before a sign-out and arrives after it is not remembered")]
  },
  {
    safety: "no token from a read that began before a sign-out",
    rule: "Logout wins",
    file: sessions,
    find: `Option.isSome(now) && now.value.generation > session.generation && now.value.state._tag !== "SignedIn"`,
    replace: "false",
    killers: [test("SignOut", "who asks after a sign-out gets no token from a read that began before it")]
  },
  {
    safety: "asking the store each time, where what others write goes unseen",
    rule: "Logout wins",
    file: live,
    find: "Effect.ensuring(Ref.set(watched, false)),",
    replace: "",
    killers: [test("Fresh", "where the store cannot be watched, it is asked each time")]
  }
]
