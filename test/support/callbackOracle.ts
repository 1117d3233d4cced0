/**
 * Which request may settle a flow, as the rules say it and not as the listener works it out: a second opinion for tests.
 * Everything is a string of bytes (latin1), as it goes over the wire.
 */

/** A request as it was sent. */
export interface Sent {
  readonly method: string
  /** Path and query, nothing decoded. */
  readonly target: string
  readonly headers: ReadonlyArray<readonly [name: string, value: string]>
}

/** What the flow under test knows. */
export interface Expected {
  readonly port: number
  readonly state: string
  readonly issuer: string
}

/** What a callback must be. */
export type Rule =
  | "readable"
  | "GET"
  | "at the callback path"
  | "under our own host name"
  | "asked for by a person"
  | "with the state, once"
  | "with no parameter twice"
  | "from our issuer"
  | "with a code or an error"

export const rules: ReadonlyArray<Rule> = [
  "readable",
  "GET",
  "at the callback path",
  "under our own host name",
  "asked for by a person",
  "with the state, once",
  "with no parameter twice",
  "from our issuer",
  "with a code or an error"
]

/** Of RFC 6749 sections 4.1.2 and 4.1.2.1, and RFC 9207. */
const protocolParameters = ["state", "code", "error", "error_description", "error_uri", "iss"]

/** `application/x-www-form-urlencoded` (RFC 6749 appendix B), to bytes. */
const unescaped = (text: string): string =>
  text.replaceAll("+", " ").replace(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)))

/** The values of each parameter, in order. */
const parametersOf = (query: string) => {
  const parameters = query.split("&").map((pair) => {
    const [name = "", ...value] = pair.split("=")
    return { name: unescaped(name), value: unescaped(value.join("=")) }
  })
  return (wanted: string): ReadonlyArray<string> =>
    parameters.flatMap(({ name, value }) => name === wanted ? [value] : [])
}

const queryOf = ({ target }: Sent): string => target.split("?").slice(1).join("?")

/** The rules this request breaks; one that breaks none must settle the flow, any other one must not. */
export const broken = (sent: Sent, expected: Expected): ReadonlyArray<Rule> => {
  const header = (wanted: string) =>
    sent.headers.flatMap(([name, value]) => name.toLowerCase() === wanted ? [value] : [])
  const all = parametersOf(queryOf(sent))
  const holds: Record<Rule, boolean> = {
    // A URI is ASCII without blanks (RFC 3986); the HTTP parser turns anything else away.
    readable: /^[\x21-\x7e]+$/.test(sent.target),
    GET: sent.method === "GET",
    "at the callback path": sent.target.split("?")[0] === "/callback",
    // One Host header and no more (RFC 9112 section 3.2).
    "under our own host name": [`127.0.0.1:${expected.port}`, `localhost:${expected.port}`].includes(
      header("host").join(", ")
    ),
    "asked for by a person": ["sec-purpose", "purpose", "x-moz"].every((name) =>
      header(name).every((value) => !/prefetch|prerender/.test(value))
    ),
    "with the state, once": all("state").length === 1 && all("state")[0] === expected.state,
    "with no parameter twice": protocolParameters.every((name) => all(name).length <= 1),
    "from our issuer": all("iss").every((issuer) => issuer === expected.issuer),
    "with a code or an error": [...all("code"), ...all("error")].some((value) => value !== "")
  }
  return rules.filter((rule) => !holds[rule])
}

/** What a request that breaks no rule is: an error is a refusal, whatever else comes with it. */
export const answerOf = (sent: Sent): "Code" | "Refusal" =>
  parametersOf(queryOf(sent))("error").some((error) => error !== "") ? "Refusal" : "Code"

/** Every request to the callback that these bytes might be read as containing, wherever it begins. */
export const requestsIn = (bytes: string): ReadonlyArray<Sent> =>
  Array.from(bytes.matchAll(/GET (\/callback\?)([^ \r\n]*)[^\n]*\n/g), (match) => {
    const [head = ""] = bytes.slice(match.index + match[0].length - 1).split(/\n\r?\n/)
    const headers = head.split("\n").flatMap((line) => {
      const [, name, value] = /^([^:]+):[ \t]*(.*?)[ \t\r]*$/.exec(line) ?? []
      return name === undefined || value === undefined ? [] : [[name, value] as const]
    })
    return { method: "GET", target: `${match[1]}${match[2]}`, headers }
  })
