/**
 * What a call learns of its client and tells it, over the few things that are needed of a connection.
 */
import { Cause, Context, Effect, Option, Predicate, Ref, type Scope } from "effect"
import type { JsonObject, Tool, ToolError } from "../../services/tools/Tool.ts"
import { type ElicitationAnswer, ElicitationFailed, ToolClient } from "../../services/tools/ToolClient.ts"
import { ToolProgress } from "../../services/tools/ToolProgress.ts"

/** A connection, after its client has introduced itself. */
export interface Peer {
  /** Whether the client can be asked to open a URL. */
  readonly takesUrls: boolean
  readonly elicit: (
    params: { readonly elicitationId: string; readonly url: string; readonly message: string },
    signal: AbortSignal
  ) => Promise<{ readonly action: ElicitationAnswer }>
  readonly complete: (elicitationId: string) => Promise<void>
}

/** A call, as far as it has asked to be told how it goes. */
export interface Told {
  readonly progress: (params: { readonly progress: number; readonly message: string }) => Promise<void>
}

/** What is sent and not waited for; a client that is gone, or does not read, holds nobody up. */
const post = (scope: Scope.Scope, send: () => Promise<void>): Effect.Effect<void> =>
  Effect.asVoid(Effect.forkIn(Effect.ignore(Effect.tryPromise(send)), scope, { startImmediately: true }))

/** Never in the client's words: it may repeat the address, which nobody but its person is to read. */
const reasonOf = (error: unknown): string =>
  Predicate.hasProperty(error, "code") && typeof error.code === "number"
    ? `it answered with the error ${error.code}`
    : "it gave no answer that means anything"

const clientOf = (peer: Peer, scope: Scope.Scope): ToolClient["Service"] => ({
  elicitUrl: peer.takesUrls
    ? Option.some(
      Effect.fn("ToolClient.elicitUrl")(function*({ id, message, url }) {
        yield* Effect.addFinalizer(() => post(scope, () => peer.complete(id)))
        const { action } = yield* Effect.tryPromise({
          try: (signal) => peer.elicit({ elicitationId: id, url, message }, signal),
          catch: (error) => new ElicitationFailed({ reason: reasonOf(error) })
        })
        return action
      })
    )
    : Option.none()
})

/**
 * Runs a tool for a client: its handler is given the client and a way to tell it how it goes, and a defect of it is logged.
 */
export const perform = <R>(
  tool: Tool<R | ToolClient | ToolProgress>,
  args: unknown,
  own: Effect.Effect<Context.Context<ToolClient | ToolProgress>>
): Effect.Effect<JsonObject, ToolError, R> =>
  Effect.flatMap(
    own,
    (given) => Effect.updateContext(tool.call(args), (services: Context.Context<R>) => Context.merge(services, given))
  ).pipe(
    Effect.tapCause((cause) =>
      Cause.hasDies(cause) ? Effect.logError(`The handler of ${tool.name} has a defect.`, cause) : Effect.void
    )
  )

/**
 * What a call is given besides the services of its tool. `scope` is the connection's: what is still to be sent when a call is
 * over is sent from there. `told` is none for a call that has not asked to be told how it goes.
 */
export const contextOf = (
  peer: Peer,
  told: Option.Option<Told>,
  scope: Scope.Scope
): Effect.Effect<Context.Context<ToolClient | ToolProgress>> =>
  Effect.map(Ref.make(0), (count) =>
    Context.make(ToolClient, clientOf(peer, scope)).pipe(
      Context.add(ToolProgress, {
        tell: (message) =>
          Option.match(told, {
            onNone: () => Effect.void,
            onSome: ({ progress }) =>
              Effect.flatMap(
                Ref.updateAndGet(count, (before) => before + 1),
                (now) => post(scope, () => progress({ progress: now, message }))
              )
          })
      })
    ))
