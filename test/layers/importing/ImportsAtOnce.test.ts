/**
 * One sign-in of another program that is imported more than once, at the same time or later, by programs that share a data
 * directory: it is sent to the provider by one of them at a time, and a refresh token that was replaced never again.
 */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Fiber, Option, Redacted } from "effect"
import { TestClock } from "effect/testing"
import { createHash } from "node:crypto"
import type { ImportOptions } from "../../../src/services/importing/Imports.ts"
import { LocalGoogle } from "../../../src/services/local-google/LocalGoogle.ts"
import { AccountKey } from "../../../src/services/sign-in/AccountKey.ts"
import { Sessions } from "../../../src/services/sign-in/Sessions.ts"
import { Leases } from "../../../src/services/storage/Leases.ts"
import * as World from "../../support/importWorld.ts"
import { nextTurns } from "../../support/loopbackClient.ts"

const play = AccountKey.make("play")

/** The file of a program that was just signed in with. */
const written = Effect.map(World.signedInElsewhere(), ({ refresh }) => ({
  type: "authorized_user",
  client_id: World.other.clientId,
  client_secret: Option.getOrUndefined(Option.map(World.other.clientSecret, Redacted.value)),
  refresh_token: refresh
}))

/** A program of its own at this data directory. */
const program = (at: string, rotates: boolean) => <A, E>(run: Effect.Effect<A, E, World.World>) =>
  Effect.provide(run, World.layerAt(at, { rotates }), { local: true })

const importing = (content: unknown, options: Partial<ImportOptions> = {}) =>
  World.importing(content, options, `${options.key ?? World.work}.json`)

/** Has one program come in while the other has its tokens, and has not stored them. */
const twoAtOnce = (rotates: boolean, second: Partial<ImportOptions>) =>
  Effect.gen(function*() {
    const google = yield* LocalGoogle
    const at = yield* World.home
    const file = yield* written
    const one = yield* World.held(program(at, rotates)(importing(file)))
    const other = yield* Effect.forkChild(program(at, rotates)(importing(file, second)))
    // Time enough for it to get where it should not.
    for (let turn = 0; turn < 100; turn++) yield* nextTurns
    const { refreshes } = yield* google.counts
    yield* google.heal
    return { at, file, refreshes, first: yield* Fiber.await(one), second: yield* Fiber.await(other) }
  })

/** The session is renewed as any other: the provider has ended nothing. */
const renewed = (key = World.work) =>
  Effect.gen(function*() {
    const { accessToken, invalidate } = yield* Sessions
    const token = yield* accessToken(key)
    yield* invalidate(key, token)
    assert.notStrictEqual(Redacted.value(yield* accessToken(key)), Redacted.value(token))
  })

describe("Imports of one sign-in at once", () => {
  for (const key of [World.work, play]) {
    it.live(`whose refresh token is replaced: one has it, the other (${key}) sends nothing and is told where it is`, () =>
      Effect.gen(function*() {
        const { at, first, refreshes, second } = yield* twoAtOnce(true, { key, replace: true })
        assert.isTrue(Exit.isSuccess(first))
        assert.strictEqual(refreshes, 1)
        const error = yield* Effect.flip(second)
        assert.strictEqual(error._tag, "ImportRefused")
        assert.include(error.message, "has been imported already, as \"work\" (ada@example.com)")
        assert.include(error.message, "the one in the file void")
        assert.strictEqual((yield* LocalGoogle.use(({ counts }) => counts)).refreshes, 1)
        yield* program(at, true)(renewed())
      }).pipe(Effect.provide(World.layerGoogle)))
  }

  it.live("whose refresh token stays: the slot has it once, another slot may have it, too", () =>
    Effect.gen(function*() {
      const { at, file, first, refreshes, second } = yield* twoAtOnce(false, {})
      assert.isTrue(Exit.isSuccess(first))
      assert.strictEqual(refreshes, 1)
      const { message } = yield* Effect.flip(second)
      assert.strictEqual(message, "The sign-in in the file has been imported already, as \"work\" (ada@example.com).")
      yield* program(at, false)(Effect.andThen(importing(file, { key: play }), renewed(play)))
    }).pipe(Effect.provide(World.layerGoogle)))

  it.live("of different files, none waits for the other", () =>
    Effect.gen(function*() {
      const at = yield* World.home
      const [one, other] = [yield* written, yield* written]
      const held = yield* World.held(program(at, true)(importing(one)))
      yield* program(at, true)(importing(other, { key: play }))
      yield* LocalGoogle.use(({ heal }) => heal)
      yield* Fiber.join(held)
    }).pipe(Effect.provide(World.layerGoogle)))
})

describe("Imports of one sign-in again", () => {
  it.live("a file that is void is known as such, however often its session was renewed since, and is not sent", () =>
    Effect.gen(function*() {
      const at = yield* World.home
      const file = yield* written
      yield* program(at, true)(Effect.andThen(importing(file), renewed()))
      const google = yield* LocalGoogle
      const { refreshes } = yield* google.counts
      for (const options of [{}, { replace: true }, { key: play }]) {
        const error = yield* Effect.flip(program(at, true)(importing(file, options)))
        assert.include(error.message, "has been imported already, as \"work\"")
        assert.include(error.remedy, "use it as \"work\"")
      }
      assert.strictEqual((yield* google.counts).refreshes, refreshes)
      yield* program(at, true)(renewed())
    }).pipe(Effect.provide(World.layerGoogle)))

  it.effect("while another import of it does not end: nothing is sent, and after a minute that is said", () =>
    Effect.gen(function*() {
      const at = yield* World.home
      const file = yield* written
      const mark = createHash("sha256").update(file.refresh_token).digest("hex").slice(0, 32)
      yield* program(at, true)(
        Effect.gen(function*() {
          yield* Leases.use(({ hold }) => hold(`import ${mark}`))
          const waiting = yield* Effect.forkChild(Effect.flip(importing(file)))
          while (waiting.pollUnsafe() === undefined) {
            yield* TestClock.adjust("1 second")
            yield* nextTurns
          }
          const { message } = yield* Fiber.join(waiting)
          assert.include(message, "has been under way for 60 seconds")
        }).pipe(Effect.scoped)
      )
      assert.strictEqual((yield* LocalGoogle.use(({ counts }) => counts)).refreshes, 0)
    }).pipe(Effect.provide(World.layerGoogle)))
})
