/**
 * A person who consents, as one account, to whatever address is shown.
 */
import { Deferred, Effect, HashSet, Ref } from "effect"
import { Person } from "../../src/services/local-google/Person.ts"
import { House } from "./house.ts"

/** How soon somebody looks again who is shown nothing new. */
const lookEvery = "30 millis"

/** Consents until it is over; `consented` has the flows, each from before it is consented to. */
export const consenting = Effect.fnUntraced(function*(
  account: string,
  isOver: Deferred.Deferred<void>,
  consented: Ref.Ref<HashSet.HashSet<string>>
) {
  const { ask, some } = yield* House
  const person = yield* Person
  /** What is done with. One that led nowhere is visited again as long as it is shown. */
  const visited = yield* Ref.make(HashSet.empty<string>())

  const look = Effect.gen(function*() {
    const { told } = yield* ask(yield* some, account, { _tag: "Pending" })
    const flow = told === "gone" ? undefined : told[0]
    if (flow?._tag !== "Flow" || HashSet.has(yield* Ref.get(visited), flow.flowId)) return
    yield* Ref.update(consented, HashSet.add(flow.flowId))
    yield* person.consent(flow.authUrl, { _tag: "Allow", email: account }).pipe(
      Effect.flatMap(person.visit),
      Effect.andThen(Ref.update(visited, HashSet.add(flow.flowId))),
      Effect.ignore
    )
  })

  while (!(yield* Deferred.isDone(isOver))) {
    yield* look
    yield* Effect.sleep(lookEvery)
  }
})
