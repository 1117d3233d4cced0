/**
 * Requests to the callback listener that are right, nearly right, or nothing of the kind. `{state}` and the like stand
 * for what only the flow under test knows.
 */
import { Arbitrary, Array, Schema } from "effect"
import type { Expected, Sent } from "./callbackOracle.ts"

/** Puts in what the flow knows. */
export const filledIn = (template: string, { issuer, port, state }: Expected): string =>
  template
    .replaceAll("{port}", String(port))
    .replaceAll("{issuer}", encodeURIComponent(issuer))
    .replaceAll("{state}", state)
    .replaceAll("{escaped state}", state.replace(/./g, (it) => `%${it.charCodeAt(0).toString(16).padStart(2, "0")}`))
    .replaceAll("{lower state}", state.toLowerCase())
    .replaceAll("{other state}", state.replace(/^./, (first) => first === "A" ? "B" : "A"))

const oneOf = (choices: ReadonlyArray<string>) => Arbitrary.schema(Schema.Literals(choices))

/** Of ten, some eight are right. Wrong ones that are easier to take for right ones stand there more than once. */
const mostly = (right: ReadonlyArray<string>, wrong: ReadonlyArray<string>) =>
  oneOf([...Array.makeBy(Math.ceil(4 * wrong.length / right.length), () => right).flat(), ...wrong])

/** Bytes as a string of bytes. */
const latin1 = (bytes: Uint8Array): string => Buffer.from(bytes).toString("latin1")

/** Any text in UTF-8, without what would end the request target. */
const anyText = Arbitrary.map(
  Arbitrary.schema(Schema.String),
  (text) => latin1(new TextEncoder().encode(text)).replace(/[\r\n #]/g, "")
)

/** What a response consists of, in full or not. */
const response = oneOf([
  ...Array.makeBy(5, () => "state={state}&code=c"),
  ...Array.makeBy(5, () => "state={state}&error=access_denied"),
  "state={state}&code=c&iss={issuer}",
  "code=c&iss={issuer}&state={state}",
  "error=server_error&state={state}&error_description=d&error_uri=u",
  "%73tate={escaped state}&c%6fde=%63",
  "state={state}&code=c&iss=https://evil.test",
  "state={state}&error=access_denied&iss={issuer}/",
  "state={state}&code=c&code=other",
  "error=access_denied&state={state}&error=server_error",
  "state={state}&error=access_denied&error_description=d&error_description=other",
  "state={state}&error=access_denied&error_uri=u&error_uri=other",
  "state={state}&code=c&iss={issuer}&iss={issuer}",
  "state={state}&code=c&state={state}",
  "state={state}&code=%00",
  "state={state}&code=+",
  "state={state}",
  "state={state}",
  "state={state}&code=",
  "state={state}&error=",
  "state={state}&code=&error=",
  "state={other state}&code=c",
  "state={other state}&error=access_denied",
  "state={state}&code=c&error=access_denied",
  "state={lower state}&code=c",
  "state={state}x&code=c",
  "state=&code=c",
  "state=+{state}&code=c",
  "state={state}%00&code=c",
  "code=c",
  "error=access_denied",
  ""
])

/** A parameter more, as providers send them and forgers would. */
const parameter = mostly([
  "scope=openid",
  "view=x",
  "State=x",
  "%",
  "%0",
  "%00",
  "%ff=%fe",
  "+",
  "=",
  "x",
  "state%00=x"
], [
  "code=c",
  "code=other",
  "code=other",
  "code=",
  "co%64e=other",
  "error=access_denied",
  "error=",
  "error_description=d",
  "error_uri=u",
  "state={state}",
  "state={state}",
  "st%61te={escaped state}",
  "state=",
  "iss={issuer}",
  "iss=https://evil.test",
  "iss=https://evil.test",
  "iss={issuer}/",
  "iss=",
  "\u00e9",
  "x=\u00ff\u0000",
  "\t"
])

const parameters = Arbitrary.array(
  Arbitrary.flatMap(
    Arbitrary.schema(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 9 }))),
    (kind) => kind === 0 ? anyText : parameter
  ),
  { maxLength: 3 }
)

/** One request, whole and well-formed, mostly with one thing wrong at most. */
export const request = Arbitrary.all({
  method: mostly(["GET"], ["HEAD", "HEAD", "POST", "POST", "PUT", "OPTIONS", "get"]),
  path: mostly(["/callback"], [
    "/callback/",
    "/callback/",
    "/callbackx",
    "/",
    "//callback",
    "/%63allback",
    "/Callback"
  ]),
  host: mostly(["127.0.0.1:{port}", "127.0.0.1:{port}", "localhost:{port}"], [
    "evil.test",
    "evil.test:{port}",
    "evil.test:{port}",
    "127.0.0.1",
    "localhost",
    "127.0.0.1:{port}.evil.test",
    ""
  ]),
  header: mostly(["Accept: */*", "Sec-Fetch-Mode: navigate", "X-Purpose: prefetched", "Content-Length: 9"], [
    "Sec-Purpose: prefetch",
    "Sec-Purpose: prefetch;prerender",
    "Purpose: prefetch",
    "X-Moz: prefetch"
  ]),
  before: parameters,
  response,
  after: parameters
})

export type Request = typeof request extends Arbitrary.Arbitrary<infer A> ? A : never

/** The request as the flow under test gets it. */
export const sentBy = (generated: Request, expected: Expected): Sent => {
  const query = [...generated.before, generated.response, ...generated.after].join("&")
  const [name = "", value = ""] = generated.header.split(": ")
  return {
    method: generated.method,
    target: filledIn(`${generated.path}?${query}`, expected),
    headers: [["Host", filledIn(generated.host, expected)], [name, value]]
  }
}

/** Pieces that requests are made of, right ones and wrong ones. */
const piece = oneOf([
  "GET ",
  "POST ",
  "HEAD ",
  "\u0016\u0003\u0001\u0002\u0000",
  "/callback",
  "/callback/",
  "/",
  "?",
  "&",
  "=",
  "#",
  "state=",
  "state={state}",
  "&state={state}",
  "state={other state}",
  "code=",
  "code=c",
  "&code=other",
  "error=",
  "&error=access_denied",
  "iss=",
  "&iss=https://evil.test",
  "view=",
  "%00",
  "%",
  "+",
  " HTTP/1.1",
  " HTTP/1.0",
  "\r\n",
  "\n",
  "\r\n\r\n",
  "Host: 127.0.0.1:{port}\r\n",
  "Host: evil.test\r\n",
  "GET /callback?",
  "GET /callback?state={state}&code=c HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n",
  "HEAD /callback?state={state}&code=c HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n",
  " HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n",
  "Sec-Purpose: prefetch\r\n",
  "Content-Length: 99\r\n",
  "Transfer-Encoding: chunked\r\n",
  "Expect: 100-continue\r\n",
  "Upgrade: websocket\r\nConnection: Upgrade\r\n",
  ": ",
  "x"
])

/** Pieces in any order and number. */
export const pieces = Arbitrary.map(Arbitrary.array(piece), (all) => all.join(""))

/** Any bytes. */
export const anyBytes = Arbitrary.map(Arbitrary.schema(Schema.Uint8Array), latin1)

const genuine = [
  "GET ",
  "/callback",
  "?",
  "state={state}",
  "&",
  "code=c",
  " HTTP/1.1",
  "\r\n",
  "Host: 127.0.0.1:{port}",
  "\r\n",
  "Accept: */*",
  "\r\n"
]

const place = Arbitrary.schema(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: genuine.length })))
const count = Arbitrary.schema(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 2 })))

/** The genuine request with pieces or bytes put in, left out and put in the place of others. */
export const tampered = Arbitrary.map(
  Arbitrary.array(Arbitrary.all({ at: place, left: count, put: piece, bytes: anyBytes }), { maxLength: 3 }),
  (edits) =>
    edits.reduce<ReadonlyArray<string>>(
      (all, { at, bytes, left, put }, index) =>
        all.toSpliced(Math.min(at, all.length), left, index === 2 ? bytes : put),
      genuine
    ).join("")
)
