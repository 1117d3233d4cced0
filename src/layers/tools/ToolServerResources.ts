/**
 * Resources as a connection serves them: listed, read, and watched for a client that has subscribed.
 */
import { Cause, type Context, Data, Deferred, Effect, Exit, Fiber, Option, Scope, SynchronizedRef } from "effect"
import type { Explained } from "../../services/Explained.ts"
import type { Resource, ResourceWords } from "../../services/tools/Resource.ts"
import type { JsonObject, ToolError } from "../../services/tools/Tool.ts"
import { InternalError, ServerStopping } from "../../services/tools/ToolServer.ts"
import { follow, logDefect } from "./ToolServerSubscription.ts"

/** The protocol's own codes (Model Context Protocol 2025-11-25, Resources, Error Handling). */
const codes = { notFound: -32002, internal: -32603 }

/** Becomes a protocol error, with all that is in it. */
export class ResourceRefused extends Data.Error<{
  readonly code: number
  readonly message: string
  readonly data: JsonObject
}> {}

/** What a client is told that reads a resource: the protocol's `ReadResourceResult`. */
export interface Contents {
  readonly [key: string]: unknown
  readonly contents: Array<{ readonly uri: string; readonly mimeType: string; readonly text: string }>
}

/** What is needed of a connection. */
export interface Connection<R> {
  /** The services of the resources; fails once the server is stopping. */
  readonly context: Effect.Effect<Context.Context<R>, ToolError>
  /** Runs a read that is waited for at the end; its interruption leaves nothing behind. */
  readonly attend: (reading: Effect.Effect<JsonObject, ToolError>) => Effect.Effect<Exit.Exit<JsonObject, ToolError>>
  /** Tells the client that a resource has changed. */
  readonly updated: (uri: string) => Promise<void>
}

export interface ToolServerResources {
  readonly listed: ReadonlyArray<ResourceWords>
  readonly read: (uri: string) => Effect.Effect<Contents, ResourceRefused>
  /** Returns when no change can be missed any more. More than one subscription of a client is one. */
  readonly subscribe: (uri: string) => Effect.Effect<void, ResourceRefused>
  /** Returns when the client is told nothing more of the resource, whether or not it had subscribed. */
  readonly unsubscribe: (uri: string) => Effect.Effect<void, ResourceRefused>
  /** Ends all subscriptions, and lets nobody subscribe any more. */
  readonly close: Effect.Effect<void>
}

const failed = (uri: string, { code, message, remedy }: Explained) =>
  new ResourceRefused({
    code: codes.internal,
    message: `${message} ${remedy}`,
    data: { uri, code, cause: message, remedy }
  })

/** Why something could not be answered. A defect stays inside. */
const refusal = (uri: string, cause: Cause.Cause<ToolError>): ResourceRefused =>
  failed(
    uri,
    Option.getOrElse(
      Cause.findErrorOption(cause),
      () => Cause.hasInterruptsOnly(cause) ? new ServerStopping() : new InternalError({ what: uri })
    )
  )

interface Subscription {
  readonly begun: Deferred.Deferred<void>
  readonly fiber: Fiber.Fiber<unknown, unknown>
}

/** One resource, and the subscription to it if there is one. */
const serve = Effect.fnUntraced(function*<R>(
  resource: Resource<R>,
  { attend, context, updated }: Connection<R>,
  scope: Scope.Scope
) {
  const { description, mimeType, name, title, uri } = resource
  const subscription = yield* SynchronizedRef.make(Option.none<Subscription>())

  const read = attend(
    Effect.flatMap(context, (services) => Effect.provideContext(resource.read, services)).pipe(
      Effect.tapCause((cause) => logDefect(uri, cause)),
      Effect.withSpan("Resource.read", { attributes: { uri } })
    )
  ).pipe(
    Effect.flatMap(Exit.match({
      onFailure: (cause) => refusal(uri, cause),
      onSuccess: (value) => Effect.succeed<Contents>({ contents: [{ uri, mimeType, text: JSON.stringify(value) }] })
    }))
  )

  const begin = Effect.fnUntraced(function*(services: Context.Context<R>) {
    const begun = yield* Deferred.make<void>()
    const fiber = yield* Effect.forkIn(follow(resource, services, begun, updated), scope, { startImmediately: true })
    return { begun, fiber }
  })

  const subscribe = context.pipe(
    Effect.flatMap((services) =>
      SynchronizedRef.updateAndGetEffect(
        subscription,
        (current) => Option.isSome(current) ? Effect.succeed(current) : Effect.asSome(begin(services))
      ).pipe(Effect.uninterruptible)
    ),
    // One that is ended before it has begun looks no more, and is waited for no longer.
    Effect.flatMap((current) =>
      Effect.forEach(
        Option.toArray(current),
        ({ begun, fiber }) => Effect.raceFirst(Deferred.await(begun), Fiber.await(fiber))
      )
    ),
    Effect.tapCause((cause) => logDefect(uri, cause)),
    Effect.catchCause((cause) => refusal(uri, cause)),
    Effect.asVoid
  )

  const unsubscribe = Effect.flatMap(
    SynchronizedRef.getAndSet(subscription, Option.none()),
    (current) => Effect.forEach(Option.toArray(current), ({ fiber }) => Fiber.interrupt(fiber), { discard: true })
    // Whom it is taken from is the only one who can end it.
  ).pipe(Effect.uninterruptible)

  const listed: ResourceWords = { uri, name, title, description, mimeType }
  return { listed, read, subscribe, unsubscribe }
})

/** Makes resources ready to be served; closing the Scope ends all subscriptions as well. */
export const make = Effect.fnUntraced(function*<R>(
  resources: ReadonlyArray<Resource<R>>,
  connection: Connection<R>
): Effect.fn.Return<ToolServerResources, never, Scope.Scope> {
  const scope = yield* Scope.fork(yield* Effect.scope)
  const served = yield* Effect.forEach(resources, (resource) => serve(resource, connection, scope))

  const find = (uri: string) => {
    const found = served.find(({ listed }) => listed.uri === uri)
    return found === undefined
      ? Effect.fail(new ResourceRefused({ code: codes.notFound, message: "Resource not found", data: { uri } }))
      : Effect.succeed(found)
  }

  return {
    listed: served.map(({ listed }) => listed),
    read: (uri) => Effect.flatMap(find(uri), ({ read }) => read),
    subscribe: (uri) => Effect.flatMap(find(uri), ({ subscribe }) => subscribe),
    unsubscribe: (uri) => Effect.flatMap(find(uri), ({ unsubscribe }) => unsubscribe),
    close: Scope.close(scope, Exit.void)
  }
})
