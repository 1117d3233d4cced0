/**
 * Who looks at a resource for its subscriber, in every order there is: one as long as it is subscribed to, whoever has withdrawn
 * what request meanwhile, and nobody once serving has ended.
 */
import { Context, Effect, Fiber, Ref, Stream } from "effect"
import { atAnyMoment, inAnyOrder, inOrder, pick } from "../../src/layers/exploring/ScheduleChoices.ts"
import { note } from "../../src/layers/exploring/ScheduleNotes.ts"
import * as ToolServerResources from "../../src/layers/tools/ToolServerResources.ts"
import { exploreThese } from "../support/exploring.ts"

const uri = "test://weather"

/** A client's requests about one resource, and how many look at it. */
const resource = Effect.gen(function*() {
  const looking = yield* Ref.make(0)
  const look = Effect.acquireRelease(
    Ref.update(looking, (count) => count + 1),
    () => Ref.update(looking, (count) => count - 1)
  )
  const { close, subscribe, unsubscribe } = yield* ToolServerResources.make(
    [{
      uri,
      name: "weather",
      title: "Weather",
      description: "How it is.",
      mimeType: "application/json",
      read: Effect.succeed({}),
      changes: Stream.unwrap(Effect.as(look, Stream.concat(Stream.make(undefined), Stream.never)))
    }],
    {
      // As services that are built first.
      context: Effect.delay(Effect.succeed(Context.empty()), "10 millis"),
      attend: Effect.exit,
      updated: () => Promise.resolve()
    }
  )
  const lookers = (expected: number) =>
    Effect.flatMap(
      Ref.get(looking),
      (count) => count === expected ? Effect.void : Effect.die(new Error(`${count} look in the place of ${expected}`))
    )
  return { close, lookers, subscribe: Effect.ignore(subscribe(uri)), unsubscribe: Effect.ignore(unsubscribe(uri)) }
})

/** Two subscribe and one unsubscribes at once, and the request of one of them is withdrawn. */
const requests = Effect.fnUntraced(function*({ subscribe, unsubscribe }: Effect.Success<typeof resource>) {
  const all = yield* Effect.forEach([subscribe, unsubscribe, subscribe], (each) => Effect.forkChild(each))
  const withdrawn = all[yield* pick(3)]
  yield* atAnyMoment
  if (withdrawn !== undefined) yield* Effect.andThen(note("withdraws"), Fiber.interrupt(withdrawn))
  yield* Fiber.awaitAll(all)
})

const subscribed = Effect.gen(function*() {
  const client = yield* resource
  yield* inAnyOrder(Effect.andThen(requests(client), client.subscribe))
  yield* client.lookers(1)
}).pipe(Effect.scoped, inOrder)

const unsubscribed = Effect.gen(function*() {
  const client = yield* resource
  yield* inAnyOrder(Effect.andThen(requests(client), client.unsubscribe))
  yield* client.lookers(0)
}).pipe(Effect.scoped, inOrder)

const ended = Effect.gen(function*() {
  const client = yield* resource
  const end = Effect.andThen(atAnyMoment, client.close)
  yield* inAnyOrder(Effect.all([requests(client), end], { concurrency: "unbounded" }))
  yield* client.lookers(0)
}).pipe(Effect.scoped, inOrder)

exploreThese("who looks at a resource", [
  { name: "one once the client has subscribed", program: subscribed, extent: { times: 4 } },
  { name: "nobody once the client has unsubscribed", program: unsubscribed, extent: { times: 4 } },
  { name: "nobody once serving has ended, and nobody is left waiting", program: ended, extent: { times: 4 } }
])
