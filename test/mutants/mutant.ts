/**
 * A mutant: our own source with one safety taken out, and the tests that must notice.
 */

/** The rules of the sign-in in CONTRIBUTING.md, by their names. */
export type Rule =
  | "Join, never serialise"
  | "A caller leaving is not a cancellation"
  | "One completion"
  | "State first"
  | "The code is spent once"
  | "The page never lies"
  | "Logout wins"
  | "Compare, then write"
  | "Locks save work, generations keep safe"
  | "A network failure is not a sign-out"
  | "No browser by surprise"
  | "Secrets never leave"

/** A test that must fail under a mutant. */
export interface Killer {
  readonly project: "quick" | "interleavings" | "processes"
  /** From the root of the project. */
  readonly file: string
  /** The end of its name; where several have it, one that fails is enough. */
  readonly test: string
}

export interface Mutant {
  /** What is taken out, in plain words. */
  readonly safety: string
  readonly rule: Rule
  /** From the root of the project. */
  readonly file: string
  /** The source as it stands: there once, so that a change of it is a change here. */
  readonly find: string
  readonly replace: string
  /** Fastest first. One that fails is enough. */
  readonly killers: readonly [Killer, ...ReadonlyArray<Killer>]
}

/** A test of `npm test`. */
export const quick = (file: string, test: string): Killer => ({ project: "quick", file: `test/${file}.test.ts`, test })

/** A program of test/interleavings, run under every schedule that departs once from the order in which things come. */
export const explored = (story: string, program: string): Killer => ({
  project: "interleavings",
  file: `test/interleavings/${story}.test.ts`,
  test: `${program}: all schedules with one departure`
})

/** The same under random schedules, hundreds of them. */
export const atRandom = (story: string, program: string): Killer => ({
  project: "interleavings",
  file: `test/interleavings/${story}.test.ts`,
  test: `${program}: random schedules`
})

/** How often a piece of text stands in a file. */
export const occurrences = (text: string, find: string): number => text.split(find).length - 1
