/**
 * Which mishap may be behind which failure. Whatever is not in here has no excuse.
 */

/** What happens to windows, or to all they share, while things are done. */
export const mishaps = ["kill", "pause", "fault", "full", "jump"] as const
export type Mishap = (typeof mishaps)[number]

const excuses: Readonly<Record<string, ReadonlyArray<Mishap>>> = {
  // The database is full; or somebody was stopped who has it locked, or is about to have it opened.
  store_unavailable: ["full", "pause"],
  // A provider that fails; or a process that was stopped for as long as it waits for an answer.
  provider_unreachable: ["fault", "pause"],
  // The same for a code; and an identity that was issued at another time, to whoever's clock is wrong.
  exchange_failed: ["fault", "pause", "jump"],
  // Deadlines are times of the wall clock. None is shorter than the longest pause.
  flow_stalled: ["jump"],
  flow_timed_out: ["jump"],
  // A refresh token was sent and what came of it is not known.
  sign_in_required: mishaps
}

/** Whether one of these mishaps may be behind a failure. */
export const excused = (code: string, overlap: ReadonlySet<Mishap>): boolean =>
  (excuses[code] ?? []).some((mishap) => overlap.has(mishap))
