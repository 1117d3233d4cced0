import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber } from "effect"
import * as Accounts from "../../src/programs/accounts.ts"
import { AuthFlows } from "../../src/services/sign-in/AuthFlows.ts"
import { SessionStore } from "../../src/services/storage/SessionStore.ts"
import * as FakeProvider from "../support/fakeProvider.ts"
import * as GasAuth from "../support/gasAuthInMemory.ts"
import { get } from "../support/loopbackClient.ts"
import { flowOf, work } from "../support/signIn.ts"

describe("the list of accounts", () => {
  it.live("has one whose first sign-in ends while the list is made", () =>
    Effect.gen(function*() {
      const flow = yield* AuthFlows.use(({ start }) => Effect.flatMap(start(work, { openBrowser: false }), flowOf))
      const waiting = yield* Effect.forkChild(flow.outcome)
      const store = yield* SessionStore
      const ending = Effect.orDie(Effect.andThen(get(FakeProvider.consented(flow)), Fiber.join(waiting)))
      const { accounts } = yield* Effect.provideService(Accounts.list, SessionStore, {
        ...store,
        list: Effect.tap(store.list, () => ending)
      })
      assert.deepInclude(accounts.map(({ key, state }) => ({ key, state })), { key: work, state: "signed_in" })
    }).pipe(Effect.provide(GasAuth.layer())))
})
