/**
 * A figure that was taken several times: its middle, and how far most of it lies from there.
 */
export interface Spread {
  readonly median: number
  readonly p10: number
  readonly p90: number
  /** How often it was taken. */
  readonly samples: number
}

/** The value below which this share of the samples lies, between two of them where need be. */
export const quantile = (sorted: ReadonlyArray<number>, share: number): number => {
  const at = (sorted.length - 1) * share
  const below = sorted[Math.floor(at)] ?? Number.NaN
  const above = sorted[Math.ceil(at)] ?? Number.NaN
  return below + (above - below) * (at - Math.floor(at))
}

export const spreadOf = (samples: ReadonlyArray<number>): Spread => {
  const sorted = samples.toSorted((one, other) => one - other)
  return {
    median: quantile(sorted, 0.5),
    p10: quantile(sorted, 0.1),
    p90: quantile(sorted, 0.9),
    samples: sorted.length
  }
}

/** What was known without taking it several times. */
export const exactly = (value: number): Spread => ({ median: value, p10: value, p90: value, samples: 1 })
