/**
 * What a sign-in tool takes and gives: the same for every server, whatever the tool is called.
 */
import { Schema } from "effect"
import { AccountKey } from "../../services/sign-in/AccountKey.ts"
import { KeyKeeper } from "../../services/storage/Vault.ts"

/** Below the 60 seconds after which many hosts give a call up. */
export const defaultWaitSeconds = 40

export const Input = Schema.Struct({
  mode: Schema.optionalKey(
    Schema.Literals(["start", "status", "complete", "cancel", "logout"]).annotate({
      default: "start",
      description: "start: sign in, or join a sign-in under way. status: tell how it stands, never opens a browser. " +
        "complete: finish with redirectUrl. cancel: end a sign-in under way. logout: sign out and revoke."
    })
  ),
  account: Schema.optionalKey(AccountKey.annotate({
    description:
      "Which account slot: any name without spaces, or an email address that must be the one that consents. " +
      "Unless given, the default account."
  })),
  openBrowser: Schema.optionalKey(Schema.Boolean.annotate({
    default: true,
    description:
      "With start: whether to open the person's browser, or have the client open it. With false, the address is in " +
      "the result in any case; otherwise unless the person has agreed to open it."
  })),
  waitForCompletion: Schema.optionalKey(Schema.Boolean.annotate({
    default: true,
    description: "With start: whether to wait for the person. The sign-in goes on in any case."
  })),
  waitSeconds: Schema.optionalKey(
    Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 300 })).annotate({
      description:
        "How long to wait for the person, 0 to 300 seconds; then the answer is auth_pending. With start, 40 unless " +
        "given; with status, not at all unless given."
    })
  ),
  redirectUrl: Schema.optionalKey(
    Schema.RedactedFromValue(Schema.String, { label: "redirect URL" }).annotate({
      description: "With complete: the whole address of the page the browser ended on after consenting."
    })
  )
})

export const Output = Schema.Struct({
  status: Schema.Literals([
    "authenticated",
    "already_authenticated",
    "auth_started",
    "auth_pending",
    "not_authenticated",
    "cancelled",
    "logged_out"
  ]),
  authenticated: Schema.Boolean,
  message: Schema.String.annotate({ description: "What happened and what to do next." }),
  account: Schema.optionalKey(Schema.Struct({
    key: AccountKey,
    email: Schema.optionalKey(Schema.String),
    name: Schema.optionalKey(Schema.String)
  })),
  authUrl: Schema.optionalKey(Schema.String.annotate({ description: "Where the person has to go. Show it to them." })),
  redirectUri: Schema.optionalKey(Schema.String),
  flowId: Schema.optionalKey(Schema.String),
  ended: Schema.optionalKey(Schema.String.annotate({
    description: "With status and waitSeconds: how the sign-in that was waited for ended, if not well."
  })),
  expiresAt: Schema.optionalKey(Schema.String.annotate({ description: "When the sign-in ends unfinished." })),
  grantedScopes: Schema.optionalKey(Schema.Array(Schema.String)),
  missingScopes: Schema.optionalKey(Schema.Array(Schema.String)),
  tokenExpiresAt: Schema.optionalKey(Schema.String),
  vaultKey: Schema.optionalKey(
    KeyKeeper.annotate({ description: "Who keeps the key that stored tokens are sealed with." })
  )
})
export type Input = typeof Input.Type
export type Output = typeof Output.Type
