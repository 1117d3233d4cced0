/**
 * A process that asks for the key of each data directory it is told on stdin, one line each, and answers with it. The tests
 * start several, so it loads nothing it does not need.
 */
import * as NodeCrypto from "@effect/platform-node/NodeCrypto"
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import * as NodePath from "@effect/platform-node/NodePath"
import { Effect, Layer, Redacted } from "effect"
import process from "node:process"
import { createInterface } from "node:readline"
import * as VaultKeysFile from "../../src/layers/storage/VaultKeysFile.ts"
import { encode } from "../../src/layers/storage/VaultKeyText.ts"
import { DataDirectory } from "../../src/services/storage/DataDirectory.ts"
import { VaultKeys } from "../../src/services/storage/VaultKeys.ts"

const answer = (path: string) =>
  Effect.flatMap(VaultKeys, (keys) => keys.current).pipe(
    Effect.match({ onSuccess: (key) => Redacted.value(encode(key.bytes)), onFailure: (error) => error.message }),
    Effect.provide(VaultKeysFile.layer.pipe(
      Layer.provide([
        NodeFileSystem.layer,
        NodePath.layer,
        NodeCrypto.layerSecureRandom,
        Layer.succeed(DataDirectory, { path, ready: Effect.void })
      ])
    ))
  )

process.stdout.write("ready\n")
for await (const path of createInterface({ input: process.stdin })) {
  process.stdout.write(`${await Effect.runPromise(answer(path))}\n`)
}
