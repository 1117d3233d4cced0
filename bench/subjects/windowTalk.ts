/**
 * What windows are asked, and what they say. A window is the sign-in engine in a process of its own.
 */

/** The account whose sign-in it is about. */
export interface Ask {
  readonly _tag: "SignIn"
  readonly name: string
}

export type Told =
  | { readonly _tag: "Ready" }
  /** The sign-in that it has begun or joined, and waits for. */
  | { readonly _tag: "Shown"; readonly url: string }
  /** It runs a flow from now on: it listens, and others can read where. */
  | { readonly _tag: "Runs" }
  | { readonly _tag: "SignedIn" }
  | { readonly _tag: "Failed"; readonly code: string }
