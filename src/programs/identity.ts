/**
 * How this server introduces itself, to hosts, models and people.
 */
import type { ServerIdentity } from "../services/tools/ToolServer.ts"

export const version = "0.1.0"

/** The name that consent and result pages use. */
export const serverTitle = "Google Apps Script"

export const identity: ServerIdentity = {
  name: "mcp-gas",
  title: serverTitle,
  version,
  instructions: "Works on Google Apps Script projects for the person's Google account. Sign in first: call gas_auth " +
    "(mode \"start\"). It opens the person's browser, or has you ask them, and waits a while; if it answers auth_pending, " +
    "show the person authUrl if there is one, and call gas_auth with mode \"status\" and waitSeconds 40 until they are " +
    "signed in. When a tool answers sign_in_required, do the same. Calling gas_auth again while a sign-in is under way " +
    "joins it and never opens a second tab. Several accounts: gas_accounts lists them."
}
