/**
 * `AuthEvents` that also remember what was published, so that a test can wait for it or count it; metered as what ships.
 */
import { Context, Deferred, Effect, Layer } from "effect"
import * as AuthEventsMetered from "../../src/layers/observability/AuthEventsMetered.ts"
import * as AuthEventsPubSub from "../../src/layers/sign-in/AuthEventsPubSub.ts"
import { type AuthEvent, AuthEvents } from "../../src/services/sign-in/AuthEvents.ts"

interface Waiting {
  readonly tag: AuthEvent["_tag"]
  readonly count: number
  readonly heard: Deferred.Deferred<void>
}

export class RecordedEvents extends Context.Service<RecordedEvents, {
  readonly all: ReadonlyArray<AuthEvent>
  readonly waiting: Set<Waiting>
}>()("mcp-gas/test/support/recordedEvents") {}

const countOf = (events: ReadonlyArray<AuthEvent>, tag: AuthEvent["_tag"]) =>
  events.filter(({ _tag }) => _tag === tag).length

/** Provides `AuthEvents` and its record. */
export const layer = Layer.unwrap(Effect.sync(() => {
  const all: Array<AuthEvent> = []
  const waiting = new Set<Waiting>()
  const recording = Layer.effect(
    AuthEvents,
    Effect.map(AuthEvents, ({ publish, subscribe }) =>
      AuthEvents.of({
        subscribe,
        publish: (event) =>
          Effect.suspend(() => {
            all.push(event)
            for (const { count, heard, tag } of waiting) {
              if (countOf(all, tag) >= count) Deferred.doneUnsafe(heard, Effect.void)
            }
            return publish(event)
          })
      }))
  )
  return Layer.merge(
    // Outermost, so that whoever hears of an event finds it counted.
    AuthEventsMetered.layer.pipe(Layer.provide(recording), Layer.provide(AuthEventsPubSub.layer)),
    Layer.succeed(RecordedEvents, { all, waiting })
  )
}))

/** Returns once `count` events of this kind have been published since the layer was built. */
export const heard = Effect.fnUntraced(function*(tag: AuthEvent["_tag"], count = 1) {
  const record = yield* RecordedEvents
  if (countOf(record.all, tag) >= count) return
  const waiting = { tag, count, heard: yield* Deferred.make<void>() }
  record.waiting.add(waiting)
  yield* Deferred.await(waiting.heard)
})

/** How many events of this kind were published. */
export const count = (tag: AuthEvent["_tag"]) => RecordedEvents.use(({ all }) => Effect.sync(() => countOf(all, tag)))

/** Why requests were turned away as forged, in order. */
export const forgeries = RecordedEvents.use(({ all }) =>
  Effect.sync(() => all.flatMap((event) => event._tag === "CallbackForged" ? [event.reason] : []))
)
