/**
 * A look at an account from outside: what each window says of it, what is open, what was spent, and what must never be.
 */
import { type Context, Effect, Equal, Option, Queue, type Redacted } from "effect"
import { AccountKey } from "../../src/services/sign-in/AccountKey.ts"
import type { AuthFlow } from "../../src/services/sign-in/AuthFlows.ts"
import type { SessionStore, Slot } from "../../src/services/storage/SessionStore.ts"
import type { ExploredProvider } from "./exploredProvider.ts"
import type { ModelledWindow } from "./modelledWindow.ts"

export const key = AccountKey.make("work")

/** How the account looks. */
export interface Seen {
  /** What each window says of it. */
  readonly windows: ReadonlyArray<string>
  /** How many flows they show. */
  readonly flows: number
  /** How many codes were exchanged. */
  readonly exchanges: number
  /** What must never be, and was at this look or an earlier one: a look makes windows read what they had not heard of. */
  readonly wrong: ReadonlyArray<string>
}

export interface Look {
  readonly look: (windows: ReadonlyArray<ModelledWindow>) => Effect.Effect<Seen>
  /** The flow that was shown last; it may be over. */
  readonly newest: () => AuthFlow | undefined
}

/** `store` is one that no window has anything to do with: what it reads, they have not read by that. */
export const make = (
  store: Context.Service.Shape<typeof SessionStore>,
  provider: Context.Service.Shape<typeof ExploredProvider>,
  tabs: Queue.Queue<string>
): Look => {
  let newest: AuthFlow | undefined
  const opened: Array<string> = []
  const wrong = new Set<string>()
  const issued = new Set<Redacted.Redacted<string>>()

  /** What is wrong with what a window would do with a token, before it is told to look at the store. */
  const tokenIn = Effect.fnUntraced(function*({ inIt, sessions }: ModelledWindow, { state }: Slot, isExpired: boolean) {
    // Asking for it would renew it.
    if (state._tag === "SignedIn" && isExpired) return []
    const token = Option.getOrUndefined(yield* Effect.option(inIt(sessions.accessToken(key))))
    if (state._tag !== "SignedIn") return token === undefined ? [] : ["a token is handed out"]
    return Equal.equals(token, state.session.tokens.accessToken) ? [] : ["another token is handed out than is stored"]
  })

  const lookFrom = Effect.fnUntraced(function*(window: ModelledWindow, slot: Slot) {
    const { flows, inIt, sessions } = window
    const { state } = slot
    const canUse = state._tag === "SignedIn" && (yield* inIt(sessions.canUse(state.session)))
    const broken = yield* tokenIn(window, slot, !canUse)
    const pending = Option.getOrUndefined(yield* inIt(flows.pending(key)))
    const { state: itsState } = yield* inIt(sessions.slot(key))
    const says: Array<string> = pending === undefined ? [] : ["pending"]
    if (itsState._tag === "SignedIn") says.push(canUse ? "signed in" : "expired")
    if (itsState._tag === "NeedsSignIn") says.push(`needs a sign-in, ${itsState.ended.reason}`)
    return { is: says.length === 0 ? "signed out" : says.join(" and "), pending, broken }
  })

  /** What is wrong with what is stored: whoever is signed in has a token that works, and nobody else has. */
  const stored = ({ state }: Slot) => {
    if (state._tag !== "SignedIn") {
      return [...issued].some((token) => provider.refusal(token) === undefined)
        ? ["a token is accepted although nobody is signed in"]
        : []
    }
    const { flowId, tokens } = state.session
    issued.add(tokens.accessToken)
    const refusal = provider.refusal(tokens.accessToken)
    return [
      ...refusal === undefined ? [] : [`the token that is stored is refused: ${refusal}`],
      ...flowId === newest?.id ? [] : ["is signed in by another flow than the last one that was shown"]
    ]
  }

  return {
    newest: () => newest,
    look: Effect.fnUntraced(function*(windows) {
      const slot = yield* store.read(key)
      const views = yield* Effect.forEach(windows, (window) => lookFrom(window, slot))
      const shown = views.flatMap(({ pending }) => pending ?? [])
      newest = shown[0] ?? newest
      opened.push(...yield* Queue.clear(tabs))
      for (
        const broken of [
          ...views.flatMap(({ broken: here }) => here),
          ...stored(slot),
          ...provider.reuses.map((what) => `${what} was sent twice`),
          ...new Set(opened).size < opened.length ? ["a flow had two tabs"] : []
        ]
      ) wrong.add(broken)
      return {
        windows: views.map(({ is }) => is),
        flows: new Set(shown.map(({ id }) => id)).size,
        exchanges: provider.exchanges.length,
        wrong: [...wrong]
      }
    }, Effect.orDie)
  }
}
