/**
 * What a run tells.
 */
import { Data, Effect, FileSystem, Option } from "effect"
import type { Told } from "../support/windowTalk.ts"
import { type Broken, House } from "./house.ts"
import { type Counts, missing } from "./tally.ts"

/** What is taken up by the window that lives throughout, and on the disk; in bytes. */
export interface Usage {
  readonly descriptors: number
  readonly heap: number
  readonly database: number
  readonly log: number
}

/** The run had no violation, and still showed less than it should, or took up more. */
export class Lacking extends Data.TaggedError("Lacking")<{ readonly what: ReadonlyArray<string> }> {}

export const usage = Effect.gen(function*() {
  const { ask, home } = yield* House
  const fs = yield* FileSystem.FileSystem
  const sizeOf = (name: string) =>
    Effect.orElseSucceed(Effect.map(fs.stat(`${home}/${name}`), ({ size }) => Number(size)), () => 0)
  const { told } = yield* ask(0, "", { _tag: "Usage" })
  const found = (told === "gone" ? [] : told).find((one: Told) => one._tag === "Usage")
  const { descriptors, heap } = Option.getOrThrow(Option.fromNullishOr(found))
  const measured: Usage = {
    descriptors,
    heap,
    database: yield* sizeOf("sessions.db"),
    log: yield* sizeOf("sessions.db-wal")
  }
  return measured
})

const megabyte = 1024 * 1024

/** What has grown that must not. */
const grown = (half: Usage, end: Usage): ReadonlyArray<string> => {
  const found: Array<string> = []
  if (end.descriptors > half.descriptors + 8) found.push("descriptors have grown")
  if (end.heap > half.heap + 8 * megabyte) found.push("the heap has grown")
  // A hundred flows, and no more.
  if (end.database > megabyte / 4) found.push("the database has grown")
  // SQLite writes its log from the beginning again after every thousand pages, unless somebody who is stopped reads it.
  if (end.log > 10 * megabyte) found.push("the database's log has grown")
  return found
}

export interface Run {
  readonly counts: Counts
  readonly half: Usage
  readonly end: Usage
}

/** Fails where the run lacks something. */
export const complete = ({ counts, end, half }: Run): Effect.Effect<void, Lacking> => {
  const never = missing(counts).map((event) => `never came to pass: ${event}`)
  const what = [...never, ...grown(half, end)]
  return what.length === 0 ? Effect.void : Effect.fail(new Lacking({ what }))
}

const size = ({ database, descriptors, heap, log }: Usage): string =>
  `${descriptors} descriptors, heap ${(heap / megabyte).toFixed(1)} MB, database ${database} bytes, ` +
  `its log ${(log / megabyte).toFixed(1)} MB`

export const counted = (counts: Counts): string => counts.map(([event, times]) => `${event} ${times}`).join(", ")

export const summary = ({ counts, end, half }: Run): string =>
  [
    `Came to pass: ${counted(counts)}.`,
    `The window that lives throughout, after half the time: ${size(half)}.`,
    `                                  at the end:          ${size(end)}.`
  ].join("\n")

export const violation = ({ account, deeds, what }: Broken): string =>
  [
    `BROKEN: ${account}: ${what.join("; ")}.`,
    ...(deeds.length === 0 ? [] : ["What was done with it last:", ...deeds.map((deed) => `  ${deed}`)])
  ].join("\n")
