/**
 * A machine that the commands of the model are given to: windows, a provider, a browser, callers who wait, and time.
 *
 * Real are the engine of every window, its listener on a real socket, its connection to one SQLite file, the encryption of
 * what is in there, and the requests of the browser. Not real are the processes (a killed one hangs, and is never heard of
 * again), the leases, the provider, which replaces refresh tokens and takes none twice, and time.
 */
import { NodeFileSystem } from "@effect/platform-node"
import { Clock, Context, Effect, FileSystem, Layer, Scope } from "effect"
import { SecureRandom } from "effect/crypto"
import * as LoopbackListenerHttp from "../../src/layers/sign-in/LoopbackListenerHttp.ts"
import * as LeasesMemory from "../../src/layers/storage/LeasesMemory.ts"
import { SessionStore } from "../../src/services/storage/SessionStore.ts"
import type { Window } from "../modelled/command.ts"
import { Checkpoints } from "./checkpoints.ts"
import * as ExploredProvider from "./exploredProvider.ts"
import { FakeBrowser } from "./fakeBrowser.ts"
import { listeners } from "./loopbackClient.ts"
import * as ModelledCallers from "./modelledCallers.ts"
import * as ModelledClock from "./modelledClock.ts"
import * as ModelledLook from "./modelledLook.ts"
import * as ModelledWindow from "./modelledWindow.ts"
import { layerStore, layerVault } from "./sqlStores.ts"

export interface Machine {
  readonly time: ModelledClock.ModelledClock
  readonly at: (window: Window) => ModelledWindow.ModelledWindow
  /** Puts another window in the place of one that is gone. */
  readonly replace: (window: Window) => Effect.Effect<void>
  readonly callers: ModelledCallers.Callers
  readonly provider: Context.Service.Shape<typeof ExploredProvider.ExploredProvider>
  readonly newest: ModelledLook.Look["newest"]
  readonly look: Effect.Effect<ModelledLook.Seen>
  /** How many ports are open. */
  readonly listeners: Effect.Effect<number>
}

const shared = Layer.mergeAll(
  LeasesMemory.layer,
  ExploredProvider.layer,
  FakeBrowser.layer.pipe(Layer.provide(Checkpoints.layer)),
  LoopbackListenerHttp.layer,
  layerVault,
  SecureRandom.layerWebCrypto
)

/** Files that are gone with the power are good enough where nobody pulls the plug, and much faster. */
const inMemory = "/dev/shm"

const temporaryDatabase = Effect.gen(function*() {
  const fs = yield* FileSystem.FileSystem
  const directory = (yield* fs.exists(inMemory)) ? { directory: inMemory } : {}
  return `${yield* fs.makeTempDirectoryScoped({ prefix: "mcp-gas-modelled-", ...directory })}/sessions.db`
}).pipe(Effect.provide(NodeFileSystem.layer))

/** A machine with these windows, switched off with the Scope. */
export const make = Effect.fnUntraced(
  function*(names: ReadonlyArray<Window>): Effect.fn.Return<Machine, never, Scope.Scope> {
    const before = yield* listeners
    const file = yield* Effect.orDie(temporaryDatabase)
    const world = yield* Layer.build(Layer.fresh(shared))
    const provider = Context.get(world, ExploredProvider.ExploredProvider)
    const time = yield* ModelledClock.make
    const open = Effect.provideService(ModelledWindow.open(file, world), Clock.Clock, time.clock)

    const windows = new Map<Window, ModelledWindow.ModelledWindow>()
    const machine = yield* Effect.scope
    const replace = Effect.fnUntraced(function*(window: Window) {
      const next = yield* open
      windows.set(window, next)
      // What hangs in one that was killed goes on then, and ends.
      yield* Scope.addFinalizer(machine, time.finished(next.end))
    })
    yield* Effect.forEach(names, replace, { discard: true })
    const at = (window: Window) => {
      const found = windows.get(window)
      if (found === undefined) throw new Error(`there is no window ${window}`)
      return found
    }

    const outside = yield* Layer.build(Layer.fresh(layerStore(file))).pipe(
      Effect.provideContext(world),
      Effect.provideService(Clock.Clock, time.clock),
      Effect.orDie
    )
    const { look, newest } = ModelledLook.make(
      Context.get(outside, SessionStore),
      provider,
      Context.get(world, FakeBrowser)
    )
    return {
      time,
      at,
      replace,
      callers: ModelledCallers.make(),
      provider,
      newest,
      look: Effect.suspend(() => time.finished(look([...windows.values()]))),
      listeners: Effect.map(listeners, (count) => count - before)
    }
  }
)
