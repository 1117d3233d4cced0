/**
 * What the four programs of the control group live with: a provider, a person with a browser, and a store.
 *
 * The person and the provider take their time on the virtual clock; the store answers at once. What happens is told without
 * an operation of its own, since a place to be interrupted at must be one of the program's, not of its trace.
 */
import { Clock, Data, Duration, Effect, Fiber } from "effect"
import * as ScheduleNotes from "../../../src/layers/exploring/ScheduleNotes.ts"

/** Why a caller has no tokens. */
export class NotSignedIn extends Data.TaggedError("NotSignedIn")<{ readonly reason: string }> {}

export interface Tokens {
  readonly access: string
  readonly refresh: string
  /** Milliseconds of virtual time. */
  readonly expiresAt: number
}

/** What a browser shows in the end. */
export type Page = "signed in" | "not signed in"

/** The account all of them are about. */
export const key = "work"

/** How long a person takes to consent, unless said. */
const thinking = Duration.seconds(2)

const latency = Duration.millis(200)

const lifetime = Duration.toMillis(Duration.hours(1))

/** A provider that takes each code and each refresh token once, and ends the grant when a refresh token comes twice. */
const makeProvider = (tell: (text: string) => void) => {
  const spent = new Set<string>()
  const seen = { codes: 0, exchanges: 0, isEnded: false }
  let issued = 0

  const issue = Effect.map(Clock.currentTimeMillis, (now): Tokens => {
    issued++
    return { access: `access-${issued}`, refresh: `refresh-${issued}`, expiresAt: now + lifetime }
  })

  /** Decides when the request comes, and answers later. */
  const answered = (sent: string) =>
    Effect.gen(function*() {
      tell(`sends ${sent}`)
      const isSpent = spent.has(sent)
      spent.add(sent)
      yield* Effect.sleep(latency)
      return !isSpent
    })

  return {
    seen,
    /** A person has consented: a code. */
    consent: () => `code-${++seen.codes}`,
    /** Tokens from an earlier sign-in. */
    issue,
    exchange: Effect.fnUntraced(function*(code: string) {
      seen.exchanges++
      if (yield* answered(code)) return yield* issue
      return yield* new NotSignedIn({ reason: `${code} was sent twice` })
    }),
    refresh: Effect.fnUntraced(function*(tokens: Tokens) {
      if (yield* answered(tokens.refresh)) return yield* issue
      seen.isEnded = true
      tell("is refused: the provider ends the grant")
      return yield* new NotSignedIn({ reason: `${tokens.refresh} was sent twice` })
    })
  }
}

/** Something asynchronous that takes no time: somebody else may come before it is done, and before its caller goes on. */
const asynchronous = <A>(evaluate: () => A) => Effect.tap(Effect.sync(evaluate), Effect.sync(() => {}))

/** A store in memory. */
const makeStore = (tell: (text: string) => void) => {
  const slots = new Map<string, Tokens>()
  return {
    read: (slot: string) => asynchronous(() => slots.get(slot)),
    write: (slot: string, tokens: Tokens) =>
      asynchronous(() => {
        tell(`stores ${tokens.refresh}`)
        slots.set(slot, tokens)
      }),
    remove: (slot: string) =>
      asynchronous(() => {
        tell("removes what is stored")
        slots.delete(slot)
      })
  }
}

/** Everything of one run. */
export const make = Effect.gen(function*() {
  const tell = yield* ScheduleNotes.teller
  const provider = makeProvider(tell)
  const tabs: Array<Fiber.Fiber<void>> = []
  const pages: Array<Page> = []

  /** Opens a tab, in which a person consents after a while; the browser then calls back and shows what it is answered. */
  const open = Effect.fnUntraced(
    function*(callback: (code: string) => Effect.Effect<Page>, after: Duration.Duration = thinking) {
      tell("opens a tab")
      const visit = Effect.gen(function*() {
        yield* Effect.sleep(after)
        const code = provider.consent()
        tell(`brings ${code}`)
        const page = yield* callback(code)
        tell(`shows "${page}"`)
        pages.push(page)
      })
      tabs.push(yield* Effect.forkDetach(ScheduleNotes.named(`browser ${tabs.length + 1}`)(visit)))
    }
  )

  return {
    tell,
    provider,
    store: makeStore(tell),
    browser: {
      open,
      tabs: tabs as ReadonlyArray<unknown>,
      pages: pages as ReadonlyArray<Page>,
      /** Waits until every tab shows its page. */
      shown: Effect.suspend(() => Fiber.joinAll(tabs))
    }
  }
})

export type World = Effect.Success<typeof make>
