/**
 * A store that fails at any one of the calls made of it: everybody is answered all the same, nothing is said to be stored that is
 * not, and the next attempt is a new one.
 */
import { Effect } from "effect"
import { atAnyMoment } from "../../src/layers/exploring/ScheduleChoices.ts"
import type { Answers } from "../support/explored.ts"
import { onlyTold } from "../support/exploredInvariants.ts"
import * as Scene from "../support/exploredScene.ts"
import { explore } from "../support/exploring.ts"

/** Whoever was told so is signed in, and whoever was not can sign in now. */
const asTold = (...allowed: ReadonlyArray<string>) => (scene: Scene.Scene, answers: Answers) =>
  Effect.gen(function*() {
    // An account may have another tab after ten seconds.
    yield* Effect.sleep("10 seconds")
    // Whatever is left in the browser from before, they look at it as well.
    const again = yield* Effect.raceFirst(Scene.signIn(scene.process), Effect.forever(scene.person))
    return [
      ...onlyTold(answers, "signed in", "store_unavailable", "flow_timed_out", ...allowed),
      again.outcome !== "signed in" && `who tried again was told ${again.outcome}`
    ]
  })

const person = (scene: Scene.Scene) => ({ person: scene.person })

explore("failing", [
  {
    name: "a sign-in",
    faulty: true,
    race: ({ process }) => ({ "caller 1": Scene.signIn(process), "caller 2": Scene.signIn(process) }),
    beside: person,
    wrong: asTold()
  },
  {
    name: "a sign-in that is cancelled",
    faulty: true,
    race: ({ process }) => ({
      caller: Scene.signIn(process),
      cancel: Effect.andThen(atAnyMoment, Effect.exit(process.flows.cancel(Scene.work)))
    }),
    beside: person,
    wrong: asTold("flow_cancelled")
  },
  {
    name: "a sign-in that is signed out",
    faulty: true,
    race: ({ process }) => ({
      caller: Scene.signIn(process),
      logout: Effect.andThen(atAnyMoment, Effect.exit(process.flows.logout(Scene.work)))
    }),
    beside: person,
    wrong: asTold("flow_cancelled")
  },
  {
    name: "a pasted address",
    faulty: true,
    race: ({ process }) => ({ caller: Scene.signIn(process) }),
    beside: ({ process, provider, tab }) => ({
      person: Effect.flatMap(tab, (url) => Scene.pasteBack(process, provider.consent(url)))
    }),
    wrong: asTold()
  },
  {
    name: "a renewal",
    faulty: true,
    signedIn: "stale",
    race: ({ process }) => ({ "caller 1": Scene.token(process), "caller 2": Scene.token(process) }),
    wrong: asTold("sign_in_required")
  },
  {
    name: "a sign-out",
    faulty: true,
    signedIn: "fresh",
    race: ({ process }) => ({
      logout: Effect.exit(process.flows.logout(Scene.work)),
      caller: Scene.token(process)
    }),
    wrong: asTold("sign_in_required")
  }
])
