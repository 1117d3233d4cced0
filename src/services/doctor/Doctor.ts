/**
 * The examination of this machine: whether sign-in works here, and if not, what to do about it.
 */
import { Context, type Effect } from "effect"
import type { Finding } from "./Finding.ts"

export class Doctor extends Context.Service<Doctor, {
  /**
   * Looks at everything there is, each time anew, and tells what it found in the order of the areas. Never fails: what
   * cannot be examined, or not within five seconds, is a finding too, and hides no other.
   *
   * It leaves everything as it was: no file stays that was not there, none is mended or upgraded, no lease taken, no token
   * sent, no browser opened. Two things can only be found out by doing them: whether files can be written in the data
   * directory, by one that is gone at once, with what such attempts have left whose process died; and whether the callback
   * port is free, by listening on it for a moment.
   */
  readonly examine: Effect.Effect<ReadonlyArray<Finding>>
}>()("mcp-gas/services/doctor/Doctor") {}
