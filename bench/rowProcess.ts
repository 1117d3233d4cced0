/**
 * Runs one row in a process of its own, so that no row lives with what another has left in memory. Run by `main.ts`.
 */
import { Cause, Effect, Exit } from "effect"
import process from "node:process"
import type { RowResult } from "./result.ts"
import { rows } from "./rows.ts"
import * as World from "./world/world.ts"

/** What a row came to. */
export type Word =
  | { readonly _tag: "Ran"; readonly result: RowResult }
  | { readonly _tag: "Failed"; readonly problem: string }

const [name = "", kind] = process.argv.slice(2)

const row = rows[name]
const running = row === undefined
  ? Effect.die(new Error(`there is no row ${name}`))
  : row(kind === "quick").pipe(Effect.provide(World.layer))

const say = (word: Word) => process.send?.(word, () => process.exit(0))

Effect.runCallback(running, {
  onExit: Exit.match({
    onSuccess: (result) => say({ _tag: "Ran", result }),
    onFailure: (cause) => say({ _tag: "Failed", problem: Cause.pretty(cause) })
  })
})
