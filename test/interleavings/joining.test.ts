/**
 * Everybody who wants to sign in at the same time joins one sign-in and is told the same, whatever ends it.
 */
import { Effect } from "effect"
import { atAnyMoment } from "../../src/layers/exploring/ScheduleChoices.ts"
import type { Answers } from "../support/explored.ts"
import { onlyTold } from "../support/exploredInvariants.ts"
import { timeout } from "../support/exploredProcess.ts"
import * as Scene from "../support/exploredScene.ts"
import { explore } from "../support/exploring.ts"

/** There was one flow, unless time passed before its time; everybody was told what came of theirs. */
const oneForAll = ({ provider }: Scene.Scene, answers: Answers) =>
  Effect.succeed([
    provider.exchanges.length > 1 && `${provider.exchanges.length} exchanges`,
    ...onlyTold(answers, "signed in", "flow_timed_out")
  ])

explore("joining", [
  {
    name: "three callers and a person who says yes",
    race: ({ process }) => ({
      "caller 1": Scene.signIn(process),
      "caller 2": Scene.signIn(process),
      "caller 3": Scene.signIn(process)
    }),
    beside: ({ person }) => ({ person }),
    wrong: oneForAll
  },
  {
    name: "a caller who comes at any moment of somebody else's sign-in",
    race: ({ process }) => ({
      "caller 1": Scene.signIn(process),
      "caller 2": Effect.andThen(atAnyMoment, Scene.signIn(process))
    }),
    beside: ({ person }) => ({ person }),
    wrong: oneForAll
  },
  {
    name: "a caller who comes when it is all but done",
    race: ({ process }) => ({
      "caller 1": Scene.signIn(process),
      "caller 2": Effect.delay(Scene.signIn(process), "1030 millis"),
      "caller 3": Effect.delay(Scene.signIn(process), "1040 millis")
    }),
    beside: ({ person }) => ({ person })
  },
  {
    name: "a person who answers at the last moment",
    mayTimeOut: true,
    race: ({ process }) => ({ "caller 1": Scene.signIn(process), "caller 2": Scene.signIn(process) }),
    beside: ({ provider, tab, visit }) => ({
      person: Effect.gen(function*() {
        const url = yield* tab
        yield* Effect.sleep(timeout)
        yield* visit(provider.consent(url))
      })
    }),
    wrong: oneForAll
  },
  {
    name: "nobody answers",
    mayTimeOut: true,
    race: ({ process }) => ({ "caller 1": Scene.signIn(process), "caller 2": Scene.signIn(process) }),
    wrong: (_scene, answers) => Effect.succeed(onlyTold(answers, "flow_timed_out"))
  },
  {
    name: "two accounts at once",
    race: ({ process }) => ({
      "caller 1": Scene.signIn(process, Scene.work),
      "caller 2": Scene.signIn(process, Scene.home),
      "caller 3": Scene.signIn(process, Scene.home)
    }),
    beside: ({ person }) => ({ "person 1": person, "person 2": person }),
    wrong: ({ provider }, answers) =>
      Effect.succeed([
        provider.exchanges.length > 2 && `${provider.exchanges.length} exchanges for two accounts`,
        ...onlyTold(answers, "signed in", "flow_timed_out")
      ])
  },
  {
    name: "two callers and a person who says yes, over SQLite",
    stores: "sqlite",
    extent: { limit: 400, times: 0.2 },
    race: ({ process }) => ({ "caller 1": Scene.signIn(process), "caller 2": Scene.signIn(process) }),
    beside: ({ person }) => ({ person }),
    wrong: oneForAll
  }
])
