import { Clock, Effect } from "effect"
import { availableParallelism } from "node:os"
import { defineConfig } from "vitest/config"

/** Whole days since 1970: what is random is another each day, and the same for everybody on it. */
const today = Math.floor(Effect.runSync(Clock.currentTimeMillis) / 86_400_000)

const common = {
  testTimeout: 15_000,
  // There is no module-level state to keep apart, and loading everything once halves the time.
  isolate: false,
  sequence: { shuffle: true }
}

const interleavings = ["test/interleavings/**/*.test.ts"]
const processes = ["test/processes/**/*.test.ts"]
/** Its packages, which have tests of their own, are installed in that folder. */
const acceptance = "test/acceptance"

export default defineConfig({
  test: {
    // On two cores, vitest would use one.
    maxWorkers: availableParallelism(),
    projects: [
      {
        // What is run after every change.
        test: {
          ...common,
          name: "quick",
          include: ["test/**/*.test.ts"],
          exclude: [...processes, `${acceptance}/**`],
          provide: { seed: today * 10_000 + 5_000, randomSchedules: 30, isExhaustive: false }
        }
      },
      {
        // Windows and kills, in real processes.
        test: { ...common, name: "processes", include: processes }
      },
      {
        // Other people's clients, as programs and as libraries.
        test: { ...common, name: "acceptance", testTimeout: 60_000, include: [`${acceptance}/*.test.ts`] }
      },
      {
        // The same programs as in `quick`, under every schedule with one departure, and many more.
        test: {
          ...common,
          name: "interleavings",
          include: interleavings,
          provide: { seed: today * 10_000, randomSchedules: 1_000, isExhaustive: true }
        }
      }
    ]
  }
})
