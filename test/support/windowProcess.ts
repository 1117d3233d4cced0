/**
 * A window: the sign-in engine in a process of its own, doing as it is asked. Run by `windows.ts`.
 */
import {
  Clock,
  Context,
  Effect,
  Exit,
  Layer,
  Option,
  Redacted,
  References,
  Schema,
  Scope,
  Stream,
  SynchronizedRef
} from "effect"
import { readdirSync } from "node:fs"
import process from "node:process"
import { AccountKey } from "../../src/services/sign-in/AccountKey.ts"
import { AuthEvents } from "../../src/services/sign-in/AuthEvents.ts"
import { type AuthFlow, AuthFlows } from "../../src/services/sign-in/AuthFlows.ts"
import type { Session } from "../../src/services/sign-in/Session.ts"
import { Sessions } from "../../src/services/sign-in/Sessions.ts"
import * as FullDisk from "./fullDisk.ts"
import { type Hooks, layerEngine } from "./mortalEngine.ts"
import * as WindowClock from "./windowClock.ts"
import { type Ask, Engine, Question, type Told, type Word } from "./windowTalk.ts"

type Services = AuthFlows | Sessions | AuthEvents

const engine = Schema.decodeUnknownSync(Schema.fromJsonString(Engine))(process.argv[2])
const clock = WindowClock.make()
if (engine.fullWhile !== undefined) FullDisk.arm(engine.fullWhile)

const say = (word: Word) =>
  Effect.callback<void>((resume) => {
    process.send?.(word, () => resume(Effect.void))
  })

const hooks: Hooks = {
  place: (name) => {
    if (name === engine.stopAt) return Effect.andThen(say({ _tag: "Stopped", place: name }), Effect.never)
    return name === engine.passing ? say({ _tag: "Passed" }) : Effect.void
  },
  open: (url) => say({ _tag: "Opened", url }),
  sending: (what, state) => engine.tells === true ? say({ _tag: "Doing", what, state }) : Effect.void
}

interface Open {
  readonly scope: Scope.Closeable
  readonly services: Context.Context<Services>
}

const homes = SynchronizedRef.makeUnsafe<ReadonlyMap<string, Open>>(new Map())

const opened = (home: string) =>
  SynchronizedRef.modifyEffect(
    homes,
    Effect.fnUntraced(function*(all) {
      const known = all.get(home)
      if (known !== undefined) return [known.services, all] as const
      const scope = yield* Scope.make()
      const services = yield* Layer.buildWithScope(Layer.fresh(layerEngine({ ...engine, home }, hooks)), scope)
      const events = yield* Scope.provide(Context.get(services, AuthEvents).subscribe, scope)
      yield* Effect.forkIn(
        Stream.runForEach(events, ({ _tag }) => {
          if (_tag === "FlowStarted" && engine.tells === true) return say({ _tag: "Doing", what: "flow", state: "" })
          if (_tag === "FlowJoined") return say({ _tag: "Joined" })
          return _tag === "FlowFollowed" ? say({ _tag: "Followed" }) : Effect.void
        }),
        scope
      )
      return [services, new Map(all).set(home, { scope, services })] as const
    })
  )

const closed = (home: string) =>
  SynchronizedRef.updateEffect(
    homes,
    Effect.fnUntraced(function*(all) {
      const known = all.get(home)
      if (known !== undefined) yield* Scope.close(known.scope, Exit.void)
      return new Map([...all].filter(([name]) => name !== home))
    })
  )

const session = (how: string, { flowId, tokens }: Session): Told => ({
  _tag: "Session",
  how,
  flowId,
  accessToken: Redacted.value(tokens.accessToken)
})

const shown = (how: string, { authorizationUrl: authUrl, id: flowId, redirectUri }: AuthFlow): Told => ({
  _tag: "Flow",
  how,
  flowId,
  authUrl,
  redirectUri
})

const signIn = Effect.fnUntraced(function*(key: AccountKey) {
  const started = yield* AuthFlows.use((flows) => flows.start(key, { openBrowser: true }))
  return started._tag === "AlreadyAuthenticated"
    ? session(started._tag, started.session)
    : session(started._tag, yield* started.flow.outcome)
})

const start = Effect.fnUntraced(function*(key: AccountKey) {
  const started = yield* AuthFlows.use((flows) => flows.start(key, { openBrowser: true }))
  return started._tag === "AlreadyAuthenticated"
    ? session(started._tag, started.session)
    : shown(started._tag, started.flow)
})

const read = (key: AccountKey) => Effect.map(Sessions.use(({ fresh }) => fresh(key)), (it) => session("Read", it))

const done = (what: string): Told => ({ _tag: "Done", what })

const failed = (code: string, message: string): Told => ({ _tag: "Failed", code, message })

const performed = Effect.fnUntraced(function*(key: AccountKey, ask: Ask) {
  switch (ask._tag) {
    case "SignIn":
      return yield* signIn(key)
    case "Start":
      return yield* start(key)
    case "Read":
      return yield* read(key)
    case "Refuse": {
      const sessions = yield* Sessions
      const refused = yield* sessions.accessToken(key)
      yield* sessions.invalidate(key, refused)
      const told = yield* read(key)
      return told._tag === "Session" && told.accessToken === Redacted.value(refused)
        ? failed("refused_again", "A token that was refused is handed out again.")
        : told
    }
    case "Pending": {
      const flow = yield* AuthFlows.use((flows) => flows.pending(key))
      return Option.match(flow, { onNone: () => done("nothing"), onSome: (it) => shown("Pending", it) })
    }
    case "Cancel":
      return done((yield* AuthFlows.use((flows) => flows.cancel(key)))._tag)
    case "LogOut":
      return done((yield* AuthFlows.use((flows) => flows.logout(key))).flow._tag)
    case "Look": {
      const { state } = yield* Sessions.use((sessions) => sessions.slot(key))
      return state._tag === "SignedIn" ? session("Look", state.session) : done(state._tag)
    }
    default:
      return done(ask._tag)
  }
})

const usage = Effect.sync((): Told => {
  globalThis.gc?.()
  return {
    _tag: "Usage",
    descriptors: readdirSync("/proc/self/fd").length,
    heap: process.memoryUsage().heapUsed
  }
})

const answer = Effect.fnUntraced(function*({ account, ask, home }: Question) {
  if (ask._tag === "Close") {
    yield* closed(home)
    return [done("closed")]
  }
  if (ask._tag === "Usage") return [yield* usage]
  if (ask._tag === "Jump") {
    yield* clock.jump(ask.millis)
    return [done("jumped")]
  }
  const services = yield* opened(home)
  const one = performed(AccountKey.make(account), ask).pipe(
    Effect.catch(({ code, message }) => Effect.succeed(failed(code, message))),
    Effect.provideContext(services)
  )
  const callers = "callers" in ask ? ask.callers : 1
  return yield* Effect.all(Array.from({ length: callers }, () => one), { concurrency: "unbounded" })
})

process.on("message", (message) => {
  const question = Schema.decodeUnknownSync(Question)(message)
  Effect.runFork(
    Effect.flatMap(answer(question), (told) => say({ _tag: "Answer", id: question.id, told })).pipe(
      Effect.provideService(Clock.Clock, clock.clock),
      // Of a disk that is full on purpose nobody has to be warned.
      Effect.provideService(References.MinimumLogLevel, engine.fullWhile === undefined ? "Info" : "Error")
    )
  )
})
process.on("disconnect", () => process.exit(0))
process.send?.({ _tag: "Opened", url: "" } satisfies Word)
