/**
 * What a sign-in sees of the world: a provider, and somebody to open pages for.
 */
import { Context } from "effect"

export class Outside extends Context.Service<Outside, {
  /** The provider: `http://127.0.0.1:<port>`, its issuer as well. */
  readonly origin: string
  /** Has the person visit an address and go where that leads; returns at once. */
  readonly visit: (url: string) => void
}>()("mcp-gas/bench/world/Outside") {}
