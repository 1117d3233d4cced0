/**
 * What is done with an account: one thing at a time, in windows drawn by lot, and each until it is known what came of it.
 */
import { Deferred, Effect, Fiber, HashSet, Random, Ref } from "effect"
import { HttpClient, HttpClientRequest } from "effect/http"
import { LocalGoogle } from "../../src/services/local-google/LocalGoogle.ts"
import * as Chance from "./chance.ts"
import { House } from "./house.ts"
import { isDone, type Life } from "./life.ts"
import * as Model from "./model.ts"
import { consenting } from "./person.ts"
import { raced } from "./race.ts"

export const make = Effect.fnUntraced(function*(life: Life) {
  const { account, insist, judged, lookFrom, name } = life
  const { ask, seed, some, tally, weather } = yield* House
  const { issuer } = yield* LocalGoogle
  const turn = yield* Ref.make(0)

  const look = Effect.flatMap(some, lookFrom)

  const signInAt = Effect.fnUntraced(function*(places: ReadonlyArray<number>, deed: number) {
    const { overlap, result: { after, consented, heard, left } } = yield* weather.watched(Effect.gen(function*() {
      const isOver = yield* Deferred.make<void>()
      const seen = yield* Ref.make(HashSet.empty<string>())
      const person = yield* Effect.forkChild(
        Chance.as(seed, `the person of ${name}`, deed)(consenting(name, isOver, seen)),
        { startImmediately: true }
      )
      const said = yield* Effect.forEach(places, (place) => ask(place, name, { _tag: "SignIn", callers: 2 }), {
        concurrency: "unbounded"
      })
      yield* Deferred.succeed(isOver, undefined)
      yield* Fiber.join(person)
      // Nothing of it goes on once it is over.
      const { heard: cancels } = yield* insist({ _tag: "Cancel" })
      const { heard: looks, told } = yield* insist({ _tag: "Look" })
      return { consented: new Set(yield* Ref.get(seen)), heard: said, left: told, after: [...cancels, ...looks] }
    }))
    const told = heard.flatMap((each) => each.told === "gone" ? [] : each.told)
    if (told.some(({ _tag }) => _tag === "Session")) yield* tally.count("sign-ins")
    yield* tally.count(
      "callers who joined",
      told.filter((each) => each._tag === "Session" && each.how === "Joined").length
    )
    const before = yield* Ref.get(account)
    const verdict = Model.signedIn(before, { heard, overlap, consented, left })
    yield* judged(`signed in at ${places.join(", ")}`, [...heard, ...after], overlap, {
      ...verdict,
      broken: [...verdict.broken, ...Model.failures(before, after, overlap)]
    })
  })

  const signIn = Effect.fnUntraced(function*(deed: number) {
    const windows = 1 + (yield* Random.nextIntBetween(0, 2))
    yield* signInAt(yield* Effect.forEach(Array.from({ length: windows }), () => some), deed)
  })

  const cancel = Effect.gen(function*() {
    const [starting, cancelling] = [yield* some, yield* some]
    if ((yield* Ref.get(account))._tag === "In") return
    const { overlap, result: { cancels, left, started } } = yield* weather.watched(Effect.gen(function*() {
      const said = yield* ask(starting, name, { _tag: "Start" })
      const first = yield* ask(cancelling, name, { _tag: "Cancel" })
      // Where it may not have been heard, it is said again.
      const more = isDone(first) ? [] : (yield* insist({ _tag: "Cancel" })).heard
      return { started: said, cancels: [first, ...more], left: (yield* insist({ _tag: "Pending" })).told }
    }))
    yield* tally.count("cancels")
    const before = yield* Ref.get(account)
    const { broken } = Model.cancelled(before, { started, overlap, left })
    const failed = cancels.flatMap((heard) => Model.failures(before, [heard], overlap))
    const verdict = { account: before, broken: [...broken, ...failed] }
    yield* judged(`started at ${starting}, cancelled at ${cancelling}`, [started, ...cancels], overlap, verdict)
  })

  const signOutAt = Effect.fnUntraced(function*(place: number) {
    const { overlap, result: heard } = yield* weather.watched(Effect.gen(function*() {
      const first = yield* ask(place, name, { _tag: "LogOut" })
      // Where it is not known whether it has, it is done again.
      return isDone(first) ? [first] : [first, ...(yield* insist({ _tag: "LogOut" })).heard]
    }))
    yield* tally.count("sign-outs")
    const before = yield* Ref.get(account)
    const broken = Model.failures(before, heard, overlap)
    yield* judged(`signed out at ${place}`, heard, overlap, { account: Model.out, broken })
  })
  const signOut = Effect.flatMap(some, signOutAt)

  const isAccepted = Effect.fnUntraced(function*(accessToken: string) {
    const request = HttpClientRequest.bearerToken(HttpClientRequest.get(`${issuer}/v1/userinfo`), accessToken)
    return (yield* Effect.orDie(HttpClient.execute(request))).status === 200
  })

  const refresh = Effect.gen(function*() {
    const place = yield* some
    const before = yield* Ref.get(account)
    if (before._tag === "Out") return
    const { overlap, result: { accepted, heard } } = yield* weather.watched(Effect.gen(function*() {
      const said = yield* ask(place, name, { _tag: "Refuse" })
      const [told] = said.told === "gone" ? [] : said.told
      return { heard: said, accepted: told?._tag === "Session" ? yield* isAccepted(told.accessToken) : undefined }
    }))
    if (accepted !== undefined) yield* tally.count("refreshes")
    const verdict = Model.refreshed(before, { heard, overlap, isAccepted: accepted })
    yield* judged(`refreshed at ${place}`, [heard], overlap, verdict)
  })

  /** One deed and a look after it, chosen by its number. */
  const next = Effect.gen(function*() {
    const deed = yield* Ref.getAndUpdate(turn, (before) => before + 1)
    yield* Effect.gen(function*() {
      const luck = yield* Random.next
      yield* luck < 0.28
        ? signIn(deed)
        : luck < 0.4
        ? cancel
        : luck < 0.5
        ? signOut
        : luck < 0.65
        ? raced(life, deed)
        : luck < 0.88
        ? refresh
        : look
      yield* look
    }).pipe(Chance.as(seed, name, deed))
  })

  return { name, account, next, lookFrom, signInAt, signOutAt }
})

export type Deeds = Effect.Success<ReturnType<typeof make>>
