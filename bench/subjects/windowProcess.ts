/**
 * A window: the sign-in engine over files in a process of its own, which signs in when it is asked to. Run by `windows.ts`.
 */
import { Effect, Layer, Stream } from "effect"
import process from "node:process"
import * as Gas from "../../src/index.ts"
import { Outside } from "../world/outside.ts"
import { layer } from "./ours.ts"
import type { Ask, Told } from "./windowTalk.ts"

const [home = "", origin = ""] = process.argv.slice(2)

const tell = (told: Told) => Effect.sync(() => void process.send?.(told))

/** Begins or joins a sign-in that nobody's browser opens by itself, and waits for it. */
const signIn = Effect.fnUntraced(function*({ name }: Ask) {
  const flows = yield* Gas.AuthFlows
  const started = yield* flows.start(Gas.AccountKey.make(name), { openBrowser: false })
  if (started._tag === "AlreadyAuthenticated") return yield* tell({ _tag: "SignedIn" })
  yield* tell({ _tag: "Shown", url: started.flow.authorizationUrl })
  yield* started.flow.outcome
  yield* tell({ _tag: "SignedIn" })
}, Effect.catch(({ code }) => tell({ _tag: "Failed", code })))

const listening = Effect.gen(function*() {
  const run = Effect.runForkWith(yield* Effect.context<Gas.AuthFlows>())
  const events = yield* Gas.AuthEvents.use(({ subscribe }) => subscribe)
  process.on("message", (ask: Ask) => run(signIn(ask)))
  yield* tell({ _tag: "Ready" })
  yield* Stream.runForEach(events, ({ _tag }) => _tag === "FlowStarted" ? tell({ _tag: "Runs" }) : Effect.void)
}).pipe(Effect.scoped)

process.on("disconnect", () => process.exit(0))
Effect.runFork(Effect.provide(
  listening,
  Layer.provide(layer({ _tag: "Files", home }), Layer.succeed(Outside, Outside.of({ origin, visit: () => {} })))
))
