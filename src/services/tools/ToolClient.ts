/**
 * The client that a tool call comes from, as far as a tool may ask something of it.
 */
import { Context, type Effect, type Option, Schema, type Scope } from "effect"

/** The client has not answered: it went away, has a fault, or does not know the request after all. */
export class ElicitationFailed extends Schema.TaggedError<ElicitationFailed>()("ElicitationFailed", {
  /** The end of a sentence, without anything of the question. */
  reason: Schema.String
}) {
  override get message(): string {
    return `The client could not be asked to open an address: ${this.reason}.`
  }
}

/** A URL that the client is asked to open for its person (Model Context Protocol 2025-11-25, URL mode elicitation). */
export interface UrlElicitation {
  /** Identifies what is waited for; unique on its connection. */
  readonly id: string
  /** What is to be opened, at the client. */
  readonly url: string
  /** What the person is told and asked. */
  readonly message: string
}

/**
 * What the client answered: `accept` says that the person agreed to open the URL, and nothing of what comes then; `cancel`
 * that they made no choice. A client without a person to ask answers for itself, at once.
 */
export type ElicitationAnswer = "accept" | "decline" | "cancel"

/**
 * Asks the client to open a URL, however long its person takes. Interruption withdraws the question. When the Scope closes,
 * the client is told that what the URL was for is over (`notifications/elicitation/complete`), whatever it had answered; that
 * is sent and not waited for.
 */
export type ElicitUrl = (
  elicitation: UrlElicitation
) => Effect.Effect<ElicitationAnswer, ElicitationFailed, Scope.Scope>

/** The client of one call. A tool that needs it asks for it in its type. */
export class ToolClient extends Context.Service<ToolClient, {
  /** None if the client has not said that it can (`elicitation.url` among its capabilities). */
  readonly elicitUrl: Option.Option<ElicitUrl>
}>()("mcp-gas/services/tools/ToolClient") {}
