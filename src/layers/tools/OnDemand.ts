/**
 * Services that are built when they are first asked for.
 */
import { type Context, Effect, Exit, Layer, Option, Scope, SynchronizedRef } from "effect"

/**
 * The services of `layer`: built at the first use, shared by all, closed with the current Scope. Simultaneous first
 * uses build once. A failure is not kept and leaves nothing open: the next use, waiting ones included, builds again.
 */
export const make = <R, E>(
  layer: Layer.Layer<R, E>
): Effect.Effect<Effect.Effect<Context.Context<R>, E>, never, Scope.Scope> =>
  Effect.map(
    Effect.all([Effect.scope, SynchronizedRef.make(Option.none<Context.Context<R>>())]),
    ([outer, built]) => {
      const build = Effect.uninterruptibleMask((restore) =>
        Effect.flatMap(Scope.fork(outer), (scope) =>
          restore(Layer.buildWithScope(layer, scope)).pipe(
            Effect.onError((cause) => Scope.close(scope, Exit.failCause(cause)))
          ))
      )
      return SynchronizedRef.modifyEffect(built, (known) =>
        Option.match(known, {
          onSome: (services) => Effect.succeed([services, known] as const),
          onNone: () => Effect.map(build, (services) => [services, Option.some(services)] as const)
        }))
    }
  )
