import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Option, Redacted } from "effect"
import { inspect } from "node:util"
import { ClientMisconfigured, ConfigProblem } from "../../../src/services/config/Config.ts"
import { ownClient, SessionDraft } from "../../../src/services/sign-in/Session.ts"
import { Sessions } from "../../../src/services/sign-in/Sessions.ts"
import { ada, draft, generation, grant, signIn, tokensOf } from "../../support/sessionData.ts"
import { layer, OtherProcess, Provider } from "../../support/sessionHarness.ts"

const imported = { clientId: "another client", ownSecret: "hush-hush" } as const
const itself = { clientId: "another client", clientSecret: "hush-hush" }

/** A session of a client that is not the configured one, whose access token has a minute left. */
const expiring = (options: Parameters<typeof signIn>[0] = imported) =>
  OtherProcess.use(({ write }) => write(ada, generation(0), signIn({ minutes: 1, ...options })))

describe("Sessions: a session that brings its own client", () => {
  it.effect("is renewed as that client, again and again, whatever client is configured", () =>
    Effect.gen(function*() {
      const { fresh } = yield* Sessions
      const provider = yield* Provider
      yield* expiring()
      yield* provider.answersInTurn(
        Effect.succeed(grant({ minutes: 2, refreshToken: "refresh-2", clientId: imported.clientId })),
        Effect.succeed(grant({ accessToken: "access-3", minutes: 180, clientId: imported.clientId }))
      )
      const session = yield* fresh(ada)
      assert.deepInclude(session, { clientId: imported.clientId, generation: generation(2) })
      assert.deepStrictEqual(ownClient(session), ownClient(draft(imported)))
      const { accessToken } = session.tokens
      yield* Sessions.use(({ invalidate }) => invalidate(ada, accessToken))
      assert.deepStrictEqual(ownClient(yield* fresh(ada)), ownClient(draft(imported)))
      assert.deepStrictEqual(yield* provider.refreshed, ["refresh-1", "refresh-2"])
      assert.deepStrictEqual(yield* provider.clients, [itself, itself])
    }).pipe(Effect.provide(layer)))

  it.effect("is renewed as that client where it is the configured one, too, and where it has no secret", () =>
    Effect.gen(function*() {
      const provider = yield* Provider
      yield* expiring({ clientId: "a client", ownSecret: null })
      yield* Sessions.use(({ fresh }) => fresh(ada))
      assert.deepStrictEqual(yield* provider.clients, [{ clientId: "a client", clientSecret: undefined }])
    }).pipe(Effect.provide(layer)))

  it.effect("is renewed where no client is configured at all", () =>
    Effect.gen(function*() {
      const provider = yield* Provider
      yield* provider.clientIsNot(
        new ClientMisconfigured({
          problems: [new ConfigProblem({ where: "here", problem: "There is none.", remedy: "Get one." })]
        })
      )
      yield* expiring()
      assert.strictEqual(
        Redacted.value(yield* Sessions.use(({ accessToken }) => accessToken(ada))),
        "access-2"
      )
    }).pipe(Effect.provide(layer)))

  it.effect("is revoked as that client by a sign-out", () =>
    Effect.gen(function*() {
      const provider = yield* Provider
      yield* OtherProcess.use(({ write }) => write(ada, generation(0), signIn(imported)))
      const { revoke } = yield* Sessions.use(({ signOut }) => signOut(ada))
      assert.deepStrictEqual(yield* revoke, Option.some(true))
      assert.strictEqual(yield* provider.revoked, "refresh-1")
      assert.deepStrictEqual(yield* provider.clients, [itself])
    }).pipe(Effect.provide(layer)))

  it.effect("is revoked as that client when a sign-out comes during its renewal", () =>
    Effect.gen(function*() {
      const { fresh, signOut } = yield* Sessions
      const provider = yield* Provider
      yield* expiring()
      const held = yield* provider.hold
      const caller = yield* Effect.forkChild(fresh(ada))
      yield* held.arrived
      yield* signOut(ada)
      yield* held.answer(Effect.succeed(grant({ refreshToken: "refresh-2", clientId: imported.clientId })))
      assert.deepInclude(yield* Effect.flip(Fiber.join(caller)), { _tag: "SignInRequired", reason: "signed_out" })
      assert.strictEqual(yield* provider.revoked, "refresh-2")
      assert.deepStrictEqual(yield* provider.clients, [itself, itself])
    }).pipe(Effect.provide(layer)))

  it.effect("gives way to a sign-in, which is the configured client's again", () =>
    Effect.gen(function*() {
      const { establish, fresh, slot } = yield* Sessions
      const provider = yield* Provider
      const store = yield* OtherProcess
      yield* expiring()
      const signedIn = new SessionDraft({ ...draft({ accessToken: "access-new", minutes: 1 }) })
      yield* establish(yield* slot(ada), signedIn)
      assert.deepStrictEqual(tokensOf(yield* store.read(ada)), { access: "access-new", refresh: "refresh-1" })
      yield* fresh(ada)
      assert.deepStrictEqual(yield* provider.clients, [undefined])
    }).pipe(Effect.provide(layer)))

  it.effect("prints nothing of its client's secret", () =>
    Effect.gen(function*() {
      yield* expiring()
      const slot = yield* OtherProcess.use(({ read }) => read(ada))
      const session = yield* Sessions.use(({ fresh }) => fresh(ada))
      for (const what of [slot, session, session.tokens, ownClient(session)]) {
        assert.notInclude(inspect(what, { depth: 20, showHidden: true }) + JSON.stringify(what), "hush-hush")
      }
    }).pipe(Effect.provide(layer)))
})
