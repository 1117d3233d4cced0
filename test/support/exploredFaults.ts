/**
 * Stores that fail once, at whichever call the explorer likes: for that call, or for some seconds.
 */
import { Clock, Context, Effect, Layer, Stream } from "effect"
import { isChoosing, pick } from "../../src/layers/exploring/ScheduleChoices.ts"
import * as ScheduleNotes from "../../src/layers/exploring/ScheduleNotes.ts"
import { FlowStore } from "../../src/services/storage/FlowStore.ts"
import { SessionStore, StoreUnavailable } from "../../src/services/storage/SessionStore.ts"

const unavailable = new StoreUnavailable({ problem: "the disk is full", remedy: "make room" })

/** Among how many calls the one that fails is: about as many as a sign-in makes. */
const within = 40

/** How long an outage lasts: longer than anybody is patient with a store, shorter than a sign-in may take. */
const outage = 3_000

/** Replaces the stores that are there by such that fail. */
export const layer: Layer.Layer<SessionStore | FlowStore, never, SessionStore | FlowStore> = Layer.effectContext(
  Effect.gen(function*() {
    const sessions = yield* SessionStore
    const flows = yield* FlowStore
    /** Which call fails, from 1; drawn when the first one comes. */
    let failing: { readonly call: number; readonly forLong: boolean } | undefined
    let calls = 0
    let isBackAt = 0

    const draw = Effect.map(pick(2 * within + 1), (drawn) => ({ call: Math.ceil(drawn / 2), forLong: drawn % 2 === 0 }))

    const up = (what: string) =>
      Effect.gen(function*() {
        const now = yield* Clock.currentTimeMillis
        if (now < isBackAt) return yield* unavailable
        if (!(yield* isChoosing)) return
        failing ??= yield* draw
        if (++calls !== failing.call) return
        if (failing.forLong) isBackAt = now + outage
        yield* ScheduleNotes.note(`${what} fails${failing.forLong ? ", and so does everything for a while" : ""}`)
        return yield* unavailable
      })

    const asked = (what: string) => <A, E>(deed: Effect.Effect<A, E>) => Effect.andThen(up(what), deed)

    return Context.make(
      SessionStore,
      SessionStore.of({
        read: (key) => asked("a read")(sessions.read(key)),
        write: (key, expected, write) => asked("a write")(sessions.write(key, expected, write)),
        tombstone: (key) => asked("a sign-out")(sessions.tombstone(key)),
        present: (key, expected, options) => asked("a note")(sessions.present(key, expected, options)),
        withdraw: (key, expected) => asked("a withdrawal")(sessions.withdraw(key, expected)),
        list: asked("a list")(sessions.list),
        watch: sessions.watch
      })
    ).pipe(Context.add(
      FlowStore,
      FlowStore.of({
        newest: (key, purpose) => asked("a look for a flow")(flows.newest(key, purpose)),
        read: (id) => asked("a look at a flow")(flows.read(id)),
        pending: (key) => asked("a look for flows")(flows.pending(key)),
        underWay: flows.underWay,
        begin: (flow, inPlaceOf) => asked("a beginning")(flows.begin(flow, inPlaceOf)),
        change: (id, change) => asked(`a change (${change._tag})`)(flows.change(id, change)),
        watch: (id) => Stream.unwrap(Effect.as(up("a watch"), flows.watch(id))),
        claimTab: (flow, rest) => asked("a claim")(flows.claimTab(flow, rest))
      })
    ))
  })
)
