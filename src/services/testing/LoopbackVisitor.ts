/**
 * Going to loopback addresses that are no sockets: the browsers of one program, for listeners in its memory.
 */
import { Context, type Effect } from "effect"

/** What a browser ends up with. */
export type LoopbackVisit =
  /** Nobody listens there. */
  | { readonly _tag: "Refused" }
  /** The connection was cut instead of an answer. */
  | { readonly _tag: "Cut" }
  | {
    readonly _tag: "Page"
    /** Where it was, after redirects. */
    readonly url: string
    readonly status: number
    /** Of the page, or nothing if it has none. */
    readonly title: string
    /** Its source. */
    readonly text: string
  }

/** The way to listeners that only this program has. Two of them know nothing of each other. */
export class LoopbackVisitor extends Context.Service<LoopbackVisitor, {
  /** Goes to an address as a browser does, and on to where that redirects. Interrupting it hangs up. */
  readonly visit: (url: string) => Effect.Effect<LoopbackVisit>
  /** The ports that are taken. */
  readonly ports: Effect.Effect<ReadonlyArray<number>>
}>()("mcp-gas/services/testing/LoopbackVisitor") {}
