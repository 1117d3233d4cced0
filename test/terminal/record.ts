/**
 * Draws the pictures of the README anew: `npm run record`.
 */
import { NodeRuntime } from "@effect/platform-node"
import { Console, Effect, FileSystem } from "effect"
import { layer } from "../support/signInProcess.ts"
import { draw } from "./picture.ts"
import { play } from "./scenes.ts"

const directory = new URL("../../docs/terminal/", import.meta.url).pathname

Effect.gen(function*() {
  const fs = yield* FileSystem.FileSystem
  for (const { name, text, title } of yield* play) {
    yield* fs.writeFileString(`${directory}${name}.svg`, draw(title, text))
    yield* Console.log(`docs/terminal/${name}.svg`)
  }
}).pipe(Effect.scoped, Effect.provide(layer), NodeRuntime.runMain)
