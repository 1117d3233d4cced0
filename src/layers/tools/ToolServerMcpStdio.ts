/**
 * `ToolServer` over stdin and stdout through the Model Context Protocol SDK, which is known in this file only.
 *
 * The SDK's low-level server is used because its high-level one takes nothing but zod schemas. The SDK notices neither
 * the end of stdin nor a broken stdout, so `ToolServerStreams` does.
 */
import { Server } from "@modelcontextprotocol/sdk/server/index.js"
import { StdioServerTransport } from "@modelcontextprotocol/sdk/server/stdio.js"
import { CallToolRequestSchema, ErrorCode, ListToolsRequestSchema } from "@modelcontextprotocol/sdk/types.js"
import { Cause, Context, Data, Deferred, Duration, Effect, Exit, Fiber, FiberSet, Layer, Option, Scope } from "effect"
import type { JsonObject, Tool, ToolError } from "../../services/tools/Tool.ts"
import type { ToolClient } from "../../services/tools/ToolClient.ts"
import type { ToolProgress } from "../../services/tools/ToolProgress.ts"
import { type ServeEnd, type ServerIdentity, ServerStopping, ToolServer } from "../../services/tools/ToolServer.ts"
import * as ToolJsonSchema from "./ToolJsonSchema.ts"
import * as Answer from "./ToolServerAnswer.ts"
import * as Peer from "./ToolServerPeer.ts"
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

/** The SDK gives a request up after a minute unless told otherwise; this is the longest time that a timer takes. */
const aPersonsTime = 2 ** 31 - 1

/** What the SDK says of an answer to a request that is not waited for any more. */
const isLateAnswer = (message: string): boolean => message.includes("unknown message ID")

/** A tool that may also talk to the client of its call. */
type Served<R> = Tool<R | ToolClient | ToolProgress>

const listing = <R>({ annotations, description, input, name, output, title }: Tool<R>) => ({
  name,
  title,
  description,
  inputSchema: ToolJsonSchema.make(input),
  outputSchema: ToolJsonSchema.make(output),
  annotations: { title, ...annotations }
})

const make = Effect.fnUntraced(function*(streams: Streams.Streams) {
  const scope = yield* Effect.scope

  const serve = Effect.fn("ToolServer.serve")(function*<R>(
    identity: ServerIdentity,
    tools: ReadonlyArray<Served<R>>,
    context: Effect.Effect<Context.Context<R>, ToolError>
  ) {
    const runPromise = Effect.runPromiseWith(yield* Effect.context<never>())
    const ended = yield* Streams.watch(streams)
    const calls = yield* FiberSet.make<JsonObject, ToolError>()
    const listed = tools.map(listing)
    const server = new Server(
      { name: identity.name, title: identity.title, version: identity.version },
      { capabilities: { tools: {} }, instructions: identity.instructions }
    )

    const peer: Peer.Peer = {
      get takesUrls() {
        return server.getClientCapabilities()?.elicitation?.url !== undefined
      },
      elicit: (params, signal) => server.elicitInput({ mode: "url", ...params }, { signal, timeout: aPersonsTime }),
      complete: (elicitationId) =>
        server.notification({ method: "notifications/elicitation/complete", params: { elicitationId } })
    }

    /** The fiber of one call; the handler runs in the background of the request that waits for it. */
    const perform = (tool: Served<R>, args: unknown, told: Option.Option<Peer.Told>) =>
      Deferred.isDone(ended).pipe(
        Effect.flatMap((stopping) => stopping ? Effect.fail(new ServerStopping()) : context),
        Effect.zipWith(Peer.contextOf(peer, told, scope), (services, own) => Context.merge(services, own)),
        Effect.flatMap((services) => Effect.provideContext(tool.call(args), services)),
        Effect.tapCause((cause) =>
          Cause.hasDies(cause) ? Effect.logError(`The handler of ${tool.name} has a defect.`, cause) : Effect.void
        )
      )
    const answer = (
      name: string,
      args: unknown,
      told: Option.Option<Peer.Told>
    ): Effect.Effect<Answer.Answer, UnknownTool> => {
      const tool = tools.find((each) => each.name === name)
      return tool === undefined
        ? Effect.fail(new UnknownTool({ name, message: `Unknown tool: ${name}` }))
        // The request's interruption is the client's cancellation. Its fiber leaves no handler behind.
        : Effect.acquireUseRelease(FiberSet.run(calls, perform(tool, args, told)), Fiber.await, Fiber.interrupt).pipe(
          Effect.map((exit) => Answer.fromExit(tool, exit))
        )
    }

    server.setRequestHandler(ListToolsRequestSchema, () => ({ tools: listed }))
    server.setRequestHandler(
      CallToolRequestSchema,
      ({ params }, { _meta, sendNotification, signal }) => {
        const told = Option.map(Option.fromUndefinedOr(_meta?.progressToken), (progressToken): Peer.Told => ({
          progress: (step) => sendNotification({ method: "notifications/progress", params: { progressToken, ...step } })
        }))
        return runPromise(answer(params.name, params.arguments ?? {}, told), { signal })
      }
    )
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
    return { end: yield* Deferred.await(ended), finish }
  }, Scope.provide(scope))

  return ToolServer.of({ serve })
})

/** Provides `ToolServer` on streams and signals other than the process's own. */
export const layerWith = (streams: Streams.Streams): Layer.Layer<ToolServer> => Layer.effect(ToolServer, make(streams))

/**
 * Provides `ToolServer` on this process's stdin, stdout, SIGTERM, SIGINT and SIGHUP; needs nothing, and touches none of
 * them before `serve`. Its Scope has to outlive the services behind the tools. Closing it interrupts calls that are
 * still under way, closes the connection, and lets go of stdin and the signals, so that the process can exit. It never
 * exits the process itself.
 */
export const layer: Layer.Layer<ToolServer> = layerWith(Streams.ofProcess)
