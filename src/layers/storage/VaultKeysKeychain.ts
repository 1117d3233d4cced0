/**
 * `VaultKeys` in the keychain of the operating system: one key per data directory.
 */
import { Cache, Effect, Exit, Layer, Option, type Redacted, Ref } from "effect"
import { SecureRandom } from "effect/crypto"
import { DataDirectory } from "../../services/storage/DataDirectory.ts"
import { Keychain, KeychainUnavailable } from "../../services/storage/Keychain.ts"
import { StoreUnavailable } from "../../services/storage/SessionStore.ts"
import { keyBytes, type VaultKey, VaultKeys } from "../../services/storage/VaultKeys.ts"
import { decode, encode, redact } from "./VaultKeyText.ts"

/** What a keychain that works needs is a fraction of this; one that waits for a person must not hold up a tool call. */
const patience = "3 seconds"

/** How long what the keychain said is believed. Asking it again is how a key another process has made comes to be known. */
const freshFor = "1 minute"

const unreachable = (cause: KeychainUnavailable) =>
  new StoreUnavailable({
    problem: `The system's keychain, which keeps the key of the stored sessions, cannot be used: ${cause.why}.`,
    remedy:
      "Unlock the keychain, or allow this program to use it, and try again; where there is none any more, sign out and in again.",
    cause
  })

const bounded = <A>(call: Effect.Effect<A, KeychainUnavailable>) =>
  call.pipe(
    Effect.timeoutOrElse({
      duration: patience,
      orElse: () => new KeychainUnavailable({ why: `it did not answer within ${patience}` })
    }),
    Effect.mapError(unreachable)
  )

const damaged = (directory: string) =>
  new StoreUnavailable({
    problem: `What the system's keychain keeps under mcp-gas for ${directory} is not a key.`,
    remedy: "Remove that entry from the keychain and sign in again."
  })

/** What it takes to keep a key in the keychain. */
export type Requirements = Keychain | DataDirectory | SecureRandom.SecureRandom

/**
 * Each call of the keychain is given up after 3 seconds. What it answered is believed for a minute; a key this process
 * knows is kept in use if the keychain is out of reach by then, so that one that locks itself does not end a session.
 *
 * A keychain cannot write only if nothing is there. A process that finds no key writes one, reads back, and uses what it
 * reads: all processes end up with the key of the last writer, within a minute. What one of them has sealed with a key
 * that was overwritten in between does not open any more, and costs a sign-in; it takes two processes that make the first
 * key within the same fraction of a second. Within a process there is no such moment.
 */
export const make: Effect.Effect<VaultKeys["Service"], never, Requirements> = Effect.gen(function*() {
  const keychain = yield* Keychain
  const directory = yield* DataDirectory
  const random = yield* SecureRandom.SecureRandom
  const account = directory.path
  const known = yield* Ref.make(Option.none<VaultKey>())

  const understand = (text: Option.Option<Redacted.Redacted<string>>) => {
    const bytes = Option.flatMap(text, decode)
    if (Option.isSome(text) && Option.isNone(bytes)) return Effect.fail(damaged(account))
    return Effect.succeed(Option.map(bytes, (key): VaultKey => ({ keeper: "keychain", bytes: key })))
  }

  const ask = bounded(keychain.get(account)).pipe(
    Effect.matchEffect({
      onSuccess: (text) => Effect.tap(understand(text), (found) => Ref.set(known, found)),
      onFailure: (error) => Effect.filterOrFail(Ref.get(known), Option.isSome, () => error)
    })
  )

  const answers = yield* Cache.makeWith((_account: string) => ask, {
    capacity: 1,
    timeToLive: (exit) => Exit.isSuccess(exit) && Option.isSome(exit.value) ? freshFor : 0
  })
  const look = Cache.get(answers, account)

  const write = Effect.gen(function*() {
    const bytes = redact(yield* random.randomBytes(keyBytes))
    yield* bounded(keychain.set(account, encode(bytes)))
    // Asked anew: somebody else's look may be under way, and have begun before the key was written.
    const found = yield* ask
    if (Option.isNone(found)) {
      return yield* unreachable(new KeychainUnavailable({ why: "it does not keep what it is given" }))
    }
    yield* Cache.set(answers, account, found)
    return found.value
  })

  /** Never kept: there so that callers who come while a key is made, or while nothing answers, wait together. */
  const makings = yield* Cache.makeWith(
    (_account: string) => Effect.flatMap(look, Option.match({ onSome: Effect.succeed, onNone: () => write })),
    { capacity: 1, timeToLive: () => 0 }
  )

  return VaultKeys.of({
    current: Effect.withSpan(Cache.get(makings, account), "VaultKeys.current"),
    find: (keeper) => keeper === "keychain" ? look : Effect.succeedNone,
    keeper: Effect.as(look, "keychain" as const)
  })
})

/** Provides `VaultKeys`; needs `Keychain`, `DataDirectory` and `SecureRandom`; finalizes nothing. See `make`. */
export const layer: Layer.Layer<VaultKeys, never, Requirements> = Layer.effect(VaultKeys, make)
