/**
 * A collector on loopback: takes what is exported by OTLP over HTTP, and has it in the order in which it came.
 */
import { Effect, Option, Schema, Stream, SubscriptionRef } from "effect"
import { createServer } from "node:http"

/** One request of an exporter. */
export interface Delivery {
  readonly path: string
  readonly contentType: string
  readonly headers: Readonly<Record<string, string | ReadonlyArray<string> | undefined>>
  readonly body: Buffer
}

const Attribute = Schema.Struct({
  key: Schema.String,
  value: Schema.Struct({
    stringValue: Schema.optionalKey(Schema.String),
    intValue: Schema.optionalKey(Schema.Union([Schema.Finite, Schema.String])),
    boolValue: Schema.optionalKey(Schema.Boolean)
  })
})

const Link = Schema.Struct({ traceId: Schema.String, spanId: Schema.String, attributes: Schema.Array(Attribute) })

const Span = Schema.Struct({
  traceId: Schema.String,
  spanId: Schema.String,
  parentSpanId: Schema.optionalKey(Schema.String),
  name: Schema.String,
  attributes: Schema.Array(Attribute),
  links: Schema.Array(Link),
  status: Schema.Struct({ code: Schema.Finite, message: Schema.optionalKey(Schema.String) })
})

export type Span = typeof Span.Type

const Resource = Schema.Struct({ attributes: Schema.Array(Attribute) })

const Traces = Schema.Struct({
  resourceSpans: Schema.Array(Schema.Struct({
    resource: Resource,
    scopeSpans: Schema.Array(Schema.Struct({ spans: Schema.Array(Span) }))
  }))
})

const Metrics = Schema.Struct({
  resourceMetrics: Schema.Array(Schema.Struct({
    resource: Resource,
    scopeMetrics: Schema.Array(Schema.Struct({ metrics: Schema.Array(Schema.Struct({ name: Schema.String })) }))
  }))
})

const Logs = Schema.Struct({
  resourceLogs: Schema.Array(Schema.Struct({
    resource: Resource,
    scopeLogs: Schema.Array(Schema.Struct({
      logRecords: Schema.Array(Schema.Struct({
        body: Schema.Struct({ stringValue: Schema.optionalKey(Schema.String) }),
        severityText: Schema.String,
        traceId: Schema.optionalKey(Schema.String)
      }))
    }))
  }))
})

const tracesIn = Schema.decodeUnknownSync(Schema.fromJsonString(Traces))
const metricsIn = Schema.decodeUnknownSync(Schema.fromJsonString(Metrics))
const logsIn = Schema.decodeUnknownSync(Schema.fromJsonString(Logs))

const at = (path: string) => (all: ReadonlyArray<Delivery>) =>
  all.flatMap((each) => each.path === path && each.contentType === "application/json" ? [each.body.toString()] : [])

/** The spans of what was delivered as JSON. */
export const spansOf = (all: ReadonlyArray<Delivery>): ReadonlyArray<Span> =>
  at("/v1/traces")(all).flatMap((body) =>
    tracesIn(body).resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans))
  )

/** The names of the metrics, each once. */
export const metricsOf = (all: ReadonlyArray<Delivery>): ReadonlySet<string> =>
  new Set(
    at("/v1/metrics")(all).flatMap((body) =>
      metricsIn(body).resourceMetrics.flatMap(({ scopeMetrics }) =>
        scopeMetrics.flatMap(({ metrics }) => metrics.map(({ name }) => name))
      )
    )
  )

/** What was logged. */
export const logsOf = (all: ReadonlyArray<Delivery>) =>
  at("/v1/logs")(all).flatMap((body) =>
    logsIn(body).resourceLogs.flatMap(({ scopeLogs }) => scopeLogs.flatMap(({ logRecords }) => logRecords))
  )

/** What each signal says it is about. */
export const resourcesOf = (all: ReadonlyArray<Delivery>) =>
  [
    ...at("/v1/traces")(all).flatMap((body) => tracesIn(body).resourceSpans),
    ...at("/v1/metrics")(all).flatMap((body) => metricsIn(body).resourceMetrics),
    ...at("/v1/logs")(all).flatMap((body) => logsIn(body).resourceLogs)
  ].map(({ resource }) => attributes(resource))

/** Attributes by their names. */
export const attributes = (of: { readonly attributes: ReadonlyArray<typeof Attribute.Type> }) =>
  Object.fromEntries(
    of.attributes.map(({ key, value }) => [key, value.stringValue ?? value.intValue ?? value.boolValue])
  )

/** Listens until the Scope closes. One that `hangs` takes what comes and never says so. */
export const make = (how: "answers" | "hangs" = "answers") =>
  Effect.gen(function*() {
    const received = yield* SubscriptionRef.make<ReadonlyArray<Delivery>>([])
    const run = Effect.runForkWith(yield* Effect.context<never>())
    const server = createServer((request, response) => {
      const chunks: Array<Buffer> = []
      request.on("data", (chunk: Buffer) => chunks.push(chunk))
      request.on("end", () => {
        const delivery = {
          path: request.url ?? "",
          contentType: request.headers["content-type"] ?? "",
          headers: request.headers,
          body: Buffer.concat(chunks)
        }
        // What is sent to `/refused` is no mistake that trying again could mend.
        const status = delivery.path.startsWith("/refused") ? 400 : 200
        if (how === "answers") response.writeHead(status, { "content-type": "application/json" }).end("{}")
        run(SubscriptionRef.update(received, (all) => [...all, delivery]))
      })
    })
    let connections = 0
    server.on("connection", () => connections++)
    yield* Effect.acquireRelease(
      Effect.callback<void>((resume) => {
        server.listen(0, "127.0.0.1", () => resume(Effect.void))
      }),
      () =>
        Effect.callback<void>((resume) => {
          server.close(() => resume(Effect.void))
          server.closeAllConnections()
        })
    )
    const address = server.address()
    if (address === null || typeof address === "string") return yield* Effect.die("a TCP listener has no port")
    const until = (predicate: (all: ReadonlyArray<Delivery>) => boolean) =>
      Effect.map(Stream.runHead(Stream.filter(SubscriptionRef.changes(received), predicate)), Option.getOrThrow)
    return {
      endpoint: `http://127.0.0.1:${address.port}`,
      /** How many connections there have been. */
      connections: Effect.sync(() => connections),
      received: SubscriptionRef.get(received),
      /** Everything that has come by the time that this is so. */
      until
    }
  })
