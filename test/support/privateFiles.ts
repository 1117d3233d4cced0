/**
 * What tests of files and their rights need: whether this is root, what was logged, and a way to say why a case is left out.
 */
import { Effect, Logger } from "effect"
import { getuid, stderr } from "node:process"
import type { TestContext } from "vitest"

/** Root may give files away, and is stopped by no mode. */
export const isRoot = getuid?.() === 0

/** The user `nobody`, by number. */
export const somebodyElse = 65_534

/** Leaves a case out and prints why; what a test logs is not printed. */
export const skip = ({ skip: leaveOut, task }: TestContext, reason: string) =>
  Effect.sync((): void => {
    stderr.write(`Left out: "${task.name}": ${reason}.\n`)
    leaveOut(reason)
  })

/** Keeps what an effect logs, one line for each message, instead of printing it. */
export const recordedLog = Effect.sync(() => {
  const lines: Array<string> = []
  const logger = Logger.make<unknown, void>(({ logLevel, message }) => {
    lines.push(`${logLevel}: ${Array.isArray(message) ? message.join(" ") : String(message)}`)
  })
  const layer = Logger.layer([logger])
  return { lines, logged: <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.provide(effect, layer) }
})
