/**
 * Draws the picture and the table of `docs/architecture.md` anew, as the sources have them: `npm run diagram`.
 */
import { NodeRuntime, NodeServices } from "@effect/platform-node"
import { Console, Effect, FileSystem } from "effect"
import { fileURLToPath } from "node:url"
import * as House from "./house.ts"
import { withTable } from "./page.ts"
import { draw } from "./picture.ts"

const docs = fileURLToPath(new URL("../../docs/", import.meta.url))

Effect.gen(function*() {
  const fs = yield* FileSystem.FileSystem
  const house = House.here()
  const page = yield* fs.readFileString(`${docs}architecture.md`)
  yield* fs.writeFileString(`${docs}architecture.md`, withTable(page, house))
  yield* fs.makeDirectory(`${docs}architecture`, { recursive: true })
  yield* fs.writeFileString(`${docs}architecture/areas.svg`, draw(house))
  yield* Console.log("docs/architecture.md, docs/architecture/areas.svg")
}).pipe(Effect.provide(NodeServices.layer), NodeRuntime.runMain)
