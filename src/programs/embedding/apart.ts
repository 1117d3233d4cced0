/**
 * Layers that are several times in one program, each with parts of its own.
 */
import { Layer } from "effect"

/**
 * The same layer with parts that nothing else in the program has. A layer without options is built once for a whole program, whatever
 * it stands on: two sign-ins would refresh their tokens at the provider of whichever was built first. What this layer needs is
 * given to it from outside as ever, and it is itself built once, however often it is provided.
 */
export const apart = <A, E, R>(layer: Layer.Layer<A, E, R>): Layer.Layer<A, E, R> =>
  Layer.suspend(() => Layer.fresh(layer))
