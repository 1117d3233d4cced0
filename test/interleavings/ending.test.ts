/**
 * A sign-in that is cancelled, signed out, or shut down at any moment: everybody is told so, or it was done before.
 */
import { Effect, Exit } from "effect"
import { atAnyMoment, pick } from "../../src/layers/exploring/ScheduleChoices.ts"
import { note } from "../../src/layers/exploring/ScheduleNotes.ts"
import { onlyTold, outcomes } from "../support/exploredInvariants.ts"
import * as Scene from "../support/exploredScene.ts"
import { explore } from "../support/exploring.ts"

const callers = ({ process }: Scene.Scene) => ({
  "caller 1": Scene.signIn(process),
  "caller 2": Scene.signIn(process)
})

const person = (scene: Scene.Scene) => ({ person: scene.person })

const cancel = ({ process }: Scene.Scene) =>
  Effect.orDie(process.flows.cancel(Scene.work)).pipe(Effect.tap(({ _tag }) => note(`cancel: ${_tag}`)))

const logout = ({ process }: Scene.Scene) =>
  Effect.orDie(process.flows.logout(Scene.work)).pipe(Effect.tap(({ flow }) => note(`logout: ${flow._tag}`)))

/** Stalled, where time passed faster than anybody could do anything. */
const endings = ["signed in", "flow_cancelled", "flow_timed_out", "flow_stalled"]

// A sign-in that begins after one that was ended may have to do without a tab: an account has one in ten seconds.
explore("ending", [
  {
    name: "a cancel at any moment",
    mayTimeOut: true,
    race: (scene) => ({ ...callers(scene), cancel: Effect.andThen(atAnyMoment, cancel(scene)) }),
    beside: person,
    wrong: ({ state }, answers) =>
      Effect.gen(function*() {
        const isCancelled = outcomes(answers).every((outcome) => outcome === "flow_cancelled")
        return [
          ...onlyTold(answers, ...endings),
          isCancelled && (yield* state()) === "SignedIn" && "a cancelled flow has stored a session"
        ]
      })
  },
  {
    name: "a cancel just when the person answers",
    race: (scene) => ({ ...callers(scene), cancel: Effect.delay(cancel(scene), "1 second") }),
    beside: person,
    wrong: (_scene, answers) => Effect.succeed(onlyTold(answers, ...endings))
  },
  {
    name: "two cancels",
    mayTimeOut: true,
    race: (scene) => ({
      ...callers(scene),
      "cancel 1": Effect.delay(cancel(scene), "1 second"),
      "cancel 2": Effect.andThen(Effect.sleep("1 second"), Effect.andThen(atAnyMoment, cancel(scene)))
    }),
    beside: person,
    wrong: (_scene, answers) => Effect.succeed(onlyTold(answers, ...endings))
  },
  {
    name: "a logout at any moment",
    mayTimeOut: true,
    race: (scene) => ({ ...callers(scene), logout: Effect.andThen(atAnyMoment, logout(scene)) }),
    beside: person,
    wrong: (_scene, answers) => Effect.succeed(onlyTold(answers, ...endings))
  },
  {
    name: "a logout while the code is exchanged",
    race: (scene) => ({ ...callers(scene), logout: Effect.delay(logout(scene), "1030 millis") }),
    beside: person,
    wrong: (_scene, answers) => Effect.succeed(onlyTold(answers, ...endings))
  },
  {
    name: "a logout and a cancel",
    mayTimeOut: true,
    race: (scene) => ({
      ...callers(scene),
      logout: Effect.andThen(atAnyMoment, logout(scene)),
      cancel: Effect.delay(cancel(scene), "1 second")
    }),
    beside: person,
    wrong: (_scene, answers) => Effect.succeed(onlyTold(answers, ...endings))
  },
  {
    name: "a logout, and a sign-in after it",
    mayTimeOut: true,
    race: (scene) => ({
      ...callers(scene),
      "caller 3": Effect.andThen(logout(scene), Scene.signIn(scene.process))
    }),
    beside: (scene) => ({ person: Effect.forever(scene.person) }),
    wrong: ({ state }, answers) =>
      Effect.gen(function*() {
        const last = answers["caller 3"]
        const isIn = typeof last === "object" && last !== null && "outcome" in last && last.outcome === "signed in"
        return [
          ...onlyTold(answers, ...endings),
          isIn && (yield* state()) !== "SignedIn" && "who signed in after a logout is not signed in"
        ]
      })
  },
  {
    name: "a cancel and a new sign-in at any moment, on a fixed port",
    mayTimeOut: true,
    port: 40_404,
    race: (scene) => ({
      ...callers(scene),
      cancel: Effect.andThen(atAnyMoment, cancel(scene)),
      "caller 3": Effect.andThen(atAnyMoment, Scene.signIn(scene.process))
    }),
    beside: person,
    wrong: (_scene, answers) => Effect.succeed(onlyTold(answers, ...endings))
  },
  {
    name: "a logout at any moment, over SQLite",
    stores: "sqlite",
    extent: { limit: 300, times: 0.1 },
    // At any of a hundred moments: who polls is never at the end of everything.
    race: (scene) => ({
      ...callers(scene),
      logout: Effect.flatMap(pick(100), (moment) => Effect.delay(logout(scene), moment * 11))
    }),
    beside: ({ insistent }) => ({ person: insistent }),
    wrong: (_scene, answers) => Effect.succeed(onlyTold(answers, ...endings))
  },
  {
    name: "the process ends at any moment",
    race: (scene) => ({ ...callers(scene), end: Effect.andThen(atAnyMoment, scene.process.end) }),
    beside: person,
    wrong: (_scene, answers) => Effect.succeed(onlyTold(answers, ...endings))
  },
  {
    name: "the process ends just when the person answers",
    race: (scene) => ({ ...callers(scene), end: Effect.delay(scene.process.end, "1 second") }),
    beside: person,
    wrong: (_scene, answers) => Effect.succeed(onlyTold(answers, ...endings))
  },
  {
    name: "the process ends while somebody signs out",
    signedIn: "fresh",
    race: (scene) => ({
      logout: Effect.exit(scene.process.flows.logout(Scene.work)),
      end: Effect.andThen(atAnyMoment, scene.process.end)
    }),
    wrong: ({ state }, { logout: exit }) =>
      Effect.gen(function*() {
        const isDone = Exit.isExit(exit) && Exit.isSuccess(exit)
        return [isDone && (yield* state()) !== "SignedOut" && "signed out, and not"]
      })
  }
])
