/**
 * The world of an explored sign-in: the real layers over memory, without sockets or a wall clock, and what processes share.
 */
import { Effect, Layer, Queue, Redacted } from "effect"
import * as ScheduleNotes from "../../src/layers/exploring/ScheduleNotes.ts"
import * as FlowStoreSql from "../../src/layers/storage/FlowStoreSql.ts"
import * as LeasesMemory from "../../src/layers/storage/LeasesMemory.ts"
import * as NodeSqlite from "../../src/layers/storage/NodeSqlite.ts"
import * as SessionStoreSql from "../../src/layers/storage/SessionStoreSql.ts"
import * as LoopbackListenerMemory from "../../src/layers/testing/LoopbackListenerMemory.ts"
import * as SecureRandomCounted from "../../src/layers/testing/SecureRandomCounted.ts"
import { Browser } from "../../src/services/sign-in/Browser.ts"
import { Vault } from "../../src/services/storage/Vault.ts"
import * as ExploredFaults from "./exploredFaults.ts"
import * as ExploredLedger from "./exploredLedger.ts"
import * as ExploredProvider from "./exploredProvider.ts"
import { FakeBrowser } from "./fakeBrowser.ts"
import * as StoresTogether from "./storesTogether.ts"

/** Where the stores are. */
export type Stores = "memory" | "sqlite"

/** Sealing is a matter of Promises; here it is one of a prefix. */
const vault = Layer.succeed(
  Vault,
  Vault.of({
    seal: (secret) => Effect.succeed(`sealed ${Redacted.value(secret)}`),
    open: (sealed) => Effect.succeed(Redacted.make(sealed.slice("sealed ".length))),
    keeper: Effect.succeed("file")
  })
)

const browser = Layer.effect(
  Browser,
  Effect.map(
    FakeBrowser,
    (tabs) =>
      Browser.of({
        opens: true,
        open: (url) => Effect.andThen(ScheduleNotes.note("opens a tab"), Queue.offer(tabs, url))
      })
  )
).pipe(Layer.provideMerge(Layer.effect(FakeBrowser, Queue.unbounded<string>())))

const sqlite = Layer.merge(SessionStoreSql.layer({ changeMark: NodeSqlite.changeMark }), FlowStoreSql.layer).pipe(
  Layer.provide([NodeSqlite.layer(NodeSqlite.inMemory), vault]),
  Layer.orDie
)

/** The stores with a book of what is done to them. */
const kept = (stores: Stores) =>
  ExploredLedger.layer.pipe(
    Layer.provide(stores === "memory" ? StoresTogether.layer : sqlite)
  )

/** Everything that processes share, made anew for each run; with stores that fail at some call, if they are `faulty`. */
export const layer = (stores: Stores, faulty: boolean) =>
  Layer.mergeAll(
    faulty ? Layer.provideMerge(ExploredFaults.layer, kept(stores)) : kept(stores),
    LeasesMemory.layer,
    ExploredProvider.layer,
    LoopbackListenerMemory.layer,
    browser,
    SecureRandomCounted.layer
  )

export type World = Layer.Success<ReturnType<typeof layer>>
