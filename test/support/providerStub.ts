/**
 * A provider that answers as badly as the test likes, on a real socket.
 */
import { NodeCrypto } from "@effect/platform-node"
import { Context, Effect, Layer, MutableRef, Option, Queue, Redacted } from "effect"
import { FetchHttpClient } from "effect/http"
import { createServer, type ServerResponse } from "node:http"
import * as AuthorizationServerOAuth from "../../src/layers/provider/AuthorizationServerOAuth.ts"
import * as OAuthFetch from "../../src/layers/provider/OAuthFetch.ts"
import { AuthorizationServer } from "../../src/services/provider/AuthorizationServer.ts"

/** One request as it came. */
export interface Asked {
  readonly method: string
  readonly path: string
  readonly headers: Readonly<Record<string, unknown>>
  readonly form: URLSearchParams
}

export type Answer = (response: ServerResponse, form: URLSearchParams) => void

export const reply =
  (status: number, body: string, headers: Readonly<Record<string, string>> = {}): Answer => (response) =>
    void response.writeHead(status, { "content-type": "application/json", ...headers }).end(body)

export const json = (body: unknown, status = 200): Answer => reply(status, JSON.stringify(body))

/** Answers nothing at all. */
export const hang: Answer = () => {}

export const reset: Answer = (response) => void response.req.socket.resetAndDestroy()

export class Stub extends Context.Service<Stub, {
  /** `http://127.0.0.1:<port>`. */
  readonly origin: string
  /** How requests to a path are answered from now on; 404 for any other path. */
  readonly answers: (path: string, answer: Answer) => Effect.Effect<void>
  /** Every request there was. */
  readonly asked: Effect.Effect<ReadonlyArray<Asked>>
  /** The next request that nobody has waited for yet. */
  readonly arrived: Effect.Effect<Asked>
  /** Returns when a client has closed the connection of a request that was not answered in full. */
  readonly hungUp: Effect.Effect<void>
  /** Refuses connections from now on. */
  readonly close: Effect.Effect<void>
}>()("mcp-gas/test/support/providerStub/Stub") {
  static readonly layer: Layer.Layer<Stub> = Layer.effect(
    Stub,
    Effect.gen(function*() {
      const answers = MutableRef.make<ReadonlyMap<string, Answer>>(new Map())
      const asked = MutableRef.make<ReadonlyArray<Asked>>([])
      const arrived = yield* Queue.unbounded<Asked>()
      const hungUp = yield* Queue.unbounded<void>()
      const server = createServer((request, response) => {
        const chunks: Array<Buffer> = []
        request.on("data", (chunk: Buffer) => chunks.push(chunk))
        response.once("close", () => response.writableFinished || Queue.offerUnsafe(hungUp, undefined))
        request.once("end", () => {
          const { pathname: path } = new URL(request.url ?? "/", "http://localhost")
          const form = new URLSearchParams(Buffer.concat(chunks).toString())
          const one = { method: request.method ?? "", path, headers: request.headers, form }
          MutableRef.update(asked, (all) => [...all, one])
          const answer = MutableRef.get(answers).get(path) ?? reply(404, "{}")
          answer(response, form)
          Queue.offerUnsafe(arrived, one)
        })
      })
      const close = Effect.callback<void>((resume) => {
        server.close(() => resume(Effect.void))
        server.closeAllConnections()
      })
      yield* Effect.addFinalizer(() => close)
      yield* Effect.callback<void>((resume) => void server.listen(0, "127.0.0.1", () => resume(Effect.void)))
      const address = server.address()
      if (address === null || typeof address === "string") return yield* Effect.die("listening, but not on a port")
      return {
        origin: `http://127.0.0.1:${address.port}`,
        answers: (path, answer) =>
          Effect.sync(() => void MutableRef.update(answers, (all) => new Map(all).set(path, answer))),
        asked: Effect.sync(() => MutableRef.get(asked)),
        arrived: Queue.take(arrived),
        hungUp: Queue.take(hungUp),
        close
      }
    })
  )
}

/** Where the stub has what; the metadata of `layer`. */
export const metadataOf = (origin: string) => ({
  issuer: origin,
  authorization_endpoint: `${origin}/authorize`,
  token_endpoint: `${origin}/token`,
  userinfo_endpoint: `${origin}/userinfo`,
  revocation_endpoint: `${origin}/revoke`
})

export const client = { clientId: "a client", clientSecret: Option.some(Redacted.make("canary-secret")) }

/** What carries the requests and hashes the challenge. */
export const tools = Layer.mergeAll(
  NodeCrypto.layerDigest,
  OAuthFetch.layer.pipe(Layer.provideMerge(FetchHttpClient.layer))
)

/** An `AuthorizationServer` whose metadata, changed by `changes`, is known from the start. */
export const layer = (changes: Readonly<Record<string, string | undefined>> = {}) =>
  Layer.effect(
    AuthorizationServer,
    Effect.flatMap(Stub, ({ origin }) =>
      AuthorizationServerOAuth.make({
        issuer: origin,
        metadata: Effect.succeed({ ...metadataOf(origin), ...changes }),
        client: Effect.succeed(client),
        authorizationParameters: {},
        rotatesRefreshTokens: false
      }))
  ).pipe(Layer.provide(tools), Layer.provideMerge(Stub.layer))
