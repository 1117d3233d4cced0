import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Layer, Option, Redacted } from "effect"
import { TestClock } from "effect/testing"
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { inspect } from "node:util"
import type { Imported, ImportedSignIn } from "../../../src/services/importing/Imports.ts"
import { LocalGoogle } from "../../../src/services/local-google/LocalGoogle.ts"
import { AccountKey } from "../../../src/services/sign-in/AccountKey.ts"
import { ownClient } from "../../../src/services/sign-in/Session.ts"
import { Sessions } from "../../../src/services/sign-in/Sessions.ts"
import { SessionStore } from "../../../src/services/storage/SessionStore.ts"
import * as World from "../../support/importWorld.ts"
import { watched } from "../../support/providerCanaries.ts"

interface Tokens {
  readonly access: string
  readonly refresh: string
}

const secretOf = ({ clientSecret }: typeof World.other | typeof World.secretless) =>
  Option.getOrUndefined(Option.map(clientSecret, Redacted.value))

const authorizedUser = ({ refresh }: Tokens, client: typeof World.other | typeof World.secretless = World.other) => ({
  type: "authorized_user",
  client_id: client.clientId,
  client_secret: secretOf(client),
  refresh_token: refresh
})

/** A file of each kind that holds a sign-in. */
const kinds = {
  "clasp 3": (tokens: Tokens) => ({ tokens: { default: { ...authorizedUser(tokens), access_token: tokens.access } } }),
  "clasp 2": (tokens: Tokens) => ({
    token: { access_token: tokens.access, refresh_token: tokens.refresh, scope: "openid", token_type: "Bearer" },
    oauth2ClientSettings: {
      clientId: World.other.clientId,
      clientSecret: secretOf(World.other),
      redirectUri: "http://localhost"
    },
    isLocalCreds: true
  }),
  "gcloud": (tokens: Tokens) => ({ ...authorizedUser(tokens), quota_project_id: "a-project" })
}

const signedIn = (imported: Imported): ImportedSignIn => {
  if (imported._tag !== "SignIn") return assert.fail(`imported a ${imported._tag}`)
  return imported
}

const inWorld = (options?: World.Options) => <A, E>(test: (home: string) => Effect.Effect<A, E, World.World>) =>
  Effect.flatMap(World.home, (home) => Effect.provide(test(home), World.layerAt(home, options))).pipe(
    Effect.provide(Layer.provideMerge(Layer.effectDiscard(shortLived), World.layerGoogle))
  )

/** The store is looked at a few times a second meanwhile, so that it should not take hours. */
const expires = TestClock.adjust("61 seconds")
const shortLived = LocalGoogle.use(({ change }) => change({ accessTokenSeconds: 60 }))

const slotOf = (key = World.work) => SessionStore.use(({ read }) => read(key))

describe("Imports: a sign-in", () => {
  for (const [kind, file] of Object.entries(kinds)) {
    it.effect(`of a ${kind} file works from then on as the client it was issued to, while another one is configured`, () =>
      inWorld()(() =>
        Effect.gen(function*() {
          const google = yield* LocalGoogle
          const tokens = yield* World.signedInElsewhere()
          const { isFileVoid, issuedTo, missingScopes, session } = signedIn(yield* World.importing(file(tokens)))
          assert.deepStrictEqual([isFileVoid, issuedTo, session.key], [false, World.other.clientId, World.work])
          assert.deepInclude({ ...session.account }, { email: "ada@example.com", name: "Ada Lovelace" })
          assert.include(session.grantedScopes, "https://www.googleapis.com/auth/script.projects")
          assert.deepStrictEqual(missingScopes, [
            "https://www.googleapis.com/auth/script.deployments",
            "https://www.googleapis.com/auth/drive.metadata.readonly"
          ])
          assert.notStrictEqual(World.other.clientId, google.clientId)
          assert.strictEqual((yield* google.counts).refreshes, 1)

          const { accessToken, signOut } = yield* Sessions
          const first = Redacted.value(yield* accessToken(World.work))
          yield* expires
          assert.notStrictEqual(Redacted.value(yield* accessToken(World.work)), first)
          assert.strictEqual((yield* google.counts).refreshes, 2)
          const { revoke } = yield* signOut(World.work)
          assert.deepStrictEqual(yield* revoke, Option.some(true))
          assert.strictEqual((yield* Effect.flip(World.importing(file(tokens))))._tag, "ImportRefused")
        })
      ))
  }

  it.effect("of a client without a secret is taken as it is, where the provider takes it", () =>
    inWorld()(() =>
      Effect.gen(function*() {
        const tokens = yield* World.signedInElsewhere(World.secretless)
        const file = { tokens: { default: authorizedUser(tokens, World.secretless) } }
        const { session } = signedIn(yield* World.importing(file))
        assert.deepStrictEqual(ownClient(session), World.secretless)
      })
    ))

  it.effect("needs no client to be configured, and is there for the next program that opens the store", () =>
    Effect.gen(function*() {
      const home = yield* World.home
      const tokens = yield* World.signedInElsewhere()
      yield* shortLived
      yield* Effect.provide(World.importing(kinds.gcloud(tokens)), World.layerAt(home, { env: {} }))
      yield* expires
      const token = yield* Effect.provide(
        Sessions.use(({ accessToken }) => accessToken(World.work)),
        World.layerAt(home, { env: {} })
      )
      assert.notStrictEqual(Redacted.value(token), tokens.access)
    }).pipe(Effect.provide(World.layerGoogle)))

  it.effect("counts as signed in from the import on, by a sign-in of its own", () =>
    inWorld()(() =>
      Effect.gen(function*() {
        yield* TestClock.adjust("3 days")
        const tokens = yield* World.signedInElsewhere()
        const one = signedIn(yield* World.importing(kinds.gcloud(tokens))).session
        assert.strictEqual(one.signedInAt.epochMilliseconds, 3 * 24 * 3_600_000)
        const two = signedIn(yield* World.importing(kinds.gcloud(tokens), { replace: true })).session
        assert.notStrictEqual(one.flowId, two.flowId)
      })
    ))

  it.effect("of which the refresh token is replaced makes the file void, and the answer says so", () =>
    inWorld({ rotates: true })(() =>
      Effect.gen(function*() {
        const tokens = yield* World.signedInElsewhere()
        const { isFileVoid, session } = signedIn(yield* World.importing(kinds.gcloud(tokens)))
        assert.isTrue(isFileVoid)
        const { refreshToken } = session.tokens
        assert.notStrictEqual(refreshToken && Redacted.value(refreshToken), tokens.refresh)
        yield* expires
        yield* Sessions.use(({ accessToken }) => accessToken(World.work))
      })
    ))

  it.effect("is stored although whoever asked for it has left: the provider has spent the token in the file", () =>
    inWorld({ rotates: true })(() =>
      Effect.gen(function*() {
        const tokens = yield* World.signedInElsewhere()
        const importing = yield* World.held(World.importing(kinds.gcloud(tokens)))
        const leaving = yield* Effect.forkChild(Fiber.interrupt(importing), { startImmediately: true })
        yield* LocalGoogle.use(({ heal }) => heal)
        yield* Fiber.join(leaving)
        assert.strictEqual((yield* slotOf()).state._tag, "SignedIn")
      })
    ))

  it.effect("leaves nothing in the clear in the data directory, and nothing of it in the answer", () =>
    inWorld()((home) =>
      Effect.gen(function*() {
        const tokens = yield* World.signedInElsewhere()
        const imported = yield* watched(World.importing(kinds.gcloud(tokens)))
        const { secrets } = yield* LocalGoogle
        const all = [...(yield* secrets).map(Redacted.value), secretOf(World.other) ?? "", tokens.refresh]
        const kept = readdirSync(home, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
          .map(({ name, parentPath }) => readFileSync(join(parentPath, name), "latin1")).join("\n")
        assert.include(kept, "ada@example.com")
        const shown = inspect(imported, { depth: 20, showHidden: true }) + JSON.stringify(imported)
        for (const secret of all) {
          assert.notInclude(kept, secret)
          assert.notInclude(shown, secret)
        }
      })
    ))
})

const refusal = (content: unknown, options: Parameters<typeof World.importing>[1] = {}) =>
  Effect.gen(function*() {
    const before = yield* slotOf(options.key)
    const error = yield* Effect.flip(World.importing(content, options))
    assert.deepStrictEqual(yield* slotOf(options.key), before)
    return error
  })

describe("Imports: a sign-in that is not taken", () => {
  it.effect("because somebody is signed in, is not even shown to the provider; it replaces him if asked to", () =>
    inWorld()(() =>
      Effect.gen(function*() {
        const google = yield* LocalGoogle
        const ada = yield* World.signedInElsewhere()
        const grace = yield* World.signedInElsewhere(World.other, { _tag: "Allow", email: "grace@example.com" })
        yield* World.importing(kinds.gcloud(ada))
        const error = yield* refusal(kinds.gcloud(grace))
        assert.strictEqual(error._tag, "ImportRefused")
        assert.include(error.message, "ada@example.com")
        assert.strictEqual((yield* google.counts).refreshes, 1)
        const { session } = signedIn(yield* World.importing(kinds.gcloud(grace), { replace: true }))
        assert.strictEqual(session.account.email, "grace@example.com")
      })
    ))

  it.effect("because the slot is named after another account", () =>
    inWorld()(() =>
      Effect.gen(function*() {
        const tokens = yield* World.signedInElsewhere()
        const error = yield* refusal(kinds.gcloud(tokens), { key: AccountKey.make("grace@example.com") })
        assert.strictEqual(error._tag, "ImportRefused")
        assert.strictEqual(
          error.message,
          "The sign-in in the file is ada@example.com's, and \"grace@example.com\" is for grace@example.com alone."
        )
        assert.include(error.remedy, "--account ada@example.com")
        yield* World.importing(kinds.gcloud(tokens), { key: AccountKey.make("Ada@Example.com") })
      })
    ))

  it.effect("because it was revoked, or its client is another one", () =>
    inWorld()(() =>
      Effect.gen(function*() {
        const google = yield* LocalGoogle
        const tokens = yield* World.signedInElsewhere()
        const wrong = { ...kinds.gcloud(tokens), client_secret: "canary-wrong-hush" }
        const unknown = yield* watched(refusal(wrong))
        assert.strictEqual(unknown._tag, "ClientMisconfigured")
        assert.include(unknown.message, World.other.clientId)
        assert.notInclude(unknown.message + unknown.remedy, "MCP_GAS")
        assert.notInclude(unknown.message + unknown.remedy, "canary-wrong-hush")
        yield* google.revokeGrants("ada@example.com")
        const revoked = yield* refusal(kinds.gcloud(tokens))
        assert.strictEqual(revoked._tag, "ImportRefused")
        assert.include(revoked.message, "revoked")
        assert.include(revoked.remedy, "gcloud")
      })
    ))

  for (const endpoint of ["token", "userinfo"] as const) {
    it.effect(`because the provider is away (${endpoint}), is taken once that is back`, () =>
      inWorld()(() =>
        Effect.gen(function*() {
          const google = yield* LocalGoogle
          const tokens = yield* World.signedInElsewhere()
          yield* google.fail(endpoint, { _tag: "Respond", status: 503, body: "busy" })
          assert.strictEqual((yield* refusal(kinds["clasp 3"](tokens)))._tag, "ProviderUnreachable")
          yield* google.heal
          signedIn(yield* World.importing(kinds["clasp 3"](tokens)))
        })
      ))
  }

  it.effect("after the provider has replaced its refresh token: the error says that the file is void", () =>
    inWorld({ rotates: true })(() =>
      Effect.gen(function*() {
        const google = yield* LocalGoogle
        const tokens = yield* World.signedInElsewhere()
        yield* google.fail("userinfo", { _tag: "Respond", status: 503, body: "busy" })
        const error = yield* refusal(kinds["clasp 3"](tokens))
        assert.strictEqual(error._tag, "ImportRefused")
        assert.include(error.message, "had replaced the refresh token")
        assert.include(error.remedy, "clasp login")
      })
    ))

  it.effect("where the answer to a refresh is lost and a token works once: the error says that it may be void", () =>
    inWorld({ rotates: true })(() =>
      Effect.gen(function*() {
        const google = yield* LocalGoogle
        const tokens = yield* World.signedInElsewhere()
        yield* google.fail("token", { _tag: "ResetAfter" })
        assert.include((yield* refusal(kinds["clasp 3"](tokens))).message, "may have replaced the refresh token")
      })
    ))

  it.effect("where not even the provider's addresses could be had, is not said to be void", () =>
    Effect.gen(function*() {
      const google = yield* LocalGoogle
      const tokens = yield* World.signedInElsewhere()
      yield* google.fail("discovery", { _tag: "ResetAfter" })
      const at = yield* World.home
      const importing = World.importing(kinds["clasp 3"](tokens))
      const error = yield* Effect.flip(Effect.provide(importing, World.layerAt(at, { rotates: true })))
      assert.strictEqual(error._tag, "ProviderUnreachable")
      yield* google.heal
      yield* Effect.provide(importing, World.layerAt(at, { rotates: true }))
    }).pipe(Effect.provide(World.layerGoogle)))

  it.effect("because of a sign-out meanwhile: nothing is stored, and what was issued is revoked", () =>
    inWorld()(() =>
      Effect.gen(function*() {
        const google = yield* LocalGoogle
        const store = yield* SessionStore
        const tokens = yield* World.signedInElsewhere()
        const error = yield* World.meanwhile(store.tombstone(World.work))(
          World.importing(kinds.gcloud(tokens))
        )
        assert.strictEqual(error._tag, "ImportRefused")
        assert.include(error.message, "signed out")
        assert.strictEqual((yield* slotOf()).state._tag, "SignedOut")
        assert.strictEqual((yield* google.counts).revocations, 1)
      })
    ))

  it.effect("because somebody has signed in meanwhile, leaves that sign-in and the grant alone", () =>
    inWorld()(() =>
      Effect.gen(function*() {
        const google = yield* LocalGoogle
        const tokens = yield* World.signedInElsewhere()
        const others = yield* World.signedInElsewhere()
        const error = yield* World.meanwhile(World.importing(kinds["clasp 3"](others)))(
          World.importing(kinds.gcloud(tokens))
        )
        assert.include(error.message, "already")
        assert.strictEqual((yield* slotOf()).generation, 1)
        assert.strictEqual((yield* google.counts).revocations, 0)
      })
    ))
})
