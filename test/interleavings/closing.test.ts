/**
 * A flow that leaves no page behind has given its port back by the time anybody hears how it ended.
 */
import { Effect } from "effect"
import type { Answers } from "../support/explored.ts"
import { onlyTold } from "../support/exploredInvariants.ts"
import * as Scene from "../support/exploredScene.ts"
import { explore } from "../support/exploring.ts"

/** Signs in, and looks for listeners at the very moment of being told. */
const watchful = ({ loopback, process }: Scene.Scene) =>
  Effect.gen(function*() {
    const answer = yield* Scene.signIn(process)
    return { ...answer, ports: (yield* loopback.ports).length }
  })

const noPort = ({ caller }: Answers) =>
  typeof caller === "object" && caller !== null && "ports" in caller && caller.ports !== 0 &&
  "a caller was told how it ended, and somebody still listens"

explore("closing", [
  {
    name: "when nobody answers",
    mayTimeOut: true,
    race: (scene) => ({ caller: watchful(scene) }),
    wrong: (_scene, answers) => Effect.succeed([noPort(answers), ...onlyTold(answers, "flow_timed_out")])
  },
  {
    name: "when it is cancelled",
    race: (scene) => ({
      caller: watchful(scene),
      cancel: Effect.delay(Effect.exit(scene.process.flows.cancel(Scene.work)), "1 second")
    }),
    wrong: (_scene, answers) =>
      Effect.succeed([noPort(answers), ...onlyTold(answers, "flow_cancelled", "flow_timed_out")])
  }
])
