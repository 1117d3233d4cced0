// From the docstring of Sessions in src/services/sign-in/Sessions.ts, by `npm run docs`.
import { Console, DateTime, Effect, Layer, Redacted } from "effect"
import {
  Account,
  AccountKey,
  AuthEventsPubSub,
  AuthorizationServer,
  defaultAccountKey,
  FlowId,
  LeasesMemory,
  SessionDraft,
  Sessions,
  SessionsSynchronized,
  SessionStoreMemory,
  Tokens
} from "../../../src/index.ts"

const signedIn = Effect.map(DateTime.now, (now) =>
  new SessionDraft({
    account: new Account({ email: "ada@example.com" }),
    tokens: new Tokens({
      accessToken: Redacted.make("first"),
      issuedAt: now,
      expiresAt: DateTime.add(now, { hours: 1 })
    }),
    grantedScopes: ["email"],
    clientId: "my-client",
    flowId: FlowId.make("flow-1"),
    signedInAt: now
  }))

const program = Effect.gen(function*() {
  const { accessToken, establish, slot } = yield* Sessions
  // What a flow does once the person has consented.
  yield* establish(yield* slot(defaultAccountKey), yield* signedIn)
  const token = yield* accessToken(defaultAccountKey)
  yield* Console.log(Redacted.value(token)) // → first

  const problem = yield* Effect.flip(accessToken(AccountKey.make("work")))
  yield* Console.log(problem.message) // → Nobody has signed in as "work" yet.
})

const Nobody = Layer.mock(AuthorizationServer, { issuer: "https://accounts.example.com", rotatesRefreshTokens: false })

const InMemory = SessionsSynchronized.layer.pipe(
  Layer.provide([Nobody, SessionStoreMemory.layer, LeasesMemory.layer, AuthEventsPubSub.layer])
)

await Effect.runPromise(Effect.provide(program, InMemory))
