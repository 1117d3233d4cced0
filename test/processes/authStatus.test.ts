/**
 * `gas://auth/status` in real windows: what one does, the subscribers of all others hear of, and a subscription holds nobody
 * up.
 */
import { assert, describe, it } from "@effect/vitest"
import { Array, Duration, Effect, FileSystem, Order, Schema, Stream } from "effect"
import { AuthStatus } from "../../src/programs/resources/authStatus.ts"
import { LocalGoogle } from "../../src/services/local-google/LocalGoogle.ts"
import { Person } from "../../src/services/local-google/Person.ts"
import type { Started } from "../../src/services/tools/ServerProcess.ts"
import { auth, layer, makeHome, start, startWithGoogle, text } from "../support/signInProcess.ts"

const uri = "gas://auth/status"
const decode = Schema.decodeUnknownEffect(AuthStatus)

/** What the window tells of the default account. */
const told = Effect.fnUntraced(function*(window: Started) {
  const { accounts } = yield* Effect.flatMap(window.read(uri), decode)
  return accounts.find(({ isDefault }) => isDefault) ?? assert.fail("the default account is always there")
})

/** Waits for the next changes that the window tells of, until the account is in this state. */
const becomes = (window: Started, changes: Stream.Stream<void>, state: string) =>
  changes.pipe(
    Stream.mapEffect(() => told(window)),
    Stream.filter((account) => account.state === state),
    Stream.runHead,
    Effect.flatMap(Effect.fromOption)
  )

describe("a window that has subscribed", () => {
  it.live("hears of the sign-in of another window, which it can show, of its end, and of a sign-out", () =>
    Effect.gen(function*() {
      const person = yield* Person
      const google = yield* LocalGoogle
      const home = yield* makeHome
      const one = yield* startWithGoogle({ MCP_GAS_HOME: home })
      const other = yield* startWithGoogle({ MCP_GAS_HOME: home })
      const changes = yield* other.subscribe(uri)
      assert.strictEqual((yield* told(other)).state, "never")

      const begun = yield* auth(one, { waitForCompletion: false })
      const [heard, { flow }] = yield* Effect.timed(becomes(other, changes, "signing_in"))
      assert.isBelow(Duration.toMillis(heard), 1_000)
      for (const field of ["flowId", "redirectUri", "expiresAt"] as const) {
        assert.strictEqual(flow?.[field], text(begun, field))
      }
      // As the resource says: the address is to be had from the tool.
      assert.strictEqual(text(yield* auth(other, { waitForCompletion: false }), "authUrl"), text(begun, "authUrl"))
      const state = new URL(text(begun, "authUrl")).searchParams.get("state") ?? assert.fail("there is a state")
      assert.notInclude(JSON.stringify(yield* other.read(uri)), state)

      yield* Effect.flatMap(person.consent(text(begun, "authUrl"), { _tag: "Allow" }), person.visit)
      const signedIn = yield* becomes(other, changes, "signed_in")
      assert.isString(signedIn.email)
      assert.notProperty(signedIn, "flow")
      const asked = yield* google.counts
      yield* auth(one, { mode: "logout" })
      const [left] = yield* Effect.timed(becomes(other, changes, "signed_out"))
      assert.isBelow(Duration.toMillis(left), 1_000)
      // Nothing of this has asked the provider for more than the sign-in and the sign-out did.
      assert.deepInclude(yield* google.counts, { exchanges: asked.exchanges, refreshes: asked.refreshes })

      yield* other.endInput
      assert.deepStrictEqual(yield* other.ended, { code: 0, signal: null })
      assert.notInclude(yield* other.stderr, "cannot be watched")
    }).pipe(Effect.provide(layer)))

  it.live("makes no file, and is gone within 100 ms of its stdin ending, in the middle of three", () =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const millis = yield* Effect.forEach(Array.range(1, 3), () =>
        Effect.scoped(Effect.gen(function*() {
          const parent = yield* fs.makeTempDirectoryScoped()
          const server = yield* start({ HOME: parent, MCP_GAS_HOME: `${parent}/home` })
          yield* Effect.asVoid(server.subscribe(uri))
          yield* server.read(uri)
          const [took] = yield* Effect.timed(Effect.andThen(server.endInput, server.ended))
          assert.deepStrictEqual(yield* server.ended, { code: 0, signal: null })
          assert.deepStrictEqual(yield* fs.readDirectory(parent), [])
          return took
        })))
      const median = millis.map(Duration.toMillis).toSorted(Order.Number)[1] ?? Number.NaN
      assert.isBelow(median, 100)
    }).pipe(Effect.provide(layer)))
})
