/**
 * The client of a server of the Model Context Protocol SDK, as far as a call needs it.
 */
import type { Server } from "@modelcontextprotocol/sdk/server/index.js"
import { Option } from "effect"
import type { Extra } from "./SdkToolShape.ts"
import type { Peer, Told } from "./ToolServerPeer.ts"

/** The SDK gives a request up after a minute unless told otherwise; this is the longest time that a timer takes. */
const aPersonsTime = 2 ** 31 - 1

/** The client at the other end of a server's connection. */
export const peerOf = (server: Server): Peer => ({
  get takesUrls() {
    return server.getClientCapabilities()?.elicitation?.url !== undefined
  },
  elicit: (params, signal) => server.elicitInput({ mode: "url", ...params }, { signal, timeout: aPersonsTime }),
  complete: (elicitationId) =>
    server.notification({ method: "notifications/elicitation/complete", params: { elicitationId } })
})

/** How a call tells its caller how it goes: none if that was not asked for. */
export const toldOf = ({ _meta, sendNotification }: Pick<Extra, "_meta" | "sendNotification">): Option.Option<Told> =>
  Option.map(Option.fromUndefinedOr(_meta?.progressToken), (progressToken) => ({
    progress: (step) => sendNotification({ method: "notifications/progress", params: { progressToken, ...step } })
  }))
