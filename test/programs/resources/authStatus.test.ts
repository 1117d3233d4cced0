import { assert, describe, it } from "@effect/vitest"
import { ResourceUpdatedNotificationSchema } from "@modelcontextprotocol/sdk/types.js"
import { Context, Effect, type Layer, Queue, Schema, Stream } from "effect"
import { TestClock } from "effect/testing"
import { AuthStatus, authStatus } from "../../../src/programs/resources/authStatus.ts"
import { AccountKey } from "../../../src/services/sign-in/AccountKey.ts"
import { AuthEvents } from "../../../src/services/sign-in/AuthEvents.ts"
import { DefaultAccount } from "../../../src/services/sign-in/DefaultAccount.ts"
import { Generation } from "../../../src/services/sign-in/Session.ts"
import { SessionStore, type SlotWrite } from "../../../src/services/storage/SessionStore.ts"
import * as FakeProvider from "../../support/fakeProvider.ts"
import * as GasAuth from "../../support/gasAuthInMemory.ts"
import { get } from "../../support/loopbackClient.ts"
import { signIn } from "../../support/sessionData.ts"
import { watching } from "../../support/sessionStreams.ts"

const uri = "gas://auth/status"
const decode = Schema.decodeUnknownSync(Schema.fromJsonString(AuthStatus), { onExcessProperty: "error" })

/** A client that may look at the resource, and hear of its changes. */
const looking = Effect.gen(function*() {
  const server = yield* GasAuth.connect({})
  const { client } = server
  const updates = yield* Queue.unbounded<string>()
  client.setNotificationHandler(
    ResourceUpdatedNotificationSchema,
    ({ params }) => void Queue.offerUnsafe(updates, params.uri)
  )
  const text = Effect.map(
    Effect.promise(() => client.readResource({ uri })),
    ({ contents: [content] }) => content !== undefined && "text" in content ? content.text : assert.fail("no text")
  )
  const status = Effect.map(text, decode)
  const stateOf = (key: string) =>
    Effect.map(status, ({ accounts }) => accounts.find((account) => account.key === key)?.state)
  return {
    ...server,
    updates,
    text,
    status,
    subscribe: Effect.promise(() => client.subscribeResource({ uri })),
    /** Returns when the client has been told of a change, and finds the account in this state. */
    becomes: (key: string, state: string) =>
      Effect.repeat(Effect.andThen(Queue.take(updates), stateOf(key)), { until: (now) => now === state })
  }
})

/** Writes the first word on an account, as another process would. */
const put = (write: SlotWrite) =>
  SessionStore.use((store) => store.write(AccountKey.make("work"), Generation.make(0), write))

type Services = Layer.Success<ReturnType<typeof GasAuth.layer>>

/** Watches the changes themselves, by the test's clock, from their first element on. */
const changesSeen = Effect.fnUntraced(function*(
  having: (services: Context.Context<Services>) => Context.Context<Services> = (services) => services
) {
  const services = having(yield* Effect.context<Services>())
  const seen = yield* watching(Stream.provideContext(authStatus.changes, services))
  yield* TestClock.adjust("50 millis")
  assert.strictEqual((yield* Queue.takeAll(seen)).length, 1)
  return seen
})

/** As a process hears it that has no part in what happens. */
const hearsNoEvents = Context.add(AuthEvents, { publish: () => Effect.void, subscribe: Effect.succeed(Stream.never) })

const begin = { account: "work", waitForCompletion: false, openBrowser: false }

describe("gas://auth/status", () => {
  it.effect("tells what gas_accounts tells", () =>
    Effect.gen(function*() {
      const { accounts, auth, status } = yield* looking
      yield* auth({ ...begin, account: "default" })
      assert.deepStrictEqual(
        (yield* status).accounts.map(({ flow: _flow, ...standing }) => ({ ...standing })),
        (yield* Schema.decodeUnknownEffect(AuthStatus)((yield* accounts()).output)).accounts.map((each) => ({
          ...each
        }))
      )
    }).pipe(Effect.provide(GasAuth.layer())))

  it.effect("tells of a sign-in that is under way, also of an account that was never used, all but its address", () =>
    Effect.gen(function*() {
      const { auth, status, text } = yield* looking
      assert.deepStrictEqual(yield* status, {
        defaultAccount: AccountKey.make("default"),
        accounts: [{ key: AccountKey.make("default"), isDefault: true, state: "never" }]
      })
      const { output } = yield* auth(begin)
      assert.deepStrictEqual((yield* status).accounts[1], {
        key: AccountKey.make("work"),
        isDefault: false,
        state: "signing_in",
        flow: {
          flowId: String(output["flowId"]),
          expiresAt: String(output["expiresAt"]),
          redirectUri: String(output["redirectUri"]),
          shown: "not_asked",
          next: "Call gas_auth with account \"work\": it joins this sign-in, and has its address."
        }
      })
      const address = new URL(String(output["authUrl"]))
      const told = yield* text
      for (const secret of [address.origin, address.searchParams.get("state") ?? assert.fail("no state")]) {
        assert.notInclude(told, secret)
      }
    }).pipe(Effect.provide(GasAuth.layer())))

  it.effect("holds no token", () =>
    Effect.gen(function*() {
      const { status, text } = yield* looking
      yield* put(signIn())
      assert.strictEqual((yield* status).accounts[1]?.state, "signed_in")
      const told = yield* text
      assert.include(told, "ada@example.com")
      assert.notMatch(told, /access-1|refresh-1/)
    }).pipe(Effect.provide(GasAuth.layer())))
})

describe("who has subscribed to gas://auth/status", () => {
  it.live("hears of a sign-in that begins, of how it ends, and of a sign-out", () =>
    Effect.gen(function*() {
      const { auth, becomes, subscribe } = yield* looking
      yield* subscribe
      const { output } = yield* auth(begin)
      yield* becomes("work", "signing_in")
      yield* get(FakeProvider.consented({ authorizationUrl: String(output["authUrl"]) }))
      yield* becomes("work", "signed_in")
      yield* auth({ account: "work", mode: "logout" })
      yield* becomes("work", "signed_out")
      yield* auth(begin)
      yield* becomes("work", "signing_in")
      yield* auth({ account: "work", mode: "cancel" })
      yield* becomes("work", "signed_out")
    }).pipe(Effect.provide(GasAuth.layer())))

  it.live("hears of what another process stores, and of the account that is chosen to be the default", () =>
    Effect.gen(function*() {
      const { accounts, becomes, status, subscribe, updates } = yield* looking
      yield* subscribe
      yield* put(signIn({ minutes: 100_000_000 }))
      yield* becomes("work", "signed_in")
      yield* accounts({ defaultAccount: "work" })
      yield* Effect.repeat(Effect.andThen(Queue.take(updates), status), {
        until: ({ defaultAccount }) => defaultAccount === "work"
      })
    }).pipe(Effect.provide(GasAuth.layer())))
})

describe("the changes of gas://auth/status", () => {
  it.effect("are told within a tenth of a second, and once for what happens together", () =>
    Effect.gen(function*() {
      const seen = yield* changesSeen()
      yield* put(signIn({ minutes: 60 }))
      yield* TestClock.adjust("10 millis")
      yield* SessionStore.use(({ tombstone }) => tombstone(AccountKey.make("work")))
      yield* TestClock.adjust("100 millis")
      assert.strictEqual(yield* Queue.size(seen), 1)
    }).pipe(Effect.provide(GasAuth.layer())))

  it.effect("are not told where nothing has changed, nor looked for more than a few times", () =>
    Effect.gen(function*() {
      let looks = 0
      const seen = yield* changesSeen((services) => {
        const store = Context.get(services, SessionStore)
        return Context.add(services, SessionStore, {
          ...store,
          list: Effect.tap(store.list, () => Effect.sync(() => looks++))
        })
      })
      const { publish } = yield* AuthEvents
      looks = 0
      yield* Effect.repeat(publish({ _tag: "SignedOut", key: AccountKey.make("work") }), { times: 99 })
      yield* TestClock.adjust("1 second")
      assert.strictEqual(yield* Queue.size(seen), 0)
      assert.isAtLeast(looks, 1)
      assert.isAtMost(looks, 4)
    }).pipe(Effect.provide(GasAuth.layer())))

  it.effect("are told of sign-ins that begin and end in another process", () =>
    Effect.gen(function*() {
      const { auth } = yield* looking
      const seen = yield* changesSeen(hearsNoEvents)
      for (const args of [begin, { account: "work", mode: "cancel" }]) {
        yield* auth(args)
        yield* TestClock.adjust("100 millis")
        assert.strictEqual((yield* Queue.clear(seen)).length, 1)
      }
    }).pipe(Effect.provide(GasAuth.layer())))

  it.effect("are told within some two seconds of another default account", () =>
    Effect.gen(function*() {
      const seen = yield* changesSeen(hearsNoEvents)
      yield* DefaultAccount.use(({ choose }) => choose(AccountKey.make("work")))
      yield* TestClock.adjust("1100 millis")
      assert.strictEqual(yield* Queue.size(seen), 1)
    }).pipe(Effect.provide(GasAuth.layer())))

  it.effect("are told within six seconds where nothing says so: a session whose time is up", () =>
    Effect.gen(function*() {
      yield* put(signIn({ minutes: 1, refreshToken: null }))
      const seen = yield* changesSeen()
      yield* TestClock.adjust("59 seconds")
      assert.strictEqual(yield* Queue.size(seen), 0)
      yield* TestClock.adjust("7 seconds")
      assert.strictEqual(yield* Queue.size(seen), 1)
    }).pipe(Effect.provide(GasAuth.layer())))
})
