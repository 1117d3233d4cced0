/**
 * Two processes want to sign in, and one of them is killed at any moment: the other goes on, and who is left is told the same.
 */
import { Effect } from "effect"
import { atAnyMoment, pick } from "../../src/layers/exploring/ScheduleChoices.ts"
import { note } from "../../src/layers/exploring/ScheduleNotes.ts"
import type { Answers } from "../support/explored.ts"
import { onlyTold } from "../support/exploredInvariants.ts"
import type { Process } from "../support/exploredProcess.ts"
import * as Scene from "../support/exploredScene.ts"
import { explore } from "../support/exploring.ts"

const signIn = (process: Process) => process.ask(Scene.signIn(process))

const kill = (process: Process) => Effect.andThen(note("kills"), process.kill)

/**
 * Whoever is left has been told how it ended: by its time where the account may not have another tab yet, and as stalled where
 * time passed faster than its process could.
 */
const told = (_scene: Scene.Scene, answers: Answers) =>
  Effect.succeed(onlyTold(answers, "signed in", "flow_timed_out", "flow_stalled", "flow_cancelled"))

// Whoever goes on may have to do without a tab: an account has one in ten seconds.
explore("taking over", [
  {
    name: "two processes, nobody dies",
    windows: true,
    race: ({ other, process }) => ({ "caller 1": signIn(process), "caller 2": signIn(other) }),
    beside: Scene.people,
    wrong: ({ provider }, answers) =>
      Effect.succeed([
        provider.exchanges.length > 1 && `${provider.exchanges.length} exchanges`,
        ...onlyTold(answers, "signed in", "flow_timed_out", "flow_stalled")
      ])
  },
  {
    name: "the first is killed at any moment",
    mayTimeOut: true,
    windows: true,
    race: ({ other, process }) => ({
      "caller 1": signIn(process),
      "caller 2": signIn(other),
      killer: Effect.andThen(atAnyMoment, kill(process))
    }),
    beside: Scene.people,
    wrong: told
  },
  {
    name: "either is killed just when the person answers",
    mayTimeOut: true,
    windows: true,
    race: ({ other, process }) => ({
      "caller 1": signIn(process),
      "caller 2": signIn(other),
      killer: Effect.gen(function*() {
        yield* Effect.sleep("1 second")
        const victim = (yield* pick(2)) === 0 ? process : other
        yield* atAnyMoment
        yield* kill(victim)
      })
    }),
    beside: Scene.people,
    wrong: told
  },
  {
    name: "one is ended at any moment",
    mayTimeOut: true,
    windows: true,
    race: ({ other, process }) => ({
      "caller 1": signIn(process),
      "caller 2": signIn(other),
      end: Effect.andThen(atAnyMoment, process.end)
    }),
    beside: Scene.people,
    wrong: told
  },
  {
    name: "one cancels what the other runs",
    mayTimeOut: true,
    windows: true,
    race: ({ other, process }) => ({
      "caller 1": signIn(process),
      cancel: Effect.andThen(atAnyMoment, Effect.exit(other.flows.cancel(Scene.work)))
    }),
    beside: Scene.people,
    wrong: told
  },
  {
    name: "one signs out while the other signs in",
    mayTimeOut: true,
    windows: true,
    race: ({ other, process }) => ({
      "caller 1": signIn(process),
      logout: Effect.andThen(atAnyMoment, Effect.exit(other.flows.logout(Scene.work)))
    }),
    beside: Scene.people,
    wrong: told
  },
  {
    name: "both renew one session",
    windows: true,
    signedIn: "stale",
    race: ({ other, process }) => ({
      "caller 1": Scene.token(process),
      "caller 2": Scene.token(other)
    }),
    wrong: (_scene, answers) => Effect.succeed(onlyTold(answers, "signed in"))
  },
  {
    name: "one signs out while the other signs in, over SQLite",
    mayTimeOut: true,
    windows: true,
    stores: "sqlite",
    extent: { limit: 300, times: 0.1 },
    race: ({ other, process }) => ({
      "caller 1": signIn(process),
      // Who polls is never at the end of everything.
      logout: Effect.flatMap(
        pick(100),
        (moment) => Effect.delay(Effect.exit(other.flows.logout(Scene.work)), moment * 11)
      )
    }),
    beside: ({ insistent }) => ({ person: insistent }),
    wrong: told
  }
])
