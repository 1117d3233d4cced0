/**
 * A hostile program beside ours: it floods a callback address from a process of its own, so that what it takes is not
 * measured together with what the listener takes.
 */
import { Effect } from "effect"
import { fork } from "node:child_process"
import { fileURLToPath } from "node:url"

/** How often there was which answer: an HTTP status, or the error code of a connection that got none. */
export type Answers = Readonly<Record<string, number>>

export interface Flooder {
  /** Sends as many forged callbacks, 32 at a time: more than a browser opens to one host, enough for the listener never to rest; returns when each has its answer. */
  readonly send: (count: number) => Effect.Effect<Answers>
  /** Has a `send` under way end early. */
  readonly stop: Effect.Effect<void>
}

const isAnswers = (message: unknown): message is Answers => typeof message === "object" && message !== null

/** Ends with the Scope. */
export const make = (redirectUri: string) =>
  Effect.acquireRelease(
    Effect.sync(() =>
      // Without what the test runner has put on its own command line.
      fork(fileURLToPath(new URL("./floodSender.ts", import.meta.url)), [redirectUri], { execArgv: [] })
    ),
    (sender) =>
      Effect.callback<void>((resume) => {
        if (sender.exitCode !== null || sender.signalCode !== null) return resume(Effect.void)
        sender.once("exit", () => resume(Effect.void))
        sender.kill("SIGKILL")
      })
  ).pipe(Effect.map((sender): Flooder => ({
    send: (count) =>
      Effect.callback((resume) => {
        const reported = (message: unknown) => {
          if (isAnswers(message)) resume(Effect.succeed(message))
        }
        const ended = () => resume(Effect.die("the sender of the flood has ended"))
        sender.once("message", reported).once("exit", ended)
        sender.send(count)
        return Effect.sync(() => sender.off("message", reported).off("exit", ended))
      }),
    stop: Effect.sync(() => void sender.send("stop"))
  })))
