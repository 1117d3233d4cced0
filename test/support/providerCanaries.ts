/**
 * Secrets that can be recognised wherever they turn up, and everything that a call leaves for others to read.
 */
import { assert } from "@effect/vitest"
import { Cause, Effect, Exit, Logger, Redacted, Tracer } from "effect"
import { inspect } from "node:util"
import type { AuthorizationRequest, TokenGrant } from "../../src/services/provider/AuthorizationServer.ts"
import { grant as grantOf } from "./sessionData.ts"

/** Part of every secret, and of nothing else. */
const canary = "canary"

export const secret = (name: string) => Redacted.make(`${canary}-${name}`)

export const request: AuthorizationRequest = {
  redirectUri: "http://127.0.0.1:65000/callback",
  scopes: ["openid", "email"],
  state: secret("state"),
  codeVerifier: secret("verifier-verifier-verifier-verifier-verifier"),
  loginHint: undefined
}

export const code = secret("code")
export const refreshToken = secret("refresh")

/** A token reply, changed by `changes`. */
export const tokens = (changes: Readonly<Record<string, unknown>> = {}) => ({
  access_token: `${canary}-access`,
  refresh_token: `${canary}-refresh-2`,
  token_type: "Bearer",
  expires_in: 3600,
  ...changes
})

export const grant: TokenGrant = grantOf({ accessToken: `${canary}-access`, refreshToken: `${canary}-refresh` })

const printed = (value: unknown): string =>
  [inspect(value, { depth: 20, showHidden: true }), String(value), JSON.stringify(value)].join("\n")

/** An error with all it drags along: stacks, causes, hidden properties. */
const dredged = (error: unknown): string =>
  error instanceof Error
    ? [printed(error), error.message, error.stack, dredged(error.cause)].join("\n")
    : printed(error)

/** Runs a call and asserts that nothing it leaves behind holds a secret: its failure, its log lines, its spans. */
export const watched = Effect.fnUntraced(function*<A, E, R>(call: Effect.Effect<A, E, R>) {
  const traces: Array<string> = []
  const tracer = Tracer.make({
    span: (options) => {
      const span = new Tracer.NativeSpan(options)
      const { end, event } = span
      span.end = (time, exit) => {
        traces.push(printed([...span.attributes]), printed(exit), span.name)
        end.call(span, time, exit)
      }
      span.event = (name, time, attributes) => {
        traces.push(name, printed(attributes))
        event.call(span, name, time, attributes)
      }
      return span
    }
  })
  const lines: Array<string> = []
  const logging = Logger.layer([
    Logger.map(Logger.formatJson, (line) => void lines.push(line)),
    Logger.map(Logger.formatLogFmt, (line) => void lines.push(line))
  ])
  const exit = yield* call.pipe(
    Effect.tapCause((cause) => Effect.logError("failed", cause)),
    Effect.withSpan("the call"),
    Effect.exit,
    Effect.withTracer(tracer),
    Effect.provide(logging)
  )
  const failure = Exit.isFailure(exit)
    ? [
      Cause.pretty(exit.cause),
      printed(exit.cause),
      ...exit.cause.reasons.map((reason) => dredged(Cause.isFailReason(reason) ? reason.error : reason))
    ]
    : [printed(exit)]
  assert.isAbove(traces.length, 0)
  for (const text of [...traces, ...lines, ...failure]) assert.notInclude(text, canary)
  return yield* exit
})
