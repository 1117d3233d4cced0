/**
 * What windows are asked, and what they answer. A window is the sign-in engine in a process of its own; it may have several
 * homes, and is in each of them like a window that was opened anew.
 */
import { Schema } from "effect"

/** What every engine of a window is made with. */
export const Engine = Schema.Struct({
  issuer: Schema.String,
  clientId: Schema.String,
  clientSecret: Schema.String,
  rotates: Schema.Boolean,
  scopes: Schema.Array(Schema.String),
  /** How long a person has. */
  timeout: Schema.DurationFromMillis,
  /** Whether everybody is granted every lease at once. */
  grantsEveryone: Schema.optionalKey(Schema.Boolean),
  /** The place to tell of, and to stay at until the process is killed. */
  stopAt: Schema.optionalKey(Schema.String),
  /** A place to tell of each time it is passed. */
  passing: Schema.optionalKey(Schema.String),
  /** Whether it tells of flows it owns, and of what it sends to the provider. */
  tells: Schema.optionalKey(Schema.Boolean),
  /** The path of a file: while it is there, the disk is full as far as this window is concerned. */
  fullWhile: Schema.optionalKey(Schema.String)
})
export type Engine = typeof Engine.Type

export const Ask = Schema.TaggedUnion({
  /** So many callers start at once and wait for the outcome. */
  SignIn: { callers: Schema.Int },
  /** The pending flow. */
  Pending: {},
  /** Begins or joins a flow, and does not wait for it. */
  Start: {},
  Cancel: {},
  LogOut: {},
  /** So many callers ask for an access token at once. */
  Read: { callers: Schema.Int },
  /** A refused token is asked for again; that it is handed out again is told as `refused_again`. */
  Refuse: {},
  /** Whether anybody is signed in, as the store has it. */
  Look: {},
  /** Sets the wall clock of the window so far ahead of the machine's; what was set before is forgotten. */
  Jump: { millis: Schema.Int },
  /** Closes the engine of the home. */
  Close: {},
  /** What the process takes up. */
  Usage: {}
})
export type Ask = typeof Ask.Type

/** What one caller has come to. */
export const Told = Schema.TaggedUnion({
  Session: { how: Schema.String, accessToken: Schema.String, flowId: Schema.String },
  Flow: { how: Schema.String, flowId: Schema.String, authUrl: Schema.String, redirectUri: Schema.String },
  Failed: { code: Schema.String, message: Schema.String },
  Done: { what: Schema.String },
  Usage: { descriptors: Schema.Int, heap: Schema.Int }
})
export type Told = typeof Told.Type

export const Question = Schema.Struct({ id: Schema.Int, home: Schema.String, account: Schema.String, ask: Ask })
export type Question = typeof Question.Type

export const Word = Schema.TaggedUnion({
  Answer: { id: Schema.Int, told: Schema.Array(Told) },
  /** A browser tab. */
  Opened: { url: Schema.String },
  /** It has begun a flow, or is about to send a code or a refresh token; `state` says whose code it is. */
  Doing: { what: Schema.Literals(["flow", "exchange", "refresh"]), state: Schema.String },
  /** A caller has joined a flow, and waits for it from now on. */
  Joined: {},
  /** The window waits for another one's flow. */
  Followed: {},
  /** It has come by the place to tell of. */
  Passed: {},
  /** It has come by the place to stay at. */
  Stopped: { place: Schema.String }
})
export type Word = typeof Word.Type
