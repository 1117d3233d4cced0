/**
 * Everybody stands still: what has to be so when nothing is done and nothing happens, from wherever it is looked at.
 */
import { Console, Effect, FileSystem, Path, Ref, Schedule } from "effect"
import * as FileLock from "../../src/layers/storage/FileLock.ts"
import { listenersOf } from "../support/listeners.ts"
import type { Deeds } from "./deeds.ts"
import { Broken, House } from "./house.ts"

const breaks = (what: string, account = "no account") => Effect.fail(new Broken({ account, what: [what], deeds: [] }))

/** Nobody listens; a listener whose flow has just ended is given a moment. */
const nobodyListens = Effect.gen(function*() {
  const { windows } = yield* House
  const pids = (yield* windows).map(({ pid }) => pid)
  const left = yield* Effect.repeat(Effect.orDie(listenersOf(pids)), {
    schedule: Schedule.spaced("100 millis"),
    until: (listeners) => listeners.length === 0,
    times: 50
  })
  if (left.length > 0) return yield* breaks(`there are listeners although no sign-in is under way: ${left.join(", ")}`)
})

const everywhere = <A, E, R>(use: (place: number) => Effect.Effect<A, E, R>) =>
  Effect.flatMap(House, ({ processes }) => Effect.forEach(Array.from({ length: processes }, (_, place) => place), use))

/** All windows say the same of every account, and it is what it has to be. */
export const standstill = Effect.fnUntraced(function*(lives: ReadonlyArray<Deeds>) {
  const { ask, tally } = yield* House
  for (const { lookFrom, name } of lives) {
    // A flow that was begun at another time may be known to its own process alone.
    yield* everywhere((place) => ask(place, name, { _tag: "Cancel" }))
    yield* everywhere(lookFrom)
  }
  yield* nobodyListens
  yield* tally.count("standstills")
})

/** After everything, every account can be signed in and out as if nothing had happened. */
export const afterAll = Effect.fnUntraced(function*(lives: ReadonlyArray<Deeds>) {
  const { processes } = yield* House
  const last = processes - 1
  for (const { account, lookFrom, name, signInAt, signOutAt } of lives) {
    yield* signOutAt(last)
    yield* everywhere(lookFrom)
    yield* signInAt([0, last], -1)
    if ((yield* Ref.get(account))._tag === "Out") return yield* breaks("cannot be signed in", name)
    // Whoever asks now is told the same, without a person.
    yield* signInAt(Array.from({ length: processes }, (_, place) => place), -2)
    yield* everywhere(lookFrom)
    yield* signOutAt(0)
    yield* everywhere(lookFrom)
  }
  yield* nobodyListens
})

/** What may be in the home of windows that are all closed. */
const stays = [
  /^sessions\.db$/,
  /^sessions\.lock$/,
  /^vault\.key$/,
  /^vault\.lock$/,
  /^leases$/,
  /^leases\/[0-9a-f]{32}\.lock$/
]

/** Everybody closes: nothing stays behind but what is to be there, and nobody has a lock. */
export const closed = Effect.gen(function*() {
  const { ask, home, tally } = yield* House
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  yield* everywhere((place) => ask(place, "", { _tag: "Close" }))
  yield* nobodyListens
  const left = yield* fs.readDirectory(home, { recursive: true })
  // Whoever is killed while it tries whether files can be written leaves the one it has tried with.
  const probes = left.filter((name) => /^\.probe-\w+$/.test(name))
  const kills = yield* tally.of("kills")
  if (probes.length > kills) {
    return yield* breaks(`more probes stayed behind than windows were killed: ${probes.length}`)
  }
  if (probes.length > 0) yield* Console.log(`Killed windows left ${probes.length} probes behind: ${probes.join(", ")}`)
  const strange = left.filter((name) => !stays.some((known) => known.test(name)) && !name.startsWith(".probe-"))
  if (strange.length > 0) return yield* breaks(`files stayed behind: ${strange.join(", ")}`)
  for (const name of left.filter((each) => each.endsWith(".lock"))) {
    if (!(yield* Effect.scoped(FileLock.tryHold(path.join(home, name))))) {
      return yield* breaks(`somebody still has ${name}`)
    }
  }
})
