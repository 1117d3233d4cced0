import { defineConfig } from "vitest/config"

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    testTimeout: 15_000,
    // There is no module-level state to keep apart, and loading everything once halves the time.
    isolate: false,
    sequence: { shuffle: true }
  }
})
