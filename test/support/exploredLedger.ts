/**
 * A book of what happens to the slots and the flows of an explored program, and what must never stand in it.
 */
import { Context, Effect, Layer } from "effect"
import * as ScheduleNotes from "../../src/layers/exploring/ScheduleNotes.ts"
import type { AccountKey } from "../../src/services/sign-in/AccountKey.ts"
import { FlowStore } from "../../src/services/storage/FlowStore.ts"
import { SessionStore } from "../../src/services/storage/SessionStore.ts"

type Entry =
  /** Entered when it has begun. */
  | { readonly _tag: "Begun"; readonly flowId: string }
  /** Entered before it happens; what it comes to is entered afterwards. */
  | { readonly _tag: "SigningOut"; readonly key: AccountKey; generation: number }
  | { readonly _tag: "Stored"; readonly key: AccountKey; readonly flowId: string; readonly generation: number }

export class Ledger extends Context.Service<Ledger, {
  /** What happened, in order. */
  readonly entries: ReadonlyArray<Entry>
  /** What must not have happened. */
  readonly broken: () => ReadonlyArray<string>
  /** Whether a session of this flow has been stored. */
  readonly hasStored: (flowId: string) => boolean
}>()("mcp-gas/test/support/exploredLedger/Ledger") {}

/**
 * No session of a flow, nor what a refresh made of it, is stored after a sign-out that came after the flow had begun. Which
 * write came first is told by the generations: what is entered may be entered a little later.
 */
const resurrections = (entries: ReadonlyArray<Entry>): ReadonlyArray<string> =>
  entries.flatMap((stored) => {
    if (stored._tag !== "Stored") return []
    const begun = entries.findIndex((entry) => entry._tag === "Begun" && entry.flowId === stored.flowId)
    const isOver = begun >= 0 && entries.some((entry, index) =>
      entry._tag === "SigningOut" && index > begun && entry.key === stored.key && entry.generation < stored.generation
    )
    return isOver ? [`${stored.flowId} was stored after its account had signed out`] : []
  })

/** Provides `Ledger`, and the stores that are there with an account of what is done to them. */
export const layer: Layer.Layer<Ledger | SessionStore | FlowStore, never, SessionStore | FlowStore> = Layer
  .effectContext(
    Effect.gen(function*() {
      const sessions = yield* SessionStore
      const flows = yield* FlowStore
      const entries: Array<Entry> = []
      const enter = (entry: Entry) => Effect.sync(() => void entries.push(entry))
      const ledger = Ledger.of({
        entries,
        broken: () => resurrections(entries),
        hasStored: (flowId) => entries.some((entry) => entry._tag === "Stored" && entry.flowId === flowId)
      })
      return Context.make(Ledger, ledger).pipe(
        Context.add(
          SessionStore,
          SessionStore.of({
            ...sessions,
            write: (key, expected, write) =>
              Effect.uninterruptible(
                Effect.tap(sessions.write(key, expected, write), ({ generation, state }) =>
                  state._tag === "SignedIn"
                    ? Effect.andThen(
                      enter({ _tag: "Stored", key, flowId: state.session.flowId, generation }),
                      ScheduleNotes.note(`stores a session for ${key}, generation ${generation}`)
                    )
                    : Effect.void)
              ),
            tombstone: (key) =>
              Effect.suspend(() => {
                const entry = { _tag: "SigningOut" as const, key, generation: Number.POSITIVE_INFINITY }
                entries.push(entry)
                return Effect.uninterruptible(Effect.tap(sessions.tombstone(key), ({ after: { generation } }) => {
                  entry.generation = generation
                  return ScheduleNotes.note(`signs ${key} out, generation ${generation}`)
                }))
              })
          })
        ),
        Context.add(
          FlowStore,
          FlowStore.of({
            ...flows,
            begin: (flow, inPlaceOf) =>
              Effect.tap(flows.begin(flow, inPlaceOf), () => enter({ _tag: "Begun", flowId: flow.id }))
          })
        )
      )
    })
  )
