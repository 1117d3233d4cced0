/**
 * A caller's client asks its person whether to open the page: they agree, say no, or say nothing, while everything else goes on.
 * They are asked once, their no counts unless they have answered otherwise, and the client hears of the end.
 */
import { Effect } from "effect"
import { atAnyMoment, isHurried } from "../../src/layers/exploring/ScheduleChoices.ts"
import { note } from "../../src/layers/exploring/ScheduleNotes.ts"
import { BrowserUnavailable } from "../../src/services/sign-in/Browser.ts"
import type { UrlOpening } from "../../src/services/sign-in/UrlOpener.ts"
import type { Answers } from "../support/explored.ts"
import { isAnswer, onlyTold, outcomes } from "../support/exploredInvariants.ts"
import type { Process } from "../support/exploredProcess.ts"
import * as Scene from "../support/exploredScene.ts"
import { explore } from "../support/exploring.ts"

type Answer = Effect.Effect<UrlOpening, BrowserUnavailable>

const agrees: Answer = Effect.delay(Effect.succeed("accepted"), "1 second")
const refusesAtAnyMoment: Answer = Effect.as(atAnyMoment, "declined")
const isAbsent: Answer = Effect.fail(new BrowserUnavailable({ problem: "Nobody is there." }))

const signIn = (scene: Scene.Scene, process: Process, answer: Answer) =>
  Scene.signIn(process, Scene.work, scene.asking(answer))

const callers = (answer: Answer) => (scene: Scene.Scene) => ({
  "caller 1": signIn(scene, scene.process, answer),
  "caller 2": signIn(scene, scene.process, answer)
})

/** The person is asked once for a flow, and the client hears once of each end. */
const askedOnce = ({ asked, over }: Scene.Scene) => [
  new Set(asked).size < asked.length && "somebody was asked twice to open one page",
  asked.toSorted().join() !== over.toSorted().join() && `asked for ${asked.join()}, told of the end of ${over.join()}`
]

/** What callers of a flow were told other than the no that the person gave before anybody went to an answer. */
const unheard = (scene: Scene.Scene, answers: Answers) =>
  Effect.map(isHurried, (hurried) => {
    const first = scene.refusals.filter(({ at }) => !hurried && at < Math.min(...scene.visits)).map(({ flowId }) =>
      flowId
    )
    return Object.values(answers).filter(isAnswer)
      .filter(({ flowId, outcome }) => first.some((id) => id === flowId) && outcome !== "interrupted")
      .map(({ outcome }) =>
        outcome !== "consent_denied" && `the person's no came first, and a caller was told ${outcome}`
      )
  })

/** A person whose no was heard has not been signed in, and a no that came first is what everybody is told. */
const noMeansNo = Effect.fnUntraced(function*(scene: Scene.Scene, answers: Answers) {
  const isDenied = outcomes(answers).every((outcome) => outcome === "consent_denied")
  return [
    ...askedOnce(scene),
    isDenied && (yield* scene.state()) === "SignedIn" && "everybody was told of a no, and the account is signed in",
    ...yield* unheard(scene, answers)
  ]
})

const insistent = (scene: Scene.Scene) => ({ person: scene.insistent })

explore("opening", [
  {
    name: "agreed to after a second",
    race: callers(agrees),
    beside: (scene) => ({ person: scene.person }),
    wrong: (scene, answers) =>
      Effect.succeed([...askedOnce(scene), ...onlyTold(answers, "signed in", "flow_timed_out")])
  },
  {
    name: "a no at any moment, while the person consents by the address",
    race: callers(refusesAtAnyMoment),
    beside: insistent,
    wrong: (scene, answers) =>
      Effect.map(
        noMeansNo(scene, answers),
        (wrong) => [...wrong, ...onlyTold(answers, "signed in", "consent_denied", "flow_timed_out")]
      )
  },
  {
    name: "nobody there to be asked",
    race: callers(isAbsent),
    beside: insistent,
    wrong: (scene, answers) =>
      Effect.succeed([...askedOnce(scene), ...onlyTold(answers, "signed in", "flow_timed_out")])
  },
  {
    name: "cancelled at any moment, before or after they were asked",
    mayTimeOut: true,
    race: (scene) => ({
      ...callers(Effect.never)(scene),
      cancel: Effect.andThen(atAnyMoment, Effect.orDie(scene.process.flows.cancel(Scene.work))).pipe(
        Effect.tap(({ _tag }) => note(`cancel: ${_tag}`))
      )
    }),
    wrong: (scene, answers) =>
      Effect.succeed([...askedOnce(scene), ...onlyTold(answers, "flow_cancelled", "flow_timed_out")])
  },
  {
    name: "a no in either of two processes, one of which runs the flow",
    windows: true,
    mayTimeOut: true,
    race: (scene) => ({
      "caller 1": scene.process.ask(signIn(scene, scene.process, refusesAtAnyMoment)),
      "caller 2": scene.other.ask(signIn(scene, scene.other, refusesAtAnyMoment))
    }),
    beside: insistent,
    wrong: (scene, answers) =>
      Effect.map(
        noMeansNo(scene, answers),
        (wrong) => [
          ...wrong,
          ...onlyTold(answers, "signed in", "consent_denied", "flow_timed_out", "flow_stalled")
        ]
      )
  }
])
