/**
 * What an explored program finds: a world, a process in it, a person, and words for what is done with them.
 */
import { Cause, Clock, Context, Effect, Exit, Option, Queue } from "effect"
import { note } from "../../src/layers/exploring/ScheduleNotes.ts"
import { AccountKey } from "../../src/services/sign-in/AccountKey.ts"
import type { AuthFlow } from "../../src/services/sign-in/AuthFlows.ts"
import type { BrowserUnavailable } from "../../src/services/sign-in/Browser.ts"
import type { Session } from "../../src/services/sign-in/Session.ts"
import type { UrlOpener, UrlOpening } from "../../src/services/sign-in/UrlOpener.ts"
import { SessionStore } from "../../src/services/storage/SessionStore.ts"
import { type LoopbackVisit, LoopbackVisitor } from "../../src/services/testing/LoopbackVisitor.ts"
import { Ledger } from "./exploredLedger.ts"
import type { Process } from "./exploredProcess.ts"
import { ExploredProvider } from "./exploredProvider.ts"
import type { World } from "./exploredWorld.ts"
import { FakeBrowser } from "./fakeBrowser.ts"

export const work = AccountKey.make("work")
export const home = AccountKey.make("home")

/** What a caller was told. */
export interface Answer {
  /** The flow it was about; none if there was a session, or no flow came about. */
  readonly flowId: string | undefined
  /** `signed in`, or the code of the error. */
  readonly outcome: string
  /** Who told it. */
  readonly by: Process
}

/** How something ended, in a word: `signed in`, an error's code, `interrupted`, or what the defect says. */
const toldOf = (exit: Exit.Exit<unknown, { readonly code: string }>): string => {
  if (Exit.isSuccess(exit)) return "signed in"
  if (Cause.hasInterruptsOnly(exit.cause)) return "interrupted"
  const error = Cause.squash(exit.cause)
  return typeof error === "object" && error !== null && "code" in error
    ? String(error.code)
    : `defect: ${String(error)}`
}

const outcomeOf = (
  by: Process,
  flowId: string | undefined,
  outcome: Effect.Effect<Session, { readonly code: string }>
) =>
  outcome.pipe(
    Effect.exit,
    Effect.map((exit): Answer => ({ flowId, outcome: toldOf(exit), by })),
    Effect.tap((answer) => note(`is told: ${answer.outcome}`))
  )

/** Signs in and waits for the outcome; unless told otherwise, by the browser of the machine. */
export const signIn = (process: Process, key = work, opener?: UrlOpener): Effect.Effect<Answer> =>
  Effect.matchEffect(process.flows.start(key, { openBrowser: true, ...(opener === undefined ? {} : { opener }) }), {
    onFailure: (error) => outcomeOf(process, undefined, Effect.fail(error)),
    onSuccess: (started) =>
      started._tag === "AlreadyAuthenticated"
        ? outcomeOf(process, undefined, Effect.succeed(started.session))
        : Effect.andThen(note(`${started._tag} a flow`), outcomeOf(process, started.flow.id, started.flow.outcome))
  })

/** The access token of an account, or why there is none. */
export const token = (process: Process, key = work): Effect.Effect<Answer> =>
  outcomeOf(process, undefined, process.sessions.fresh(key))

export const pasteBack = (process: Process, url: string, key = work): Effect.Effect<Answer> =>
  outcomeOf(process, undefined, process.flows.complete(key, url))

export interface Scene {
  readonly world: Context.Context<World>
  readonly process: Process
  /** Another one, or the same where there is only one. */
  readonly other: Process
  /** Those that have neither ended nor been killed; one that is alone is there twice. */
  readonly living: () => ReadonlyArray<Process>
  readonly provider: ExploredProvider["Service"]
  readonly ledger: Ledger["Service"]
  readonly loopback: LoopbackVisitor["Service"]
  /** Waits for the next tab. */
  readonly tab: Effect.Effect<string>
  /** Goes to an address, and notes what is shown. */
  readonly visit: (url: string) => Effect.Effect<LoopbackVisit>
  /** A person who takes a second over the next tab and says yes. */
  readonly person: Effect.Effect<LoopbackVisit>
  /** A person who goes to whatever address is shown, tab or no tab, and says yes, until they are sent home. */
  readonly insistent: Effect.Effect<never>
  /** From here on, what has happened before does not count. */
  readonly begin: () => void
  /** What browsers were shown, in order. */
  readonly shown: ReadonlyArray<string>
  /** The flows whose page a client has asked its person to open, and those of which it was told that they are over. */
  readonly asked: ReadonlyArray<string>
  readonly over: ReadonlyArray<string>
  /** To which flow the person said no, and when somebody went to an answer, in milliseconds. */
  readonly refusals: ReadonlyArray<{ readonly flowId: string; readonly at: number }>
  readonly visits: ReadonlyArray<number>
  /**
   * A client that asks its person whether to open a page, who answers like this. Where they agree, it opens as the next tab.
   */
  readonly asking: (answer: Effect.Effect<UrlOpening, BrowserUnavailable>) => UrlOpener
  /** What was shown that was not so. */
  readonly lies: ReadonlyArray<string>
  /** What a slot holds. */
  readonly state: (key?: AccountKey) => Effect.Effect<string>
  /** The flow that is pending, if one is. */
  readonly pending: (key?: AccountKey) => Effect.Effect<Option.Option<AuthFlow>>
}

/** A scene with these processes in it. */
export const make = (world: Context.Context<World>, process: Process, other: Process): Scene => {
  const ledger = Context.get(world, Ledger)
  const provider = Context.get(world, ExploredProvider)
  const loopback = Context.get(world, LoopbackVisitor)
  const store = Context.get(world, SessionStore)
  const tabs = Context.get(world, FakeBrowser)
  const tab = Queue.take(tabs)
  const asked: Array<string> = []
  const over: Array<string> = []
  const refusals: Array<{ readonly flowId: string; readonly at: number }> = []
  const visits: Array<number> = []
  const lies: Array<string> = []
  const pages: Array<string> = []
  /** How much was in the book before the race. */
  let before = 0

  const visit = (url: string) =>
    Effect.tap(
      Effect.andThen(Effect.map(Clock.currentTimeMillis, (now) => visits.push(now)), loopback.visit(url)),
      (seen) => {
        const shown = seen._tag === "Page" ? seen.title : seen._tag
        pages.push(shown)
        if (shown === "Signed in" && !ledger.entries.slice(before).some(({ _tag }) => _tag === "Stored")) {
          lies.push("a page said that somebody is signed in, and nothing was stored")
        }
        return note(`sees: ${shown}`)
      }
    )

  const asking = (answer: Effect.Effect<UrlOpening, BrowserUnavailable>): UrlOpener =>
    Effect.fnUntraced(function*({ authorizationUrl, flowId }) {
      yield* Effect.acquireRelease(
        Effect.sync(() => void asked.push(flowId)),
        () => Effect.sync(() => void over.push(flowId))
      )
      const opening = yield* Effect.tap(answer, (how) => note(`the person who was asked: ${how}`))
      if (opening === "accepted") yield* Queue.offer(tabs, authorizationUrl)
      if (opening === "declined") refusals.push({ flowId, at: yield* Clock.currentTimeMillis })
      return opening
    })

  const pending = (key = work) => Effect.orDie(process.flows.pending(key))

  const insistent = Effect.gen(function*() {
    const seen = new Set<string>()
    return yield* Effect.forever(Effect.gen(function*() {
      yield* Effect.sleep("1 second")
      const flow = Option.getOrUndefined(yield* pending())
      if (flow === undefined || seen.has(flow.id)) return
      seen.add(flow.id)
      yield* visit(provider.consent(flow.authorizationUrl))
    }))
  })

  return {
    world,
    process,
    other,
    insistent,
    living: () => [process, other].filter((each) => !each.isKilled() && !each.hasEnded()),
    provider,
    ledger,
    loopback,
    tab,
    visit,
    lies,
    asked,
    over,
    refusals,
    visits,
    asking,
    shown: pages,
    begin: () => {
      before = ledger.entries.length
    },
    person: Effect.gen(function*() {
      const url = yield* tab
      yield* Effect.sleep("1 second")
      return yield* visit(provider.consent(url))
    }),
    state: (key = work) => Effect.map(Effect.orDie(store.read(key)), ({ state }) => state._tag),
    pending
  }
}

/** People who say yes to whatever opens, as long as somebody answers there. */
export const people = ({ loopback, provider, tab, visit }: Scene) => ({
  person: Effect.forever(Effect.flatMap(tab, (url) =>
    Effect.gen(function*() {
      yield* Effect.sleep("1 second")
      const answer = provider.consent(url)
      if ((yield* loopback.ports).length > 0) yield* visit(answer)
    })))
})
