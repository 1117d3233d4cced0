/**
 * The sign-in for servers that are not written with Effect: Promises, plain objects, and errors with a `code`.
 */
import type { SdkTool } from "../../layers/tools/SdkToolShape.ts"

/** What a sign-in is like. */
export interface CreateSignInOptions {
  /** The server's name, such as `acme-mcp`. It names a directory, so that no other server is to have it, and no slash is in it. */
  readonly name: string
  /** What people know the server by, on the pages that their browser ends on; `name` unless said. */
  readonly title?: string
  /**
   * The provider's issuer identifier, exactly as the provider spells it: `https:`, or `http:` on a loopback host. Its metadata is
   * discovered (OpenID Connect Discovery 1.0, RFC 8414) when it is first needed; that of `https://accounts.google.com` is built in.
   */
  readonly issuer: string
  /** The OAuth client (RFC 6749 section 2), of the kind for native apps. */
  readonly clientId: string
  /** For providers that issue one to native apps, as Google does. */
  readonly clientSecret?: string
  /** What a sign-in asks for, and a session must have: a text for each scope. */
  readonly scopes: ReadonlyArray<string>
  /** What an authorization request needs besides what the protocol asks for; ignored for Google. */
  readonly authorizationParameters?: Readonly<Record<string, string>>
  /** Where sign-ins are kept: in files that all processes of this user share (unless said), or in memory, until `close`. */
  readonly storage?: "files" | "memory"
  /** Absolute path of the data directory; if not said, the one of this `name` among the data of the user's programs. */
  readonly directory?: string
  /** How the person's browser is reached: the system's (unless said), none, or a program that is run with the URL as its argument. */
  readonly browser?: "system" | "none" | { readonly command: string }
  /** A fixed loopback port for the callback, from 1024 on; any free one unless said. */
  readonly callbackPort?: number
  /** How long a person has, in seconds, 3600 at most; 300 unless said. */
  readonly timeoutSeconds?: number
  /** From which level on it is logged what happens, a line each, on stderr; `warn` unless said. Nothing is ever written to stdout. */
  readonly logLevel?: "debug" | "info" | "warn" | "error" | "none"
}

/** Which account, and until when the caller cares. */
export interface CallOptions {
  /** The account slot: any name without white space, or the email address of the one who has to consent; `default` unless said. */
  readonly account?: string
  /**
   * Ends the waiting of this caller, who is then rejected with the signal's reason. A sign-in or a refresh under way goes on; nothing
   * is begun for a signal that is aborted already.
   */
  readonly signal?: AbortSignal
}

/** How an account stands: what the sign-in tool answers. */
export interface SignInStatus {
  /**
   * `already_authenticated`: no sign-in was needed; `auth_started`: this call began one; `auth_pending`: one is under
   * way; `not_authenticated`: none is, and nobody is signed in; the others are what a call came to.
   */
  readonly status:
    | "authenticated"
    | "already_authenticated"
    | "auth_started"
    | "auth_pending"
    | "not_authenticated"
    | "cancelled"
    | "logged_out"
  /** Whether somebody is signed in. */
  readonly authenticated: boolean
  /** One sentence or two, with the next step. */
  readonly message: string
  /** Who, as far as the provider says; `key` is the slot. */
  readonly account?: { readonly key: string; readonly email?: string; readonly name?: string }
  /** Where the person has to go. It carries `state`: show it to the person, keep it out of logs. */
  readonly authUrl?: string
  /** Where the browser ends up: `http://127.0.0.1:<port>/callback`. */
  readonly redirectUri?: string
  /** Names the sign-in that is under way; may be logged. */
  readonly flowId?: string
  /** When a sign-in that is under way ends unfinished, as ISO 8601. */
  readonly expiresAt?: string
  /** What was granted, by the names the provider gives it. */
  readonly grantedScopes?: ReadonlyArray<string>
  /** What is asked for now and was not granted. */
  readonly missingScopes?: ReadonlyArray<string>
  /** As ISO 8601. A token that is about to expire is renewed before it is handed out. */
  readonly tokenExpiresAt?: string
  /** Who keeps the key that stored tokens are sealed with. */
  readonly vaultKey?: "keychain" | "file" | "memory"
}

/** A sign-in that was joined or begun, or was not needed. */
export interface StartedSignIn extends SignInStatus {
  /**
   * Waits for the person, and answers how the account then stands; at once where nobody is waited for. Rejects with how the sign-in
   * ended, if not well. May be called any number of times.
   */
  readonly finished: (options?: Pick<CallOptions, "signal">) => Promise<SignInStatus>
}

/**
 * Why something could not be done. `code` says which kind of reason it is and stays the same; `message` is the cause and then the
 * remedy, without secrets, for whoever is shown nothing else (`McpServer` shows a model the message of what a tool throws).
 */
export class SignInError extends Error {
  /** Tells it from other errors, in logs too. */
  override readonly name = "SignInError"
  /** Stable, lower snake case: `flow_timed_out`. */
  readonly code: string
  /** One sentence: what helps. */
  readonly remedy: string
  constructor(
    why: { readonly code: string; readonly message: string; readonly remedy: string },
    options?: ErrorOptions
  ) {
    super(`${why.message} ${why.remedy}`, options)
    this.code = why.code
    this.remedy = why.remedy
  }
}

/**
 * A sign-in. Nothing of it is built, and nothing is read or written, until it is first asked for something. Every rejection is a
 * `SignInError`, a signal's reason aside: with the code `invalid_options` where it cannot be made as it is to be, and
 * `internal_error`, with a `cause`, for a mistake in this package.
 */
export interface PromiseSignIn extends AsyncDisposable {
  /**
   * Answers at once where a usable session is there, having it refreshed if need be. Otherwise joins the sign-in that is under way, in
   * whichever process that is, or begins one; never waits for the person. `openBrowser`: whether their browser is to open, which it
   * does once for a sign-in; true unless said.
   */
  readonly start: (options?: CallOptions & { readonly openBrowser?: boolean }) => Promise<StartedSignIn>
  /** How the account stands, without network or browser. */
  readonly status: (options?: CallOptions) => Promise<SignInStatus>
  /**
   * An access token that is not about to expire, refreshed if need be: one refresh, however many ask. Rejects with the code
   * `sign_in_required` where a person is needed: nothing but `start` opens a browser. Ask for it whenever one is needed, keep none.
   */
  readonly accessToken: (options?: CallOptions) => Promise<string>
  /** Tells that a resource has refused this token (HTTP 401): the next `accessToken` is another one. */
  readonly invalidate: (token: string, options?: CallOptions) => Promise<void>
  /** Signs the account out in all processes, ends a sign-in under way, and has the provider revoke the tokens (RFC 7009). */
  readonly logout: (options?: CallOptions) => Promise<SignInStatus>
  /** The sign-in as a tool of an MCP server of `@modelcontextprotocol/sdk`. `service`: what people sign in to, in its sentences. */
  readonly authTool: (name: string, options?: { readonly service?: string }) => SdkTool
  /**
   * Ends what is under way in this process, frees every port, and closes the files. Whoever still waits is told; whoever asks from
   * then on, too (code `closed`). Idempotent.
   */
  readonly close: () => Promise<void>
}
