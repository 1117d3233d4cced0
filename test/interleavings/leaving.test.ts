/**
 * Callers who leave at any step take nothing along: not the flow, not the others' answers, not a lock.
 */
import { Effect, Fiber } from "effect"
import { atAnyMoment, pick } from "../../src/layers/exploring/ScheduleChoices.ts"
import { note } from "../../src/layers/exploring/ScheduleNotes.ts"
import { onlyTold } from "../support/exploredInvariants.ts"
import * as Scene from "../support/exploredScene.ts"
import { explore } from "../support/exploring.ts"

/** Somebody who does this, and leaves at any moment. */
const leaving = <A>(deed: Effect.Effect<A>) =>
  Effect.gen(function*() {
    const leaver = yield* Effect.forkChild(deed)
    yield* atAnyMoment
    yield* note("leaves")
    yield* Fiber.interrupt(leaver)
  })

const person = (scene: Scene.Scene) => ({ person: scene.person })

/** Who stays is told that they are signed in, unless time passed before its time. */
const othersAreSignedIn = (_scene: Scene.Scene, answers: Readonly<Record<string, unknown>>) =>
  Effect.succeed(onlyTold(answers, "signed in", "flow_timed_out"))

explore("leaving", [
  {
    name: "the caller who began leaves",
    race: ({ process }) => ({ leaver: leaving(Scene.signIn(process)), stayer: Scene.signIn(process) }),
    beside: person,
    wrong: othersAreSignedIn
  },
  {
    name: "a caller who has joined leaves",
    race: ({ process }) => ({ stayer: Scene.signIn(process), leaver: leaving(Scene.signIn(process)) }),
    beside: person,
    wrong: othersAreSignedIn
  },
  {
    name: "one of three leaves, whoever it is",
    race: ({ process }) => ({
      callers: Effect.gen(function*() {
        const all = yield* Effect.forEach([1, 2, 3], () => Effect.forkChild(Scene.signIn(process)))
        const unlucky = all[yield* pick(3)]
        yield* atAnyMoment
        if (unlucky !== undefined) yield* Fiber.interrupt(unlucky)
        yield* Fiber.awaitAll(all)
      })
    }),
    beside: person
  },
  {
    name: "the only caller leaves, and somebody else comes",
    race: ({ process }) => ({
      leaver: Effect.andThen(leaving(Scene.signIn(process)), Scene.signIn(process))
    }),
    beside: person,
    wrong: othersAreSignedIn
  },
  {
    name: "who pastes an address leaves",
    mayTimeOut: true,
    race: ({ process }) => ({ stayer: Scene.signIn(process) }),
    beside: ({ process, provider, tab }) => ({
      leaver: Effect.flatMap(tab, (url) => leaving(Scene.pasteBack(process, provider.consent(url))))
    }),
    wrong: othersAreSignedIn
  },
  {
    name: "who cancels leaves",
    race: ({ process }) => ({
      stayer: Scene.signIn(process),
      leaver: Effect.delay(leaving(Effect.exit(process.flows.cancel(Scene.work))), "1 second")
    }),
    beside: person
  },
  {
    name: "who signs out leaves",
    signedIn: "fresh",
    race: ({ process }) => ({
      leaver: leaving(Effect.exit(process.flows.logout(Scene.work))),
      stayer: Scene.token(process)
    })
  },
  {
    name: "who waits for a renewal leaves",
    signedIn: "stale",
    race: ({ process }) => ({ leaver: leaving(Scene.token(process)), stayer: Scene.token(process) }),
    wrong: (_scene, answers) => Effect.succeed(onlyTold(answers, "signed in"))
  },
  {
    name: "the browser hangs up",
    mayTimeOut: true,
    race: ({ process }) => ({ stayer: Scene.signIn(process) }),
    beside: ({ provider, tab, visit }) => ({
      browser: Effect.flatMap(tab, (url) => leaving(visit(provider.consent(url))))
    })
  }
])
