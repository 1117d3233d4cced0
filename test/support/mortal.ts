/**
 * Lives of the sign-in engine: in a process that is told where to die, and after that in this one, with a person who
 * consents whenever a browser is opened.
 */
import { Clock, Effect, Redacted, Schema } from "effect"
import { type ChildProcess, fork } from "node:child_process"
import process from "node:process"
import { fileURLToPath } from "node:url"
import { LocalGoogle } from "../../src/services/local-google/LocalGoogle.ts"
import { Person } from "../../src/services/local-google/Person.ts"
import { run } from "./mortalEngine.ts"
import { Order, Report, type Result } from "./mortalOrder.ts"

/** How a process ended, and the places it told of until then. */
export interface Life {
  readonly signal: NodeJS.Signals | null
  readonly places: ReadonlyArray<string>
  /** What it came to; absent if it died before. */
  readonly result: Result | undefined
}

const program = fileURLToPath(new URL("./mortalSignIn.ts", import.meta.url))

const encode = Schema.encodeEffect(Schema.fromJsonString(Order))

const started = Effect.fnUntraced(function*(order: Order) {
  const told = yield* Effect.orDie(encode(order))
  return yield* Effect.acquireRelease(
    Effect.sync(() =>
      fork(program, [told], {
        execArgv: [],
        stdio: "inherit",
        // The same program over and over: compiled once.
        env: { ...process.env, NODE_COMPILE_CACHE: `${order.home}/../mcp-gas-kills-cache` }
      })
    ),
    (child) => Effect.sync(() => child.kill("SIGKILL"))
  )
})

const ended = (child: ChildProcess, reports: ReadonlyArray<Report>) =>
  Effect.callback<Life>((resume) => {
    child.once("close", (_code, signal) => {
      resume(Effect.succeed({
        signal,
        places: reports.flatMap((report) => report._tag === "Place" ? [report.name] : []),
        result: reports.flatMap((report) => report._tag === "Place" || report._tag === "Opened" ? [] : [report]).at(-1)
      }))
    })
  })

/** A person who allows everything; the listener they are sent to may be dead by then, or die while it answers. */
const consent = Effect.fnUntraced(function*(url: string) {
  const person = yield* Person
  const callback = yield* person.consent(url, { _tag: "Allow" })
  yield* Effect.ignore(person.visit(callback))
})

/** Lives in a process of its own, to the end or to where it is told to die. */
export const live = Effect.fnUntraced(function*(order: Order) {
  const child = yield* started(order)
  const reports: Array<Report> = []
  const opened = Effect.callback<string>((resume) => {
    child.on("message", (message) => {
      const said = Schema.decodeUnknownSync(Report)(message)
      reports.push(said)
      if (said._tag === "Opened") resume(Effect.succeed(said.url))
    })
  })
  yield* Effect.forkScoped(Effect.flatMap(opened, consent), { startImmediately: true })
  return yield* ended(child, reports)
}, Effect.scoped)

/** What an engine in this process comes to that is started afterwards. */
export const relive = Effect.fnUntraced(function*(order: Order) {
  const context = yield* Effect.context<Person>()
  const scope = yield* Effect.scope
  // The person's browser lives by the machine's clock: for the engine's, its cookies may be too old.
  const clock = yield* Clock.Clock
  const consents = (url: string) =>
    consent(url).pipe(Effect.provideContext(context), Effect.provideService(Clock.Clock, clock))
  return yield* run(order, {
    place: () => Effect.void,
    open: (url) => Effect.asVoid(Effect.forkIn(consents(url), scope))
  })
}, Effect.scoped)

/** What an order for the local Google at hand says of it. */
export const orderFor = Effect.map(LocalGoogle, ({ clientId, clientSecret, issuer }) => ({
  issuer,
  clientId,
  clientSecret: Redacted.value(clientSecret)
}))
