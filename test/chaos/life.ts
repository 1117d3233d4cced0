/**
 * The life of one account: what it has to be, what was done with it, and what was heard.
 */
import { Clock, Effect, Ref } from "effect"
import type { Ask, Told } from "../support/windowTalk.ts"
import { Broken, House } from "./house.ts"
import * as Model from "./model.ts"

/** How soon something is tried again that has to succeed. */
const again = "200 millis"

/** How long that may take. */
const patience = 60_000

/** How many deeds are told of when something is broken. */
const remembered = 8

const nothing: Told = { _tag: "Failed", code: "nothing", message: "" }

/** Without what nobody may read. */
const brief = (heard: Model.Heard): unknown =>
  heard.told === "gone"
    ? "gone"
    : heard.told.map((told) => {
      if (told._tag === "Failed") return told.code
      if (told._tag === "Done") return told.what
      return told._tag === "Usage" ? told : `${told.how} ${told.flowId}`
    })

/** Whether the one caller was told that it is done. */
export const isDone = ({ told }: Model.Heard): boolean => told !== "gone" && told[0]?._tag === "Done"

export const make = Effect.fnUntraced(function*(name: string) {
  const { ask, tally, weather } = yield* House
  const account = yield* Ref.make<Model.Account>(Model.out)
  const deeds = yield* Ref.make<ReadonlyArray<string>>([])
  const began = yield* Clock.currentTimeMillis

  /** Takes note of what came of a deed, and fails if that must not be. */
  const judged = Effect.fnUntraced(function*(
    what: string,
    heard: ReadonlyArray<Model.Heard>,
    overlap: Model.Overlap,
    verdict: Model.Verdict
  ) {
    yield* tally.count(overlap.size === 0 ? "deeds in peace" : "deeds that were disturbed")
    const seconds = (((yield* Clock.currentTimeMillis) - began) / 1_000).toFixed(1)
    const line = [
      `${seconds} s ${what}`,
      `heard ${JSON.stringify(heard.map(brief))}`,
      `during ${overlap.size === 0 ? "nothing" : [...overlap].join(", ")}`,
      `is ${JSON.stringify(verdict.account)}`
    ].join("; ")
    const told = [...(yield* Ref.get(deeds)).slice(1 - remembered), line]
    yield* Ref.set(deeds, told)
    if (verdict.broken.length > 0) return yield* new Broken({ account: name, what: verdict.broken, deeds: told })
    yield* Ref.set(account, verdict.account)
  })

  /** Asks the window that lives throughout until it does as it is asked; gives all it has said. */
  const insist = Effect.fnUntraced(function*(what: Ask) {
    const deadline = (yield* Clock.currentTimeMillis) + patience
    const heard: Array<Model.Heard> = []
    while (true) {
      const one = yield* ask(0, name, what)
      heard.push(one)
      const [told] = one.told === "gone" ? [] : one.told
      if (told !== undefined && told._tag !== "Failed") return { heard, told }
      if ((yield* Clock.currentTimeMillis) > deadline) {
        return {
          heard: [...heard, { told: [{ ...nothing, code: "never_done", message: what._tag }], isBraked: false }],
          told: nothing
        }
      }
      yield* Effect.sleep(again)
    }
  })

  /** What a window says of the account, when nothing is done with it. */
  const lookFrom = Effect.fnUntraced(function*(place: number) {
    const { overlap, result: heard } = yield* weather.watched(ask(place, name, { _tag: "Look" }))
    yield* tally.count("looks")
    yield* judged(`looked at from ${place}`, [heard], overlap, Model.looked(yield* Ref.get(account), heard, overlap))
  })

  return { name, account, judged, insist, lookFrom }
})

export type Life = Effect.Success<ReturnType<typeof make>>
