/**
 * Random lives of a few accounts in many windows, with what each account may be written down beside them.
 *
 * Of each account one thing is done at a time, in random windows, while windows are killed and the provider fails; what the
 * windows then say of the account has to be what the model says, or something that a kill or a fault excuses.
 */
import { Clock, Deferred, Effect, Fiber, Option, Queue, Random, Ref, Result } from "effect"
import { HttpClient, HttpClientRequest } from "effect/http"
import { LocalGoogle } from "../../src/services/local-google/LocalGoogle.ts"
import { consent } from "./windowHome.ts"
import { single } from "./windows.ts"
import type * as Windows from "./windows.ts"
import type { Ask, Told } from "./windowTalk.ts"

/** What an account may be. */
type Model =
  | { readonly _tag: "Out" }
  /** Signed in by that flow; `doubt`: a kill or a fault came between, so that it may need a person again. */
  | { readonly _tag: "In"; readonly flowId: string; readonly doubt: boolean }

export interface Plan {
  readonly home: string
  readonly millis: number
  readonly accounts: ReadonlyArray<string>
  /** Windows that may be killed, and one in the place of each that was. */
  readonly mortal: ReadonlyArray<Ref.Ref<Windows.Window>>
  readonly respawn: Effect.Effect<Windows.Window>
  /** A window that lives throughout. */
  readonly immortal: Windows.Window
}

const chance = (probability: number) => Effect.map(Random.next, (luck) => luck < probability)

/** What was told by those windows that are still there. */
const survivors = (results: ReadonlyArray<Result.Result<ReadonlyArray<Told>, Windows.WindowGone>>) =>
  results.flatMap((result) => Result.isSuccess(result) ? result.success : [])

/** Lives through it; gives what was broken, and what came to pass. */
export const live = Effect.fnUntraced(function*({ accounts, home, immortal, millis, mortal, respawn }: Plan) {
  const google = yield* LocalGoogle
  const broken: Array<string> = []
  const passed = { signIns: 0, cancels: 0, signOuts: 0, refreshes: 0, kills: 0, faults: 0, looks: 0, joined: 0 }
  /** Kills and faults that began, and those that are over. */
  const begun = yield* Ref.make(0)
  const over = yield* Ref.make(0)
  const end = (yield* Clock.currentTimeMillis) + millis

  const some = Effect.gen(function*() {
    const all = yield* Effect.forEach(mortal, Ref.get)
    return yield* Random.choice([...all, immortal])
  })

  const ask = (window: Windows.Window, account: string, what: Ask) => Effect.result(window.ask(home, what, account))

  /** Runs something, and tells whether it was free from mishaps: its own, and those of others that were going on. */
  const calmly = Effect.fnUntraced(function*<A, E, R>(effect: Effect.Effect<A, E, R>) {
    const [started, ended] = yield* Effect.all([Ref.get(begun), Ref.get(over)])
    const result = yield* effect
    return { result, isCalm: started === ended && (yield* Ref.get(begun)) === started }
  })

  /** Consents on whatever address is shown, until that is done or somebody says it is. */
  const person = (name: string, isOver: Deferred.Deferred<void>) =>
    Effect.gen(function*() {
      let visited = ""
      while (!(yield* Deferred.isDone(isOver))) {
        const shown = yield* ask(yield* some, name, { _tag: "Pending" })
        const flow = Result.isSuccess(shown) ? single(shown.success) : undefined
        if (flow?._tag === "Flow" && flow.flowId !== visited) {
          visited = flow.flowId
          yield* Effect.ignore(consent(flow.authUrl, { _tag: "Allow", email: name }))
        } else yield* Effect.sleep("20 millis")
      }
    })

  const account = (name: string) =>
    Effect.gen(function*() {
      let model: Model = { _tag: "Out" }
      const done: Array<string> = []
      const breaks = (what: string, told: unknown) => {
        broken.push(
          `${name}, ${JSON.stringify(model)}: ${what}: ${JSON.stringify(told)} after ${done.slice(-4).join(" | ")}`
        )
      }
      const notes = (what: string, told: unknown) => {
        done.push(`${what} ${JSON.stringify(told)}`)
      }
      const doubted = (isDoubtful: boolean) => {
        if (model._tag === "In" && isDoubtful) model = { ...model, doubt: true }
      }

      /** What a window says of the account, when nothing is done with it. */
      const look = Effect.gen(function*() {
        const told = yield* ask(yield* some, name, { _tag: "Look" })
        if (Result.isFailure(told)) return
        passed.looks++
        const now = single(told.success)
        if (now._tag === "Session") {
          if (model._tag !== "In") breaks("is signed in", now)
          else if (now.flowId !== model.flowId) breaks("is signed in by another flow", now)
        } else if (model._tag === "In" && !(model.doubt && now._tag === "Done" && now.what === "NeedsSignIn")) {
          breaks("is not signed in", now)
        }
      })

      const signIn = Effect.gen(function*() {
        const windows = yield* Effect.all(Array.from({ length: 1 + (yield* Random.nextIntBetween(0, 2)) }, () => some))
        const isOver = yield* Deferred.make<void>()
        const consenting = yield* Effect.forkChild(person(name, isOver), { startImmediately: true })
        const { isCalm, result } = yield* calmly(
          Effect.forEach(windows, (window) => ask(window, name, { _tag: "SignIn", callers: 2 }), {
            concurrency: "unbounded"
          })
        )
        const told = survivors(result)
        yield* Deferred.succeed(isOver, undefined)
        yield* Fiber.join(consenting)
        notes("signed in", told)
        const sessions = told.flatMap((each) => each._tag === "Session" ? [each] : [])
        passed.signIns += sessions.length > 0 ? 1 : 0
        passed.joined += told.filter((each) => each._tag === "Session" && each.how === "Joined").length
        if (isCalm && sessions.length !== told.length) breaks("a sign-in failed without need", told)
        const [first] = sessions
        if (first === undefined) {
          // Nobody is left to say, or the exchange has failed: the account says itself what has become of it.
          const now = single(survivors([yield* ask(immortal, name, { _tag: "Look" })]))
          model = now._tag === "Session" ? { _tag: "In", flowId: now.flowId, doubt: true } : model
          return
        }
        const flows = new Set(sessions.map(({ flowId }) => flowId))
        const isDoubtful = model._tag === "In" && model.doubt || !isCalm
        // A window whose token was refused needs a person; others may not have been refused theirs.
        if (flows.size > 1 && !isDoubtful) breaks("callers of one sign-in got different ones", told)
        if (model._tag === "In" && !isDoubtful && first.flowId !== model.flowId) breaks("signed in again", told)
        const newest = sessions.find(({ how }) => how !== "AlreadyAuthenticated") ?? first
        model = { _tag: "In", flowId: newest.flowId, doubt: isDoubtful }
      })

      const cancel = Effect.gen(function*() {
        if (model._tag === "In") return
        const started = yield* ask(yield* some, name, { _tag: "Start" })
        const cancelled = yield* ask(yield* some, name, { _tag: "Cancel" })
        notes("cancelled", [started, cancelled])
        if (Result.isFailure(cancelled)) {
          // Killed while it asked: it may or may not have been heard.
          yield* ask(immortal, name, { _tag: "Cancel" })
          return
        }
        passed.cancels++
        const left = yield* ask(immortal, name, { _tag: "Pending" })
        if (Result.isSuccess(left) && single(left.success)._tag === "Flow") {
          breaks("a cancelled flow goes on", [started, left])
        }
      })

      const signOut = Effect.gen(function*() {
        const out = yield* ask(yield* some, name, { _tag: "LogOut" })
        notes("signed out", out._tag)
        // Killed while it signed out: it is not known whether it has.
        if (Result.isFailure(out)) yield* ask(immortal, name, { _tag: "LogOut" })
        model = { _tag: "Out" }
        passed.signOuts++
      })

      const refresh = Effect.gen(function*() {
        if (model._tag !== "In") return
        const window = yield* some
        const isFaulty = yield* chance(0.2)
        if (isFaulty) {
          passed.faults++
          yield* Ref.update(begun, (count) => count + 1)
          yield* google.fail("token", { _tag: (yield* chance(0.5)) ? "ResetAfter" : "ResetBefore" }, 1)
        }
        const { isCalm, result } = yield* calmly(ask(window, name, { _tag: "Refuse" }))
        if (isFaulty) {
          yield* google.heal
          yield* Ref.update(over, (count) => count + 1)
        }
        notes("refreshed", result)
        doubted(!isCalm)
        if (Result.isFailure(result)) return
        passed.refreshes++
        const told = single(result.success)
        if (told._tag === "Session") {
          if (told.flowId !== model.flowId) breaks("a refresh gave another sign-in", told)
          const { issuer } = google
          const request = HttpClientRequest.bearerToken(
            HttpClientRequest.get(`${issuer}/v1/userinfo`),
            told.accessToken
          )
          const answer = yield* HttpClient.execute(request)
          if (answer.status !== 200 && !model.doubt) breaks("a token is refused", answer.status)
        } else if (!model.doubt) breaks("a refresh failed without need", told)
      })

      yield* signOut
      while ((yield* Clock.currentTimeMillis) < end) {
        const luck = yield* Random.next
        yield* luck < 0.3 ? signIn : luck < 0.45 ? cancel : luck < 0.6 ? signOut : luck < 0.85 ? refresh : look
        yield* look
      }
    })

  const killer = Effect.gen(function*() {
    while ((yield* Clock.currentTimeMillis) < end - 2_000) {
      yield* Effect.sleep(yield* Random.nextIntBetween(500, 2_500))
      const place = yield* Random.choice(mortal)
      const window = yield* Ref.get(place)
      yield* Ref.update(begun, (count) => count + 1)
      yield* window.signal("SIGKILL")
      passed.kills++
      yield* Ref.set(place, yield* respawn)
      yield* Ref.update(over, (count) => count + 1)
    }
  })

  const killing = yield* Effect.forkChild(killer)
  yield* Effect.forEach(accounts, account, { concurrency: "unbounded" })
  yield* Fiber.join(killing)
  return { broken, passed }
})

/** Keeps tabs from piling up: the person looks at addresses and not at tabs. */
export const ignoring = (tabs: Queue.Queue<string>) => Effect.forkScoped(Effect.forever(Queue.take(tabs)))

/** What a window takes up. */
export const usage = (window: Windows.Window, home: string) =>
  Effect.map(
    window.ask(home, { _tag: "Usage" }),
    (told) => Option.getOrThrow(Option.fromNullishOr(told.find((each) => each._tag === "Usage")))
  )
