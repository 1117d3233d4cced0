/**
 * The keychain of the operating system: the macOS Keychain, the Windows Credential Manager, the Secret Service of a Linux
 * desktop.
 */
import { Context, type Effect, type Option, type Redacted, Schema } from "effect"

/** There is no keychain here, it is locked, or it refuses. Nothing is known about what it holds. */
export class KeychainUnavailable extends Schema.TaggedError<KeychainUnavailable>()("KeychainUnavailable", {
  /** What stands in the way, as the end of a sentence. Holds no secret. */
  why: Schema.String
}) {
  override get message(): string {
    return `The system's keychain cannot be used: ${this.why}.`
  }
}

/**
 * One secret text per account, in a compartment of our own. A call may take as long as a person takes to unlock the
 * keychain, or for ever: whoever calls bounds it. Every call can be interrupted at any moment and then leaves nothing
 * running.
 */
export class Keychain extends Context.Service<Keychain, {
  /** What is kept for this account; none if there is nothing. */
  readonly get: (account: string) => Effect.Effect<Option.Option<Redacted.Redacted<string>>, KeychainUnavailable>
  /** Keeps this secret for the account, in place of what was there. Of several writers, the last one stays. */
  readonly set: (account: string, secret: Redacted.Redacted<string>) => Effect.Effect<void, KeychainUnavailable>
}>()("mcp-gas/services/storage/Keychain") {}
