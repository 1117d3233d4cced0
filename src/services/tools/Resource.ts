/**
 * A resource as data: what it is called, what there is to read, and when that has changed. Knows nothing of how resources
 * are served.
 */
import type { Effect, Stream } from "effect"
import type { JsonObject, ToolError } from "./Tool.ts"

/** What hosts and models are told about a resource. */
export interface ResourceWords {
  /** Unique among the resources served together. */
  readonly uri: string
  /** For programs. */
  readonly name: string
  /** What people are shown. */
  readonly title: string
  /** What a model is told: what there is to read. */
  readonly description: string
  /** `application/json`, or a kind of it. */
  readonly mimeType: string
}

/** A resource ready to be served. */
export interface Resource<out R> extends ResourceWords {
  /** What it is now. May be interrupted at any time. It may be shown and logged by hosts, so that it holds no secret. */
  readonly read: Effect.Effect<JsonObject, ToolError, R>
  /**
   * Emits for the first time when it has begun to look, so that nothing that changes from then on is missed; and then
   * whenever what `read` gives has changed, or may have. One emission can stand for several changes, and comes after them.
   */
  readonly changes: Stream.Stream<void, ToolError, R>
}
