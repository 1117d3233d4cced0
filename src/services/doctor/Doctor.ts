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
   * It looks and does nothing else: no file is made, mended or upgraded, no lease taken, no token sent, no browser opened.
   */
  readonly examine: Effect.Effect<ReadonlyArray<Finding>>
}>()("mcp-gas/services/doctor/Doctor") {}
