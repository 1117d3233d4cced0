/**
 * The edge between `oauth4webapi`, which speaks `fetch` and promises, and Effect's `HttpClient`.
 */
import { Cause, Clock, Context, Data, Effect, Exit, Layer, Predicate, Stream } from "effect"
import { FetchHttpClient, HttpClient, HttpClientRequest, type HttpClientResponse } from "effect/http"
import * as OAuth from "oauth4webapi"
import { isSecureUrl } from "../../services/config/LoopbackHost.ts"

/** A request that got no usable answer. */
export class NoAnswer extends Data.TaggedError("NoAnswer")<{
  /** `timeout`: not within its limit; `network`: anything else. */
  readonly reason: "network" | "timeout"
  /** Whether the request may have reached the provider. */
  readonly sent: boolean
  /** The system's error code if there is one, such as `ECONNREFUSED`; never a URL or a body. */
  readonly code: string | undefined
}> {}

const form = "application/x-www-form-urlencoded;charset=UTF-8"

/** A call of `oauth4webapi` was rejected, with one of its errors or with `NoAnswer`. */
export class Rejected extends Data.TaggedError("Rejected")<{
  /** What it was rejected with. */
  readonly cause: unknown
}> {}

/** Statuses of answers that have no body. */
const withoutBody: ReadonlySet<number> = new Set([204, 205, 304])

/** Far more characters than any answer of the protocol has. */
const bodyLimit = 1_000_000

/** Reads no further than the limit: what is cut off there is no JSON, and so nothing that could be used. */
const readBody = (response: HttpClientResponse.HttpClientResponse) =>
  Effect.suspend(() => {
    let body = ""
    return Stream.runForEachWhile(Stream.decodeText(response.stream), (part) =>
      Effect.sync(() => {
        body += part
        return body.length <= bodyLimit
      })).pipe(Effect.map(() => body))
  })

/** A span tells where a request went and what became of it; nothing that was sent, and nothing of the answer but its status. */
const spanned = <A, E, R>(sending: Effect.Effect<A, E, R>, address: string, method: string): Effect.Effect<A, E, R> => {
  const { hostname, pathname, port } = new URL(address)
  const attributes = {
    "http.request.method": method,
    "server.address": hostname,
    ...(port === "" ? {} : { "server.port": Number(port) }),
    "url.path": pathname
  }
  return Effect.flatMap(
    Effect.makeSpan(`http.client ${method}`, { kind: "client", attributes }),
    (span) =>
      Effect.onExit(
        Effect.withParentSpan(sending, span),
        (exit) => Effect.map(Clock.currentTimeNanos, (now) => span.end(now, Exit.asVoid(exit)))
      )
  )
}

/** How long one request may take, from connecting to the last byte of the answer. */
export type Limit = "10 seconds" | "3 seconds"

/**
 * Failures that come before the first byte of a request is sent: looking the host up, connecting, and finding out that
 * whoever answers there speaks no TLS or cannot show that it is the provider, as behind a captive portal.
 */
const beforeSending: ReadonlySet<string> = new Set([
  "ECONNREFUSED",
  "ENOTFOUND",
  "EAI_AGAIN",
  "ENETUNREACH",
  "EHOSTUNREACH",
  "UND_ERR_CONNECT_TIMEOUT",
  "ERR_SSL_WRONG_VERSION_NUMBER",
  "ERR_TLS_CERT_ALTNAME_INVALID",
  "HOSTNAME_MISMATCH",
  "DEPTH_ZERO_SELF_SIGNED_CERT",
  "SELF_SIGNED_CERT_IN_CHAIN",
  "UNABLE_TO_GET_ISSUER_CERT",
  "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
  "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
  "CERT_HAS_EXPIRED",
  "CERT_NOT_YET_VALID",
  "CERT_REVOKED",
  "CERT_SIGNATURE_FAILURE",
  "CERT_UNTRUSTED",
  "INVALID_CA",
  "INVALID_PURPOSE"
])

/** The system's error code, however deep the error that has it was wrapped. */
const systemCode = (error: unknown): string | undefined => {
  if (Predicate.hasProperty(error, "code") && typeof error.code === "string") return error.code
  if (Predicate.hasProperty(error, "reason")) return systemCode(error.reason)
  return Predicate.hasProperty(error, "cause") ? systemCode(error.cause) : undefined
}

/** `oauth4webapi`'s options that route a call through `HttpClient`. */
export interface Routed {
  /** Sends a request by the `HttpClient`. */
  readonly [OAuth.customFetch]: (
    url: string,
    options: OAuth.CustomFetchOptions<string, URLSearchParams | undefined>
  ) => Promise<Response>
  /** Aborted when whoever waits for the call is interrupted. */
  readonly signal: AbortSignal
}

/**
 * `oauth4webapi`'s option that allows plain `http:` for a provider on this machine, and for no other.
 *
 * @internal
 */
export const trusting = (endpoint: string | undefined) => ({
  [OAuth.allowInsecureRequests]: endpoint !== undefined && URL.canParse(endpoint) && isSecureUrl(new URL(endpoint))
})

/** Runs calls of `oauth4webapi` as effects. */
export class OAuthFetch extends Context.Service<OAuthFetch, {
  /**
   * Runs `call`, whose requests go through `HttpClient`. Each of them ends within `limit`, ten seconds unless said, by the Clock, even where
   * the caller cannot be interrupted; where it can, interruption aborts the request. Fails with what `call`
   * rejects with.
   */
  readonly attempt: <A>(
    call: (routed: Routed) => Promise<A>,
    limit?: Limit
  ) => Effect.Effect<A, Rejected>
}>()("mcp-gas/layers/provider/OAuthFetch") {}

/** Provides `OAuthFetch`; needs an `HttpClient`. */
export const layer: Layer.Layer<OAuthFetch, never, HttpClient.HttpClient> = Layer.effect(
  OAuthFetch,
  Effect.gen(function*() {
    const client = yield* HttpClient.HttpClient

    // No `traceparent` for the provider, and no redirect followed: a token request must not wander off.
    const send = Effect.fnUntraced(
      function*(
        url: string,
        options: OAuth.CustomFetchOptions<string, URLSearchParams | undefined>,
        _limit: Limit
      ) {
        const request = options.body instanceof URLSearchParams
          ? HttpClientRequest.bodyText(HttpClientRequest.post(url), options.body.toString(), form)
          : HttpClientRequest.get(url)
        const response = yield* client.execute(HttpClientRequest.setHeaders(request, options.headers))
        yield* Effect.annotateCurrentSpan("http.response.status_code", response.status)
        const body = withoutBody.has(response.status) ? null : yield* readBody(response)
        return new Response(body, { status: response.status, headers: response.headers })
      },
      (sending, _url, _options, limit) => Effect.timeout(sending, limit),
      Effect.mapError((error) => {
        const code = systemCode(error)
        return Cause.isTimeoutError(error)
          ? new NoAnswer({ reason: "timeout", sent: true, code })
          : new NoAnswer({ reason: "network", sent: code === undefined || !beforeSending.has(code), code })
      }),
      Effect.tapError(({ code, reason }) => Effect.annotateCurrentSpan("error.type", code ?? reason)),
      (sending, url, { method }) => spanned(sending, url, method),
      // Its own span would have the whole address, and what came over the wire instead of an answer, tokens included.
      Effect.provideService(HttpClient.TracerDisabledWhen, () => true),
      Effect.provideService(HttpClient.TracerPropagationEnabled, false),
      Effect.provideService(FetchHttpClient.RequestInit, { redirect: "manual" })
    )

    const attempt = <A>(call: (routed: Routed) => Promise<A>, limit: Limit = "10 seconds") =>
      Effect.flatMap(Effect.context<never>(), (context) =>
        Effect.tryPromise({
          try: (signal) =>
            call({
              signal,
              [OAuth.customFetch]: async (url, options) => {
                const exit = await Effect.runPromiseExitWith(context)(send(url, options, limit), { signal })
                if (Exit.isSuccess(exit)) return exit.value
                throw Cause.squash(exit.cause)
              }
            }),
          catch: (cause) => new Rejected({ cause })
        }))

    return OAuthFetch.of({ attempt })
  })
)
