/**
 * What processes that want a lease are asked, and what they say.
 */

/** Whose lease it is. */
export type Kind = "mcp-gas" | "proper-lockfile"

export type Ask =
  /** Waits for the lease, and has it until it is asked to let go. */
  | { readonly _tag: "Hold" }
  | { readonly _tag: "Release" }
  /** Takes it and lets it go again, one time after the other, for so long. */
  | { readonly _tag: "Loop"; readonly millis: number }

export type Told =
  | { readonly _tag: "Ready" }
  | { readonly _tag: "Held" }
  | { readonly _tag: "Released" }
  | { readonly _tag: "Looped"; readonly times: number }
