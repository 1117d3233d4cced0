/**
 * Whoever asks once a sign-in is being ended is no part of it: they are not told how it ended, and get one of their own.
 */
import { Effect, Fiber, Stream } from "effect"
import type { Answers } from "../support/explored.ts"
import { isAnswer } from "../support/exploredInvariants.ts"
import type { Process } from "../support/exploredProcess.ts"
import * as Scene from "../support/exploredScene.ts"
import { explore } from "../support/exploring.ts"

/** Signs out while a person is asked, and in again as soon as this process can know that nobody is signed in. */
const outAndIn = (process: Process) =>
  Effect.gen(function*() {
    const seen = process.sessions.watch.pipe(
      Stream.filter(({ state }) => state._tag === "SignedOut"),
      Stream.runHead,
      Effect.orDie
    )
    const out = yield* Effect.forkChild(Effect.delay(Effect.exit(process.flows.logout(Scene.work)), "500 millis"))
    yield* Effect.raceFirst(seen, Fiber.join(out))
    return yield* Scene.signIn(process)
  })

/** Who came last is not told what was said to those before. */
const lastIsNew = (_scene: Scene.Scene, { last, ...before }: Answers) => {
  const ended = Object.values(before).filter(isAnswer).filter(({ outcome }) => outcome === "flow_cancelled")
  return Effect.succeed([
    isAnswer(last) && last.outcome === "flow_cancelled" && "who came after the end was told of it",
    isAnswer(last) && last.flowId !== undefined && ended.some(({ flowId }) => flowId === last.flowId) &&
    "who came after the end was given the flow that had ended"
  ])
}

explore("starting again", [
  {
    name: "as soon as the account is signed out",
    mayTimeOut: true,
    race: ({ process }) => ({ caller: Scene.signIn(process), last: outAndIn(process) }),
    beside: Scene.people,
    wrong: lastIsNew
  },
  {
    name: "in a window that has followed another one's flow, as soon as that was cancelled",
    mayTimeOut: true,
    windows: true,
    race: ({ other, process }) => ({
      caller: process.ask(Scene.signIn(process)),
      follower: other.ask(Effect.delay(Scene.signIn(other), "100 millis")),
      last: Effect.sleep("500 millis").pipe(
        Effect.andThen(process.ask(Effect.exit(process.flows.cancel(Scene.work)))),
        Effect.andThen(other.ask(Scene.signIn(other)))
      )
    }),
    beside: Scene.people,
    wrong: lastIsNew
  }
])
