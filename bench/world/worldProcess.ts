/**
 * The world outside of what is measured, in a process of its own: the provider and the person. Run by `world.ts`.
 */
import process from "node:process"
import * as Person from "./person.ts"
import * as Provider from "./provider.ts"
import type { Ask, Told } from "./world.ts"

const provider = Provider.make()
const tell = (told: Told) => process.send?.(told)

const does = (ask: Ask): void => {
  switch (ask._tag) {
    case "Visit":
      return Person.visit(ask.url)
    case "Behave":
      provider.manners = { ...provider.manners, expiresIn: ask.expiresIn, hangs: ask.hangs }
      tell({ _tag: "Counts", counts: provider.counts })
      return
    case "Count":
      tell({ _tag: "Counts", counts: provider.counts })
  }
}

process.on("message", does)
process.on("disconnect", () => process.exit(0))
provider.server.listen({ port: 0, host: "127.0.0.1", backlog: 4_096 }, () => {
  const address = provider.server.address()
  if (address !== null && typeof address === "object") {
    tell({ _tag: "Ready", origin: `http://127.0.0.1:${address.port}` })
  }
})
