/**
 * The spans that a test causes, as trees to compare with.
 */
import { Context, Effect, Layer, Option, Stream, SubscriptionRef, Tracer } from "effect"

export class RecordedSpans extends Context.Service<RecordedSpans, {
  /** All that were begun, in that order. */
  readonly all: Effect.Effect<ReadonlyArray<Tracer.Span>>
  /** Waits for the end of one of this name. */
  readonly ended: (name: string) => Effect.Effect<Tracer.Span>
}>()("mcp-gas/test/support/recordedSpans") {}

/** Records the spans of whatever it is provided to. */
export const layer: Layer.Layer<RecordedSpans> = Layer.effectContext(Effect.gen(function*() {
  const begun: Array<Tracer.Span> = []
  const ended = yield* SubscriptionRef.make<ReadonlyArray<Tracer.Span>>([])
  const run = Effect.runForkWith(yield* Effect.context<never>())
  const tracer = Tracer.make({
    span: (options) => {
      const span = new Tracer.NativeSpan(options)
      begun.push(span)
      const { end } = span
      span.end = (time, exit) => {
        end.call(span, time, exit)
        run(SubscriptionRef.update(ended, (all) => [...all, span]))
      }
      return span
    }
  })
  return Context.merge(
    RecordedSpans.context({
      all: Effect.sync(() => [...begun]),
      ended: (name) =>
        SubscriptionRef.changes(ended).pipe(
          Stream.flatMap((spans) => Stream.fromIterable(spans.filter((span) => span.name === name))),
          Stream.runHead,
          Effect.map(Option.getOrThrow)
        )
    }),
    Context.make(Tracer.Tracer, tracer)
  )
}))

export const all = RecordedSpans.use((recorded) => recorded.all)

export const ended = (name: string) => RecordedSpans.use((recorded) => recorded.ended(name))

/** The spans of this name. */
export const named = (name: string) => Effect.map(all, (spans) => spans.filter((span) => span.name === name))

const isBelow = (child: Tracer.Span, parent: Tracer.Span) =>
  Option.exists(child.parent, ({ spanId }) => spanId === parent.spanId)

/** The names of a span and of those below it, a line each, indented; in the order in which they began, repetitions left out. */
export const tree = (spans: ReadonlyArray<Tracer.Span>, root: Tracer.Span): ReadonlyArray<string> => {
  const below = spans.filter((span) => isBelow(span, root)).map((span) => tree(spans, span).map((line) => `  ${line}`))
  const distinct = below.filter((lines, at) => below.findIndex((other) => other.join() === lines.join()) === at)
  return [root.name, ...distinct.flat()]
}

/** What a span is linked to: the names, and how. */
export const links = (span: Tracer.Span) =>
  span.links.map(({ attributes, span: to }) => ({ to: to.spanId, how: attributes["auth.link"] }))
