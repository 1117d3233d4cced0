/**
 * The pictures of the README show what the command prints now.
 */
import { assert, describe, it } from "@effect/vitest"
import { Effect, FileSystem } from "effect"
import { layer } from "../support/signInProcess.ts"
import { draw } from "../terminal/picture.ts"
import { play } from "../terminal/scenes.ts"

const drawn = (name: string) =>
  FileSystem.FileSystem.use((fs) =>
    fs.readFileString(new URL(`../../docs/terminal/${name}.svg`, import.meta.url).pathname)
  )

describe("The pictures of the terminal", () => {
  it.live("are of what login, status, accounts and doctor print (drawn anew by npm run record)", () =>
    Effect.gen(function*() {
      for (const { name, text, title } of yield* play) {
        assert.notInclude(text, "GOCSPX-")
        assert.strictEqual(yield* drawn(name), draw(title, text), name)
      }
    }).pipe(Effect.scoped, Effect.provide(layer)))
})
