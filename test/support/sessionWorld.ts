/**
 * Years in the life of a few sign-ins: people, programs that need tokens, processes that come and go, a disk and a
 * provider with faults; and what must hold through all of it, written down where it is broken.
 */
import { Clock, Context, DateTime, Duration, Effect, Equal, Layer, Option, Random, Redacted } from "effect"
import { TestClock } from "effect/testing"
import * as SessionStoreMemory from "../../src/layers/storage/SessionStoreMemory.ts"
import { AccountKey } from "../../src/services/sign-in/AccountKey.ts"
import type { Generation, Session } from "../../src/services/sign-in/Session.ts"
import type { SignInRequired } from "../../src/services/sign-in/Sessions.ts"
import { SessionStore, StoreUnavailable } from "../../src/services/storage/SessionStore.ts"
import * as MortalProcess from "./mortalProcess.ts"
import * as RotatingProvider from "./rotatingProvider.ts"

export interface Plan {
  readonly rotates: boolean
  readonly hours: number
  readonly faults: RotatingProvider.Faults
  /** How likely it is, each time something is to be written, that the disk fails for a while. */
  readonly diskFails: number
}

/** No caller waits longer, whatever happens. */
const bound = Duration.minutes(1)

const keys = ["ada", "grace"].map((name) => AccountKey.make(name))

const unavailable = new StoreUnavailable({ problem: "the disk is full", remedy: "wait" })

const between = (low: Duration.Input, high: Duration.Input) =>
  Effect.flatMap(
    Random.nextBetween(
      Duration.toMillis(Duration.fromInputUnsafe(low)),
      Duration.toMillis(Duration.fromInputUnsafe(high))
    ),
    (millis) => Effect.sleep(millis)
  )

const chance = (probability: number) => Effect.map(Random.next, (luck) => luck < probability)

/** Lives through it; gives what was broken, and what came to pass. */
export const live = Effect.fnUntraced(function*(plan: Plan) {
  const provider = RotatingProvider.make(plan)
  const broken: Array<string> = []
  const passed = { calls: 0, tokens: 0, failures: 0, signIns: 0, signOuts: 0, kills: 0, ends: 0, left: 0, outages: 0 }
  /** The generation that was there when a sign-in began. */
  const began = new Map<string, Generation>()
  const processes = new Map<MortalProcess.MortalProcess, number>()
  /** Which process could not take its note back, by key and generation: all others have to take it seriously. */
  const stuck = new Map<string, number>()
  /** Which process could not store what it got, by key and the generation that was to be replaced. */
  const unsaved = new Map<string, number>()
  let lastKill = -1
  let started = 0

  const breaks = Effect.fnUntraced(function*(what: string) {
    broken.push(`after ${((yield* Clock.currentTimeMillis) / 3_600_000).toFixed(4)} h: ${what}`)
  })

  // The disk.
  const memory = Context.get(yield* Layer.build(SessionStoreMemory.layer), SessionStore)
  let diskIsBackAt = 0
  const writable = Effect.gen(function*() {
    const now = yield* Clock.currentTimeMillis
    if (now < diskIsBackAt) return yield* unavailable
    if (!(yield* chance(plan.diskFails))) return
    passed.outages++
    diskIsBackAt = now + (yield* Random.nextBetween(0, 20_000))
    return yield* unavailable
  })
  const diskOf = (process: number) =>
    SessionStore.of({
      ...memory,
      write: Effect.fnUntraced(function*(key, expected, change) {
        const { state } = yield* memory.read(key)
        const isRefresh = state._tag === "SignedIn" && change._tag === "SignedIn" &&
          state.session.flowId === change.draft.flowId
        yield* Effect.tapError(
          writable,
          () => Effect.sync(() => isRefresh && unsaved.set(`${key} ${expected}`, process))
        )
        const slot = yield* memory.write(key, expected, change)
        if (change._tag === "SignedIn" && (began.get(change.draft.flowId) ?? -1) < slot.lastSignOut) {
          yield* breaks(`${change.draft.flowId} was stored after ${key} had signed out`)
        }
        const isAlive = state._tag === "SignedIn" &&
          provider.grants.some(({ ended, name }) => name === state.session.flowId && ended === "no")
        if (change._tag === "NeedsSignIn" && isAlive) {
          yield* breaks(`${key} was ended and nobody had ended it`)
        }
        return slot
      }),
      tombstone: (key) => Effect.andThen(writable, memory.tombstone(key)),
      present: (key, expected, options) => Effect.andThen(writable, memory.present(key, expected, options)),
      withdraw: (key, expected) =>
        writable.pipe(
          Effect.tapError(() => Effect.sync(() => stuck.set(`${key} ${expected}`, process))),
          Effect.andThen(memory.withdraw(key, expected))
        )
    })

  // Processes.
  const lifecycle = (
    name: string,
    lifetime: Effect.Effect<void>,
    pause: Effect.Effect<void>
  ) =>
    Effect.gen(function*() {
      const fuse = (yield* chance(0.4)) ? Option.some(150) : Option.none()
      const number = ++started
      const disk = Layer.succeed(SessionStore, diskOf(number))
      const process = yield* Effect.provide(MortalProcess.start(fuse), Layer.merge(disk, provider.layer))
      processes.set(process, number)
      const isKilled = yield* Effect.raceFirst(Effect.as(lifetime, false), Effect.as(process.killed, true))
      processes.delete(process)
      if (!isKilled && (yield* chance(0.5))) {
        const asked = yield* Clock.currentTimeMillis
        passed.ends++
        yield* Effect.timeoutOption(process.end, bound)
        if ((yield* Clock.currentTimeMillis) - asked >= Duration.toMillis(bound)) yield* breaks(`${name} does not end`)
      } else {
        passed.kills++
      }
      yield* process.kill
      lastKill = yield* Clock.currentTimeMillis
      yield* pause
    }).pipe(Effect.forever)

  const someProcess = Effect.suspend(() => Effect.option(Random.choice([...processes.keys()])))

  // People.
  const signOut = Effect.fnUntraced(function*(key: AccountKey) {
    const process = yield* someProcess
    if (Option.isNone(process)) return
    const out = yield* process.value.ask((sessions) => sessions.signOut(key))
    if (out._tag !== "Success") return
    passed.signOuts++
    yield* process.value.ask(() => out.value.revoke)
  })
  const signOuts = (key: AccountKey) => Effect.forever(Effect.andThen(between("1 hour", "200 hours"), signOut(key)))
  const signingIn = new Set<AccountKey>()
  const signIn = Effect.fnUntraced(function*(process: MortalProcess.MortalProcess, key: AccountKey) {
    const slot = yield* process.ask((sessions) => sessions.slot(key))
    if (slot._tag !== "Success") return
    // The page is open in a browser: the process may die meanwhile, and somebody may sign out.
    yield* between("1 second", "1 minute")
    if (yield* chance(0.1)) yield* signOut(key)
    const draft = yield* provider.consent(key)
    began.set(draft.flowId, slot.value.generation)
    const done = yield* process.ask((sessions) => sessions.establish(slot.value, draft))
    if (done._tag === "Success") passed.signIns++
  })
  const isAskedToSignIn = (process: MortalProcess.MortalProcess, key: AccountKey) =>
    signingIn.has(key) ? Effect.void : Effect.andThen(
      Effect.sync(() => signingIn.add(key)),
      Effect.ensuring(signIn(process, key), Effect.sync(() => signingIn.delete(key)))
    )
  // Programs that need tokens.
  const checkToken = Effect.fnUntraced(function*(session: Session, isRefused: boolean) {
    passed.tokens++
    const refusal = yield* provider.refusal(session.tokens.accessToken)
    const { generation, lastSignOut, state } = yield* Effect.orDie(memory.read(session.key))
    const isStored = generation > session.generation ||
      (generation === session.generation && state._tag === "SignedIn" &&
        Equal.equals(state.session.tokens, session.tokens))
    if (!isStored) yield* breaks(`${session.key} got a token that was not stored`)
    const isSignedOut = lastSignOut > (began.get(session.flowId) ?? -1)
    if (refusal !== undefined && !isSignedOut) yield* breaks(`${session.key} got a token, but ${refusal}`)
    if (isRefused) yield* breaks(`${session.key} got a token that had been refused`)
  })
  const checkNeed = Effect.fnUntraced(function*(error: SignInRequired, process: number, signInsBefore: number) {
    const { generation, presentedAt, state } = yield* Effect.orDie(memory.read(error.key))
    const told = `${error.reason} ${error.because ?? ""}, slot: ${state._tag}`
    if (state._tag === "SignedOut" || state._tag === "Never") return
    // Somebody has signed in while the answer was on its way.
    if (passed.signIns > signInsBefore) return
    if (!plan.rotates) return yield* breaks(`${error.key} has to sign in: ${told}`)
    if (state._tag === "NeedsSignIn") return
    const { refreshToken } = state.session.tokens
    const isCutOff = presentedAt !== undefined && DateTime.toEpochMillis(presentedAt) <= lastKill
    const isDoubtful = refreshToken !== undefined && provider.isDoubtful(refreshToken)
    if (unsaved.get(`${error.key} ${generation}`) === process) {
      return yield* breaks(`${error.key} has to sign in, and the process has what it could not store: ${told}`)
    }
    const stuckAt = stuck.get(`${error.key} ${generation}`)
    const isStuck = stuckAt !== undefined && stuckAt !== process
    if (!isCutOff && !isDoubtful && !isStuck) yield* breaks(`${error.key} has to sign in without need: ${told}`)
  })
  const call = Effect.fnUntraced(function*(
    process: MortalProcess.MortalProcess,
    key: AccountKey,
    refused: Option.Option<Redacted.Redacted<string>>
  ): Effect.fn.Return<Option.Option<Session>> {
    const asked = yield* Clock.currentTimeMillis
    const signInsBefore = passed.signIns
    const number = processes.get(process) ?? 0
    passed.calls++
    const exit = yield* process.ask(({ fresh }) => fresh(key))
    const waited = (yield* Clock.currentTimeMillis) - asked
    if (waited > Duration.toMillis(bound)) yield* breaks(`${key} waited ${waited} ms`)
    if (exit._tag === "Success") {
      const isRefused = Option.exists(
        refused,
        (token) => Redacted.value(token) === Redacted.value(exit.value.tokens.accessToken)
      )
      yield* checkToken(exit.value, isRefused)
      return Option.some(exit.value)
    }
    if (exit._tag === "Gone") return Option.none()
    passed.failures++
    for (const reason of exit.cause.reasons) {
      if (reason._tag === "Die") yield* breaks(`a defect: ${String(reason.defect)}`)
      if (reason._tag === "Fail" && reason.error._tag === "SignInRequired") {
        yield* checkNeed(reason.error, number, signInsBefore)
        yield* isAskedToSignIn(process, key)
      }
    }
    return Option.none()
  })
  const caller = Effect.fnUntraced(function*(process: MortalProcess.MortalProcess, key: AccountKey) {
    if (yield* chance(0.05)) {
      passed.left++
      return yield* Effect.raceFirst(Effect.asVoid(call(process, key, Option.none())), between(0, "5 seconds"))
    }
    const session = yield* call(process, key, Option.none())
    if (Option.isNone(session) || !(yield* chance(0.03))) return
    const { accessToken } = session.value.tokens
    yield* process.ask(({ invalidate }) => invalidate(key, accessToken))
    yield* call(process, key, Option.some(accessToken))
  })
  const callers = (key: AccountKey) =>
    Effect.gen(function*() {
      const luck = yield* Random.next
      yield* luck < 0.2
        ? between(0, "1 minute")
        : luck < 0.8
        ? between("45 minutes", "75 minutes")
        : between(0, "10 hours")
      const size = yield* Random.choice([1, 1, 2, 5])
      yield* Effect.forEach(
        Array.from({ length: size }),
        () =>
          Effect.flatMap(
            someProcess,
            Option.match({ onNone: () => Effect.void, onSome: (process) => caller(process, key) })
          ),
        { concurrency: "unbounded", discard: true }
      )
    }).pipe(Effect.forever)

  const actors = [
    lifecycle("the first process", between("1 minute", "48 hours"), between(0, "20 seconds")),
    lifecycle("the second process", between("1 minute", "24 hours"), between("1 minute", "48 hours")),
    ...keys.flatMap((key) => [signOuts(key), callers(key)])
  ]
  yield* Effect.forkScoped(Effect.all(actors, { concurrency: "unbounded", discard: true }))
  yield* TestClock.adjust(Duration.hours(plan.hours))
  for (const process of processes.keys()) yield* process.kill
  return { broken, reuses: provider.seen.reuses, passed: { ...passed, ...provider.seen } }
}, Effect.scoped)
