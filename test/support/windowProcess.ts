/**
 * A window: the sign-in engine in a process of its own, doing as it is asked. Run by `windows.ts`.
 */
import { Context, Effect, Exit, Layer, Option, Redacted, Schema, Scope, Stream, SynchronizedRef } from "effect"
import { readdirSync } from "node:fs"
import process from "node:process"
import { AccountKey } from "../../src/services/sign-in/AccountKey.ts"
import { AuthEvents } from "../../src/services/sign-in/AuthEvents.ts"
import { type AuthFlow, AuthFlows } from "../../src/services/sign-in/AuthFlows.ts"
import type { Session } from "../../src/services/sign-in/Session.ts"
import { Sessions } from "../../src/services/sign-in/Sessions.ts"
import { type Hooks, layerEngine } from "./mortalEngine.ts"
import { type Ask, Engine, Question, type Told, type Word } from "./windowTalk.ts"

type Services = AuthFlows | Sessions | AuthEvents

const engine = Schema.decodeUnknownSync(Schema.fromJsonString(Engine))(process.argv[2])

const say = (word: Word) =>
  Effect.callback<void>((resume) => {
    process.send?.(word, () => resume(Effect.void))
  })

const hooks: Hooks = {
  place: (name) => {
    if (name === engine.stopAt) return Effect.andThen(say({ _tag: "Stopped", place: name }), Effect.never)
    return name === engine.passing ? say({ _tag: "Passed" }) : Effect.void
  },
  open: (url) => say({ _tag: "Opened", url })
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
      yield* sessions.invalidate(key, yield* sessions.accessToken(key))
      return yield* read(key)
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
  const services = yield* opened(home)
  const one = performed(AccountKey.make(account), ask).pipe(
    Effect.catch(({ code, message }) => Effect.succeed<Told>({ _tag: "Failed", code, message })),
    Effect.provideContext(services)
  )
  const callers = "callers" in ask ? ask.callers : 1
  return yield* Effect.all(Array.from({ length: callers }, () => one), { concurrency: "unbounded" })
})

process.on("message", (message) => {
  const question = Schema.decodeUnknownSync(Question)(message)
  Effect.runFork(
    Effect.flatMap(answer(question), (told) => say({ _tag: "Answer", id: question.id, told }))
  )
})
process.on("disconnect", () => process.exit(0))
process.send?.({ _tag: "Opened", url: "" } satisfies Word)
