/**
 * A sign-out that comes while the account is being signed in, or its token renewed: what began before it stores nothing.
 */
import { Deferred, Effect, Fiber, HashSet, Random, Ref } from "effect"
import type { Ask } from "../support/windowTalk.ts"
import * as Chance from "./chance.ts"
import { House } from "./house.ts"
import { isDone, type Life } from "./life.ts"
import * as Model from "./model.ts"
import { consenting } from "./person.ts"

/** How long after the other thing it comes, in milliseconds at most. */
const latest = 250

export const raced = Effect.fnUntraced(function*({ account, insist, judged, name }: Life, deed: number) {
  const { ask, doing, seed, some, tally, weather } = yield* House
  const [working, leaving] = [yield* some, yield* some]
  const delay = yield* Random.nextIntBetween(0, latest)
  const isKeen = yield* Random.nextBoolean
  const before = yield* Ref.get(account)
  const what: Ask = before._tag === "In" ? { _tag: "Refuse" } : { _tag: "SignIn", callers: 2 }
  const seen = yield* Ref.make(HashSet.empty<string>())

  const race = Effect.gen(function*() {
    const isOver = yield* Deferred.make<void>()
    const person = yield* Effect.forkChild(
      Chance.as(seed, `the person of ${name}`, deed)(consenting(name, isOver, seen)),
      { startImmediately: true }
    )
    const sent = yield* Effect.forkChild(doing(before._tag === "In" ? "refresh" : "exchange"), {
      startImmediately: true
    })
    const work = yield* Effect.forkChild(ask(working, name, what), { startImmediately: true })
    // At any moment, or while the provider is asked; or, where it is not, once that is all.
    yield* isKeen
      ? Effect.raceFirst(Effect.asVoid(Fiber.join(sent)), Effect.asVoid(Fiber.await(work)))
      : Effect.sleep(delay)
    yield* Fiber.interrupt(sent)
    const outs: Array<Model.Heard> = []
    let older = yield* Ref.get(seen)
    outs.push(yield* ask(leaving, name, { _tag: "LogOut" }))
    while (!outs.slice(-1).every(isDone)) {
      older = yield* Ref.get(seen)
      outs.push(...(yield* insist({ _tag: "LogOut" })).heard.slice(-1))
    }
    const said = yield* Fiber.join(work)
    yield* Deferred.succeed(isOver, undefined)
    yield* Fiber.join(person)
    yield* insist({ _tag: "Cancel" })
    const { told: left } = yield* insist({ _tag: "Look" })
    return { said, outs, older, left }
  })

  const { overlap, result: { left, older, outs, said } } = yield* weather.watched(race)
  yield* tally.count("sign-outs meanwhile")
  const verdict = Model.overtaken(before, {
    heard: [said],
    outs,
    overlap,
    older: new Set(older),
    consented: new Set(yield* Ref.get(seen)),
    left
  })
  yield* judged(`signed out at ${leaving} while ${what._tag} at ${working}`, [said, ...outs], overlap, verdict)
})
