/**
 * What a mortal sign-in is told, and what it tells.
 */
import { Schema } from "effect"

export const Order = Schema.Struct({
  home: Schema.String,
  issuer: Schema.String,
  clientId: Schema.String,
  clientSecret: Schema.String,
  rotates: Schema.Boolean,
  scopes: Schema.Array(Schema.String),
  does: Schema.Literals(["sign in", "refresh", "sign out", "read"]),
  /** Whether everybody is granted every lease at once. */
  grantsEveryone: Schema.optionalKey(Schema.Boolean),
  /** The place to die at; absent: it lives, and tells of each place it passes. */
  dieAt: Schema.optionalKey(Schema.String),
  /** How far its clock is ahead of the machine's. */
  later: Schema.DurationFromMillis
})
export type Order = typeof Order.Type

/** What it came to. */
export const Result = Schema.TaggedUnion({
  Session: {
    accessToken: Schema.String,
    email: Schema.String,
    grantedScopes: Schema.Array(Schema.String),
    consented: Schema.Boolean
  },
  SignedOut: {},
  Read: { tokens: Schema.Array(Schema.String) },
  Failed: { code: Schema.String, message: Schema.String }
})
export type Result = typeof Result.Type

export const Report = Schema.Union([
  Result,
  Schema.TaggedUnion({
    Place: { name: Schema.String },
    Opened: { url: Schema.String }
  })
])
export type Report = typeof Report.Type
