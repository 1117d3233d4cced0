/**
 * Safeties of having the page opened: by whom, what their answer means, and who hears of the end.
 */
import { type Mutant, quick } from "./mutant.ts"

const tab = "src/layers/sign-in/AuthFlowTab.ts"
const elicitation = "src/layers/tools/UrlOpenerElicitation.ts"
const asked = "programs/tools/gasAuthElicitation"
const openers = "layers/sign-in/AuthFlows/openers"

export const opening: ReadonlyArray<Mutant> = [
  {
    safety: "an answer within a second that decides nothing",
    rule: "No browser by surprise",
    file: elicitation,
    find: "if (Duration.isLessThan(took, readingTime)) {",
    replace: "if (false) {",
    killers: [
      quick(
        asked,
        "and answers \"decline\" at once has nobody to ask: the flow goes on, and the call answers with the address"
      )
    ]
  },
  {
    safety: "a question closed without an answer, which is no no",
    rule: "No browser by surprise",
    file: elicitation,
    find: "return answer === \"decline\" ?",
    replace: "return answer !== \"accept\" ?",
    killers: [quick(asked, "whose person closes the question has its address in the answer")]
  },
  {
    safety: "the caller's own way of opening the page, in place of the browser",
    rule: "No browser by surprise",
    file: tab,
    find: "const { opener = byBrowser } = yield* SubscriptionRef.get(entry.wants)",
    replace: "const opener = byBrowser",
    killers: [
      quick(
        openers,
        "is given the page in place of the browser, and what came of it is shown to everybody in every window"
      )
    ]
  },
  {
    safety: "a no in one window that ends the flow of another's process",
    rule: "One completion",
    file: tab,
    find: "return yield* Effect.ignore(store.change(flowId, { _tag: \"Asked\", by: \"decline\" }))",
    replace: "return",
    killers: [quick(openers, "ends it also where another window's process runs it")]
  },
  {
    safety: "telling who opened the page when the sign-in settles, and not when its port is free",
    rule: "The page never lies",
    file: tab,
    find: "Effect.raceFirst(Effect.exit(Deferred.await(entry.outcome))),",
    replace: "",
    killers: [
      quick(
        openers,
        "is interrupted when the flow ends first, and learns of the end before the page can be reloaded no more"
      )
    ]
  },
  {
    safety: "telling the client that what it was asked to open is over",
    rule: "The page never lies",
    file: "src/layers/tools/ToolServerPeer.ts",
    find: "yield* Effect.addFinalizer(() => post(scope, () => peer.complete(id)))",
    replace: "",
    killers: [quick(asked, "is told to it, once: a sign-in")]
  }
]
