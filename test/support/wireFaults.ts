/**
 * What the wire can do to one request to a provider: the rows of the fault table, each of them once.
 */
import type { LocalAnswer, LocalFault } from "../../src/services/local-google/LocalGoogle.ts"

/** Where requests arrive that should have gone to the provider. */
export type Astray = "plain HTTP" | "an unknown certificate" | "nowhere"

/** How a fault is brought about. */
export type WireFault =
  /** The provider, or something that answers in its place, does it. */
  | { readonly _tag: "Answer"; readonly fault: LocalFault }
  /** Nothing that could answer is ever reached. */
  | { readonly _tag: "Astray"; readonly to: Astray }

const answer = (fault: LocalFault): WireFault => ({ _tag: "Answer", fault })

const astray = (to: Astray): WireFault => ({ _tag: "Astray", to })

const respond = (status: number, contentType: string, body: string, headers: Readonly<Record<string, string>> = {}) =>
  answer({ _tag: "Respond", status, headers: { "content-type": contentType, ...headers }, body })

/** The provider has done what it was asked to, and answers with what is changed here. */
const altered = (change: (given: LocalAnswer) => Partial<LocalAnswer>): WireFault =>
  answer({ _tag: "Alter", change: (given) => ({ ...given, ...change(given) }) })

/** As `altered`, in the members of its JSON; what is undefined is left out. */
const members = (change: Readonly<Record<string, unknown>>): WireFault =>
  altered(({ body }) => {
    const given: unknown = JSON.parse(body)
    return { body: JSON.stringify({ ...Object(given), ...change }) }
  })

const page = "<!doctype html><title>Welcome</title><p>Log in to the Wi-Fi of the hotel.</p>"

export const faults = {
  "slow": answer({ _tag: "Delay", millis: 20 }),
  "no answer": answer({ _tag: "Hang" }),
  "an answer that stops half-way": answer({ _tag: "Stall" }),
  "an answer that is cut off": answer({ _tag: "BreakOff" }),
  "reset before processing": answer({ _tag: "ResetBefore" }),
  "reset after processing": answer({ _tag: "ResetAfter" }),
  "status 500": respond(500, "text/plain", "Internal Server Error"),
  "503 with Retry-After": respond(503, "text/plain", "Service Unavailable", { "retry-after": "7" }),
  "429 with Retry-After": respond(429, "application/json", "{\"error\":\"rate_limit\"}", { "retry-after": "7" }),
  "HTML": respond(200, "text/html", page),
  "truncated JSON": altered(({ body }) => ({ body: body.slice(0, -1) })),
  "wrong content type": altered(({ headers }) => ({ headers: { ...headers, "content-type": "text/plain" } })),
  "10 MB body": members({ padding: "x".repeat(10_000_000) }),
  // To the same endpoint, so that whoever follows is counted there.
  "redirect": respond(307, "text/html", page, { location: "?again" }),
  "wrong token_type": members({ token_type: "mac" }),
  "missing fields": members({ access_token: undefined, sub: undefined, token_endpoint: undefined }),
  "negative expires_in": members({ expires_in: -1 }),
  "TLS: not spoken": astray("plain HTTP"),
  "TLS: unknown certificate": astray("an unknown certificate"),
  "DNS failure": astray("nowhere")
} as const satisfies Readonly<Record<string, WireFault>>

export type FaultName = keyof typeof faults

const isFaultName = (name: string): name is FaultName => Object.hasOwn(faults, name)

/** In the order of the table. */
export const faultNames: ReadonlyArray<FaultName> = Object.keys(faults).filter(isFaultName)

/** Whether a request that it strikes ends by our own patience only. */
export const isEndless = (name: FaultName): boolean => {
  const fault: WireFault = faults[name]
  return fault._tag === "Answer" && (fault.fault._tag === "Hang" || fault.fault._tag === "Stall")
}

/** Whether the provider hears nothing of a request that it strikes. */
export const isAstray = (name: FaultName): boolean => faults[name]._tag === "Astray"
