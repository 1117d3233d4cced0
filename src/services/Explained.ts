/**
 * What every error of this package tells a person: a stable code, one sentence of cause, one sentence of remedy.
 *
 * There is one error class per remedy. Whoever shows an error (a tool result, a page, a command line) needs no
 * knowledge of its class: these three texts are enough. None of them ever holds a secret.
 */
export interface Explained {
  /** Stable, lower snake case, for programs: `flow_timed_out`. */
  readonly code: string
  /** One sentence: what happened. */
  readonly message: string
  /** One sentence: what the reader can do about it. */
  readonly remedy: string
}
