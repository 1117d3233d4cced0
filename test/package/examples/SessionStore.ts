// From the docstring of SessionStore in src/services/storage/SessionStore.ts, by `npm run docs`.
import { Console, DateTime, Effect, Redacted } from "effect"
import {
  Account,
  defaultAccountKey,
  FlowId,
  SessionDraft,
  SessionStore,
  SessionStoreMemory,
  type SlotWrite,
  Tokens
} from "../../../src/index.ts"

const program = Effect.gen(function*() {
  const { read, write } = yield* SessionStore
  const now = yield* DateTime.now
  const signedIn: SlotWrite = {
    _tag: "SignedIn",
    draft: new SessionDraft({
      account: new Account({ email: "ada@example.com" }),
      tokens: new Tokens({
        accessToken: Redacted.make("secret"),
        issuedAt: now,
        expiresAt: DateTime.add(now, { hours: 1 })
      }),
      grantedScopes: ["email"],
      clientId: "my-client",
      flowId: FlowId.make("flow-1"),
      signedInAt: now
    })
  }
  const { generation } = yield* read(defaultAccountKey)
  const written = yield* write(defaultAccountKey, generation, signedIn)
  yield* Console.log(`${written.state._tag} at ${written.generation}`) // → SignedIn at 1

  const late = yield* Effect.flip(write(defaultAccountKey, generation, signedIn))
  yield* Console.log(late.message) // → The slot is at generation 1, the write expected 0.
})

await Effect.runPromise(Effect.provide(program, SessionStoreMemory.layer))
