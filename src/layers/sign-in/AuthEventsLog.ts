/**
 * Writes what happens in the sign-in engine to the log, a line an event.
 */
import { Clock, Duration, Effect, Layer, type LogLevel, Ref, Stream } from "effect"
import { type AuthEvent, AuthEvents } from "../../services/sign-in/AuthEvents.ts"

type Forged = Extract<AuthEvent, { readonly _tag: "CallbackForged" }>

/** What has been said of forged callbacks. */
interface Said {
  /** When the latest line was written, in milliseconds that no setting of the clock changes; none: never. */
  readonly at: number | undefined
  /** How many have come since, unmentioned. */
  readonly unsaid: number
}

/** Whoever floods the listener must not flood the log as well. */
const quietMillis = 1_000

/** What is told at which level, `Info` aside: a safety that did its work is nothing that anybody has to look into. */
const levels: { readonly [Tag in AuthEvent["_tag"]]?: LogLevel.Severity } = {
  CallbackForged: "Warn",
  BrowserFailed: "Warn",
  EndingLost: "Debug",
  RefreshAdopted: "Debug",
  WriteLost: "Debug"
}

const line = ({ _tag, ...details }: AuthEvent) =>
  Effect.logWithLevel(levels[_tag] ?? "Info")(_tag).pipe(
    Effect.annotateLogs(Object.fromEntries(
      Object.entries(details).map(([name, it]) => [name, Duration.isDuration(it) ? Duration.format(it) : it])
    ))
  )

/**
 * Provides nothing; needs `AuthEvents`. Forged callbacks and browsers that did not open are warnings; races that were prevented
 * are for whoever debugs, unless the person sees something of them. Of forged callbacks there is one line a second at most: the
 * next one, or the next event of another kind, tells how many came unmentioned.
 */
export const layer: Layer.Layer<never, never, AuthEvents> = Layer.effectDiscard(
  Effect.gen(function*() {
    const events = yield* Effect.flatMap(AuthEvents, ({ subscribe }) => subscribe)
    const said = yield* Ref.make<Said>({ at: undefined, unsaid: 0 })

    const forged = Effect.fnUntraced(function*(event: Forged) {
      const now = Number((yield* Clock.monotonicTimeNanos) / 1_000_000n)
      const unmentioned = yield* Ref.modify(
        said,
        ({ at, unsaid }) =>
          at !== undefined && now - at < quietMillis
            ? [undefined, { at, unsaid: unsaid + 1 }]
            : [unsaid, { at: now, unsaid: 0 }]
      )
      if (unmentioned === undefined) return
      yield* Effect.annotateLogs(line(event), unmentioned === 0 ? {} : { unmentioned })
    })

    const caughtUp = Effect.gen(function*() {
      const { unsaid } = yield* Ref.getAndUpdate(said, ({ at }) => ({ at, unsaid: 0 }))
      if (unsaid > 0) yield* Effect.annotateLogs(Effect.logWarning("CallbackForged"), { unmentioned: unsaid })
    })

    yield* Stream.runForEach(
      events,
      (event) => event._tag === "CallbackForged" ? forged(event) : Effect.andThen(caughtUp, line(event))
    ).pipe(Effect.forkScoped)
  })
)
