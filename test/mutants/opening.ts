/**
 * Safeties of having the page opened: by whom, what their answer means, and who hears of the end.
 */
import { explored, type Mutant, quick } from "./mutant.ts"

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
    find: "if ((yield* Ref.get(entry.role))._tag !== \"Owning\") {",
    replace: "if ((yield* Ref.get(entry.role))._tag !== \"Owning\") return\n    if (false) {",
    killers: [quick(openers, "ends it also where another window's process runs it")]
  },
  {
    safety: "the person's no, which ends the flow",
    rule: "One completion",
    file: tab,
    find: "? declined(entry, page)",
    replace: "? Effect.void",
    killers: [explored("opening", "a no at any moment, while the person consents by the address")]
  },
  {
    safety: "word of a page that nobody has open, because the window that was asked for it has gone",
    rule: "No browser by surprise",
    file: tab,
    find: "Effect.onInterrupt(opener(page), () => abandoned)",
    replace: "opener(page)",
    killers: [quick(openers, "leaves the others with the word that nobody has the page open")]
  },
  {
    safety: "no tab for a flow that is over, in the database",
    rule: "No browser by surprise",
    file: "src/layers/storage/FlowStoreSql.ts",
    find: "|| flow.ending !== null) return",
    replace: ") return",
    killers: [
      quick(
        "layers/storage/FlowStoreSql",
        "none is opened on a flow that has ended or is not known, and that costs the account's next flow nothing"
      )
    ]
  },
  {
    safety: "a client's own words, which stay out of the log",
    rule: "Secrets never leave",
    file: "src/layers/tools/ToolServerPeer.ts",
    find: "new ElicitationFailed({ reason: reasonOf(error) })",
    replace: "new ElicitationFailed({ reason: String(error) })",
    killers: [quick(asked, "and repeats the address in what it says of its fault has it in no log and no event")]
  },
  {
    safety: "telling who opened the page when the sign-in settles, and not when its port is free",
    rule: "The page never lies",
    file: "src/layers/sign-in/AuthFlowRun.ts",
    find: "yield* Fiber.interruptAll([showing, heeding])",
    replace: "yield* Fiber.interrupt(heeding)",
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
