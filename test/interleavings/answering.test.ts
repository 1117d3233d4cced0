/**
 * The answer to a sign-in comes by the browser, by hand, twice, from somebody else, or all at once: one of them counts, the code
 * is spent once, and no page says what is not so.
 */
import { Effect } from "effect"
import { atAnyMoment } from "../../src/layers/exploring/ScheduleChoices.ts"
import type { Answers } from "../support/explored.ts"
import { onlyTold, outcomes } from "../support/exploredInvariants.ts"
import * as Scene from "../support/exploredScene.ts"
import { explore } from "../support/exploring.ts"

const bad = new Set(["Sign-in cancelled", "Sign-in expired", "Sign-in failed", "Sign-in declined"])

/** One code is spent, and no page says the opposite of what callers were told. */
const oneExchange = ({ provider, shown }: Scene.Scene, answers: Answers) =>
  Effect.succeed([
    provider.exchanges.length > 1 && `${provider.exchanges.length} exchanges`,
    ...outcomes(answers).includes("signed in")
      ? shown.filter((page) => bad.has(page)).map((page) => `somebody is signed in, and a page says: ${page}`)
      : [],
    ...onlyTold(answers, "signed in", "flow_timed_out", "not_this_sign_in")
  ])

/** An address that anybody could have made up. */
const forged = (url: string, query: string) => `${new URL(url).searchParams.get("redirect_uri")}?${query}`

const caller = ({ process }: Scene.Scene) => ({ caller: Scene.signIn(process) })

explore("answering", [
  {
    name: "pasted while the browser brings the same",
    race: caller,
    beside: (scene) => ({
      person: Effect.gen(function*() {
        const answer = scene.provider.consent(yield* scene.tab)
        return yield* Effect.all({ pasted: Scene.pasteBack(scene.process, answer), seen: scene.visit(answer) }, {
          concurrency: "unbounded"
        })
      })
    }),
    wrong: oneExchange
  },
  {
    name: "pasted from one consent while the browser brings another",
    race: caller,
    beside: (scene) => ({
      person: Effect.gen(function*() {
        const url = yield* scene.tab
        const pasted = scene.provider.consent(url)
        const brought = scene.provider.consent(url)
        return yield* Effect.all({ pasted: Scene.pasteBack(scene.process, pasted), seen: scene.visit(brought) }, {
          concurrency: "unbounded"
        })
      })
    }),
    wrong: oneExchange
  },
  {
    name: "pasted at any moment after the tab has opened",
    race: caller,
    beside: (scene) => ({
      person: Effect.gen(function*() {
        const url = yield* scene.tab
        yield* Effect.forkChild(Effect.delay(scene.visit(scene.provider.consent(url)), "1 second"))
        yield* atAnyMoment
        return yield* Scene.pasteBack(scene.process, scene.provider.consent(url))
      })
    }),
    wrong: oneExchange
  },
  {
    name: "brought three times, two of them the same",
    race: caller,
    beside: (scene) => ({
      person: Effect.gen(function*() {
        const url = yield* scene.tab
        const first = scene.provider.consent(url)
        return yield* Effect.forEach([first, first, scene.provider.consent(url)], scene.visit, {
          concurrency: "unbounded"
        })
      })
    }),
    wrong: oneExchange
  },
  {
    name: "brought again by a reload at any moment",
    race: caller,
    beside: (scene) => ({
      person: Effect.gen(function*() {
        const url = scene.provider.consent(yield* scene.tab)
        return yield* Effect.all([scene.visit(url), Effect.andThen(atAnyMoment, scene.visit(url))], {
          concurrency: "unbounded"
        })
      })
    }),
    wrong: oneExchange
  },
  {
    name: "forged at any moment, in four ways",
    race: caller,
    beside: (scene) => ({
      person: Effect.gen(function*() {
        const url = yield* scene.tab
        const lies = ["state=another&code=1", "error=access_denied", "code=1", "state=another&error=access_denied"]
        const forge = Effect.andThen(
          atAnyMoment,
          Effect.forEach(lies, (lie) => scene.visit(forged(url, lie)), { concurrency: "unbounded" })
        )
        return yield* Effect.all([forge, Effect.delay(scene.visit(scene.provider.consent(url)), "1 second")], {
          concurrency: "unbounded"
        })
      })
    }),
    wrong: oneExchange
  },
  {
    name: "pasted, forged",
    race: caller,
    beside: (scene) => ({
      forger: Effect.flatMap(scene.tab, (url) => Scene.pasteBack(scene.process, forged(url, "state=another&code=1"))),
      canceller: Effect.delay(Effect.exit(scene.process.flows.cancel(Scene.work)), "1 second")
    }),
    wrong: ({ provider }, answers) =>
      Effect.succeed([
        provider.exchanges.length > 0 && "what was forged has been exchanged",
        ...onlyTold(answers, "flow_cancelled", "flow_timed_out", "not_this_sign_in")
      ])
  }
])
