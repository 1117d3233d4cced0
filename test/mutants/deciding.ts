/**
 * Safeties of the answer: whose it is, that the first one counts, and that it is bound to this flow.
 */
import { type Mutant, quick } from "./mutant.ts"

const response = "src/services/provider/AuthorizationResponse.ts"
const opening = "src/layers/sign-in/AuthFlowOpen.ts"
const oauth = "src/layers/provider/AuthorizationServerOAuth.ts"
const matrix = "layers/sign-in/AuthFlows/callbackMatrix"

export const deciding: ReadonlyArray<Mutant> = [
  {
    safety: "the comparison of `state`",
    rule: "State first",
    file: response,
    find: "states.length > 1 || !constantTimeEqual(state, Redacted.value(expected.state))",
    replace: "states.length > 1",
    killers: [quick(matrix, "the state of one flow does not open another one")]
  },
  {
    safety: "`state` before everything else, a provider's refusal included",
    rule: "State first",
    file: response,
    find: `const states = query.getAll("state")`,
    replace: `if (query.get("error")) {
    return Result.succeed(AuthorizationResponse.Refusal({ error: query.get("error") ?? "", description: undefined }))
  }
  const states = query.getAll("state")`,
    killers: [quick(matrix, "an error without state changes nothing, and the genuine callback then succeeds")]
  },
  {
    safety: "each parameter once at most",
    rule: "State first",
    file: response,
    find:
      "if (responseParameters.some((name) => query.getAll(name).length > 1)) return Result.fail(\"parameter_repeated\")",
    replace: "",
    killers: [quick(matrix, "two codes changes nothing, and the genuine callback then succeeds")]
  },
  {
    safety: "no response that names another issuer",
    rule: "State first",
    file: response,
    find: "issuer === null ? expected.issuer.required : issuer !== expected.issuer.identifier",
    replace: "issuer === null ? expected.issuer.required : false",
    killers: [quick(matrix, "another issuer changes nothing, and the genuine callback then succeeds")]
  },
  {
    safety: "no response without an issuer where it has to name one",
    rule: "State first",
    file: response,
    find: "issuer === null ? expected.issuer.required : issuer !== expected.issuer.identifier",
    replace: "issuer === null ? false : issuer !== expected.issuer.identifier",
    killers: [quick(matrix, "where responses must name their issuer, one that does not is forged")]
  },
  {
    safety: "a pasted address only of this flow's own redirect URI",
    rule: "State first",
    file: response,
    find:
      "return url !== null && `${url.origin}${url.pathname}`.replace(\"//localhost:\", \"//127.0.0.1:\") === redirectUri",
    replace: "return url !== null",
    killers: [
      quick(
        "layers/sign-in/AuthFlows/pasteBack",
        "an address that has another path is not this sign-in, and the flow lives"
      )
    ]
  },
  {
    safety: "a `state` that nobody can guess",
    rule: "State first",
    file: opening,
    find: `state: yield* secret("state")`,
    replace: `state: Redacted.make("s".repeat(43))`,
    killers: [quick("layers/sign-in/AuthFlows/secrets", "each flow has a state of its own with 256 bits in it")]
  },
  {
    safety: "the code challenge in the authorization request",
    rule: "The code is spent once",
    file: oauth,
    find: `code_challenge: Base64Url.encode(challenge),
      code_challenge_method: "S256",`,
    replace: "",
    killers: [
      quick(
        "layers/provider/AuthorizationServer/AuthorizationUrl",
        "has every parameter of the protocol exactly once, and no secret but the state"
      )
    ]
  },
  {
    safety: "the code verifier in the exchange",
    rule: "The code is spent once",
    file: oauth,
    find: "Redacted.value(request.codeVerifier),\n          { ...routed",
    replace: "OAuth.nopkce,\n          { ...routed",
    killers: [
      quick(
        "layers/provider/AuthorizationServer/Tokens",
        "a code is exchanged for tokens, what was granted, and who consented"
      )
    ]
  },
  {
    safety: "the first decision counts, and a later one does not replace it",
    rule: "One completion",
    file: opening,
    find: `: Deferred.succeed(decision, { _tag: "Answered", response, by }))`,
    replace: `: Effect.andThen(
        Effect.sync(() => Object.assign(decision, { effect: undefined })),
        Deferred.succeed(decision, { _tag: "Answered", response, by })
      ))`,
    killers: [
      quick(
        "layers/sign-in/AuthFlows/pasteBack",
        "a callback that comes after the paste makes no second exchange, and is shown the page"
      )
    ]
  },
  {
    safety: "the first outcome counts: a cancel that came second does not claim it",
    rule: "One completion",
    file: "src/layers/sign-in/AuthFlowsFibers.ts",
    find: `const first = yield* Deferred.succeed(decision, { _tag: "Ended", error: new FlowCancelled({ by }) })`,
    replace: `const first = yield* Effect.as(
          Deferred.succeed(decision, { _tag: "Ended", error: new FlowCancelled({ by }) }),
          true
        )`,
    killers: [
      quick(
        "layers/sign-in/AuthFlows/ending",
        "cancel during the exchange waits for it: the person had finished, and the session is stored"
      )
    ]
  },
  {
    safety: "the look at the deadline when a response comes",
    rule: "One completion",
    file: opening,
    find: "DateTime.isGreaterThan(now, expiresAt)",
    replace: "false && DateTime.isGreaterThan(now, expiresAt)",
    killers: [
      quick(
        "layers/sign-in/AuthFlows/deadline",
        "holds where nothing is woken in time, as in a process that was stopped: a late code is not spent"
      )
    ]
  },
  {
    safety: "a closing layer as a decision of its own",
    rule: "One completion",
    file: "src/layers/sign-in/AuthFlowRun.ts",
    find:
      `Effect.onInterrupt(waiting, () => Deferred.succeed(decision, { _tag: "Ended", error: AuthFlowEntry.shutdown })).pipe(`,
    replace: "waiting.pipe(",
    killers: [
      quick("layers/sign-in/AuthFlows/ending", "cancels pending flows and frees their ports before it has closed")
    ]
  }
]
