/**
 * What tests of vaults and their keys share: data directories, a keychain that does what the test says, and a look at
 * everything a secret could be printed by.
 */
import { NodeCrypto, NodeFileSystem, NodePath } from "@effect/platform-node"
import { Cause, Context, Effect, type Exit, FileSystem, Formatter, Layer, Option, Queue, Redacted, Ref } from "effect"
import { inspect } from "node:util"
import { redact } from "../../src/layers/storage/VaultKeyText.ts"
import { DataDirectory } from "../../src/services/storage/DataDirectory.ts"
import { Keychain, type KeychainUnavailable } from "../../src/services/storage/Keychain.ts"
import { type VaultKey } from "../../src/services/storage/VaultKeys.ts"

/** What the file system, the cryptography and the data directory at `path` (which is there) are made of. */
export const layerAt = (path: string) =>
  Layer.mergeAll(
    NodeFileSystem.layer,
    NodePath.layer,
    NodeCrypto.layerSecureRandom,
    NodeCrypto.layerAead,
    Layer.succeed(DataDirectory, { path, ready: Effect.void })
  )

/** An empty directory for the time of the test. */
export const temporary = Effect.flatMap(
  FileSystem.FileSystem,
  (fs) => fs.makeTempDirectoryScoped({ prefix: "mcp-gas-vault-" })
).pipe(Effect.provide(NodeFileSystem.layer))

export const keyOf = (keeper: VaultKey["keeper"], fill: number, length = 32): VaultKey => ({
  keeper,
  bytes: redact(new Uint8Array(length).fill(fill))
})

export const bytesOf = (key: VaultKey): ReadonlyArray<number> => Array.from(Redacted.value(key.bytes))

/** A keychain in memory, and what it was asked. */
export class FakeKeychain extends Context.Service<FakeKeychain, {
  readonly kept: Ref.Ref<ReadonlyMap<string, string>>
  /** Done before each call: to refuse, to hang, to change what is kept. */
  readonly before: Ref.Ref<(call: "get" | "set") => Effect.Effect<void, KeychainUnavailable>>
  /** Calls as they come, and when they are given up. */
  readonly calls: Queue.Queue<"get" | "set" | "given up">
}>()("mcp-gas/test/support/vaultKeys/FakeKeychain") {}

export const layerFakeKeychain = Layer.effectContext(
  Effect.gen(function*() {
    const kept = yield* Ref.make<ReadonlyMap<string, string>>(new Map())
    const before = yield* Ref.make<(call: "get" | "set") => Effect.Effect<void, KeychainUnavailable>>(() => Effect.void)
    const calls = yield* Queue.unbounded<"get" | "set" | "given up">()
    const called = (call: "get" | "set") =>
      Queue.offer(calls, call).pipe(
        Effect.andThen(Effect.flatMap(Ref.get(before), (act) => act(call))),
        Effect.onInterrupt(() => Queue.offer(calls, "given up"))
      )
    return Context.merge(
      Context.make(FakeKeychain, { kept, before, calls }),
      Context.make(Keychain, {
        get: (account) =>
          Effect.andThen(
            called("get"),
            Effect.map(Ref.get(kept), (all) =>
              Option.map(Option.fromUndefinedOr(all.get(account)), (it) => Redacted.make(it)))
          ),
        set: (account, secret) =>
          Effect.andThen(
            called("set"),
            Ref.update(kept, (all) => new Map(all).set(account, Redacted.value(secret)))
          )
      })
    )
  })
)

/** Everything an exit can be printed by. */
export const printed = <A, E>(exit: Exit.Exit<A, E>): ReadonlyArray<string> => [
  JSON.stringify(exit),
  String(exit),
  Formatter.format(exit),
  inspect(exit, { depth: 12, showHidden: true }),
  exit._tag === "Failure" ? Cause.pretty(exit.cause) : inspect(exit.value, { depth: 12, showHidden: true })
]
