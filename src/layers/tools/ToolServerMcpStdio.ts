/**
 * `ToolServer` over stdin and stdout through the Model Context Protocol SDK, which is known here and in `Sdk*` only.
 *
 * The SDK's low-level server is used because its high-level one takes nothing but zod schemas. The SDK notices neither
 * the end of stdin nor a broken stdout, so `ToolServerStreams` does.
 */
import { Server } from "@modelcontextprotocol/sdk/server/index.js"
import { StdioServerTransport } from "@modelcontextprotocol/sdk/server/stdio.js"
import {
  CallToolRequestSchema,
  ErrorCode,
  ListResourcesRequestSchema,
  ListResourceTemplatesRequestSchema,
  ListToolsRequestSchema,
  ReadResourceRequestSchema,
  SubscribeRequestSchema,
  UnsubscribeRequestSchema
} from "@modelcontextprotocol/sdk/types.js"
import {
  type Context,
  Data,
  Deferred,
  Duration,
  Effect,
  Exit,
  Fiber,
  FiberSet,
  Layer,
  type Option,
  Scope
} from "effect"
import type { JsonObject, Tool, ToolError } from "../../services/tools/Tool.ts"
import type { ToolClient } from "../../services/tools/ToolClient.ts"
import type { ToolProgress } from "../../services/tools/ToolProgress.ts"
import {
  type Offer,
  type ServeEnd,
  type ServerIdentity,
  ServerStopping,
  ToolServer
} from "../../services/tools/ToolServer.ts"
import { peerOf, toldOf } from "./SdkPeer.ts"
import { listing } from "./SdkTool.ts"
import * as Answer from "./ToolServerAnswer.ts"
import * as Peer from "./ToolServerPeer.ts"
import * as Resources from "./ToolServerResources.ts"
import * as Streams from "./ToolServerStreams.ts"

/**
 * Becomes a protocol error: the SDK answers with any error's `code` and `message`. Its own `McpError` would put its
 * code into the message, and the client would do so again.
 */
class UnknownTool extends Data.Error<{ readonly name: string; readonly message: string }> {
  readonly code = ErrorCode.InvalidParams
}

/** How long a reader that reads slowly, or not at all, may hold up the end. */
const lastWords = Duration.millis(100)

/** What the SDK says of an answer to a request that is not waited for any more. */
const isLateAnswer = (message: string): boolean => message.includes("unknown message ID")

/** The result of a request that asks for none. */
const nothing = (): Record<string, never> => ({})

/** A tool that may also talk to the client of its call. */
type Served<R> = Tool<R | ToolClient | ToolProgress>

const make = Effect.fnUntraced(function*(streams: Streams.Streams) {
  const scope = yield* Effect.scope

  // Without a span, which would be open as long as the server is, and the parent of every call.
  const serve = Effect.fnUntraced(function*<R>(
    identity: ServerIdentity,
    { resources: offered = [], tools }: Offer<R>,
    context: Effect.Effect<Context.Context<R>, ToolError>
  ) {
    const runPromise = Effect.runPromiseWith(yield* Effect.context<never>())
    const ended = yield* Streams.watch(streams)
    const calls = yield* FiberSet.make<JsonObject, ToolError>()
    const listed = tools.map((tool) => listing(tool))
    const server = new Server(
      { name: identity.name, title: identity.title, version: identity.version },
      {
        capabilities: { tools: {}, ...(offered.length === 0 ? {} : { resources: { subscribe: true } }) },
        instructions: identity.instructions
      }
    )
    const services = Effect.flatMap(
      Deferred.isDone(ended),
      (stopping) => stopping ? Effect.fail(new ServerStopping()) : context
    )
    /**
     * Works in the background of the request that waits for it, whose interruption is the client's cancellation. Its fiber leaves
     * nothing behind.
     */
    const attend = (work: Effect.Effect<JsonObject, ToolError>) =>
      Effect.acquireUseRelease(FiberSet.run(calls, work), Fiber.await, Fiber.interrupt)

    const peer = peerOf(server)

    const perform = (tool: Served<R>, args: unknown, told: Option.Option<Peer.Told>) =>
      Effect.flatMap(
        services,
        (others) => Effect.provideContext(Peer.perform(tool, args, Peer.contextOf(peer, told, scope)), others)
      )
    const answer = (
      name: string,
      args: unknown,
      told: Option.Option<Peer.Told>
    ): Effect.Effect<Answer.Answer, UnknownTool> => {
      const tool = tools.find((each) => each.name === name)
      return tool === undefined
        ? Effect.fail(new UnknownTool({ name, message: `Unknown tool: ${name}` }))
        : Effect.map(attend(perform(tool, args, told)), (exit) => Answer.fromExit(tool, exit))
    }
    const resources = yield* Resources.make(offered, {
      context: services,
      attend,
      updated: (uri) => server.sendResourceUpdated({ uri })
    })

    server.setRequestHandler(ListToolsRequestSchema, () => ({ tools: listed }))
    server.setRequestHandler(
      CallToolRequestSchema,
      ({ params }, extra) =>
        runPromise(answer(params.name, params.arguments ?? {}, toldOf(extra)), { signal: extra.signal })
    )
    if (offered.length > 0) {
      server.setRequestHandler(ListResourcesRequestSchema, () => ({ resources: [...resources.listed] }))
      server.setRequestHandler(ListResourceTemplatesRequestSchema, () => ({ resourceTemplates: [] }))
      server.setRequestHandler(
        ReadResourceRequestSchema,
        ({ params: { uri } }, { signal }) => runPromise(resources.read(uri), { signal })
      )
      server.setRequestHandler(
        SubscribeRequestSchema,
        ({ params: { uri } }, { signal }) => runPromise(resources.subscribe(uri), { signal }).then(nothing)
      )
      server.setRequestHandler(
        UnsubscribeRequestSchema,
        ({ params: { uri } }, { signal }) => runPromise(resources.unsubscribe(uri), { signal }).then(nothing)
      )
    }
    // What the client sent stays out of the log: it may hold what the person pasted.
    // oxlint-disable-next-line unicorn/prefer-add-event-listener
    server.onerror = ({ message }) =>
      void runPromise(
        isLateAnswer(message)
          ? Effect.logDebug("The client has answered a question that was taken back.")
          : Effect.logWarning("A message of the client could not be processed.")
      )
    // The transport closes itself when a message is too long to be read.
    // oxlint-disable-next-line unicorn/prefer-add-event-listener
    server.onclose = () => void Deferred.doneUnsafe(ended, Exit.succeed<ServeEnd>("stdin_end"))

    yield* Effect.acquireRelease(
      Effect.promise(() => server.connect(new StdioServerTransport(streams.stdin, streams.stdout))),
      // Pauses stdin, which then no longer keeps the process alive.
      () => Effect.promise(() => server.close())
    )
    const left = Streams.flush(streams)
    const finish = (grace: Duration.Duration) =>
      FiberSet.awaitEmpty(calls).pipe(
        Effect.andThen(left),
        Effect.timeoutOption(grace),
        Effect.andThen(FiberSet.clear(calls)),
        Effect.andThen(Effect.timeoutOption(left, lastWords)),
        Effect.asVoid
      )
    const end = yield* Deferred.await(ended)
    // Before whoever hears of the end closes the services that they look at.
    yield* resources.close
    return { end, finish }
  }, Scope.provide(scope))

  return ToolServer.of({ serve })
})

/** Provides `ToolServer` on streams and signals other than the process's own; the rest is as `layer` says. */
export const layerWith = (streams: Streams.Streams): Layer.Layer<ToolServer> => Layer.effect(ToolServer, make(streams))

/**
 * Provides `ToolServer` on this process's stdin, stdout, SIGTERM, SIGINT and SIGHUP; needs nothing, and touches none of
 * them before `serve`. Its Scope has to outlive the services behind the tools. Closing it interrupts calls that are
 * still under way, closes the connection, and lets go of stdin and the signals, so that the process can exit. It never
 * exits the process itself.
 */
export const layer: Layer.Layer<ToolServer> = layerWith(Streams.ofProcess)
