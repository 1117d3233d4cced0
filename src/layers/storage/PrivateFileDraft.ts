/**
 * A private file before it has its name: whoever reads under that name reads all of the new file, or all of the old.
 */
import { Effect, FileSystem, type PlatformError } from "effect"
import { SecureRandom } from "effect/crypto"
import { Hex } from "effect/encoding"
import * as PrivateFile from "./PrivateFile.ts"

export interface PrivateFileDraft {
  /**
   * Writes a file with this content beside `path`, under a name of its own, to the disk, and gives that name to `use`, which
   * links it or renames it. Whatever is left under that name then is removed.
   */
  readonly use: <A, E>(
    path: string,
    content: Uint8Array,
    use: (name: string) => Effect.Effect<A, E>
  ) => Effect.Effect<A, E | PlatformError.PlatformError>
}

export const make: Effect.Effect<PrivateFileDraft, never, FileSystem.FileSystem | SecureRandom.SecureRandom> = Effect
  .gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const random = yield* SecureRandom.SecureRandom

    const write = Effect.fnUntraced(function*(name: string, content: Uint8Array) {
      const file = yield* fs.open(name, { flag: "wx", mode: PrivateFile.mode })
      yield* file.writeAll(content)
      yield* file.sync
    }, Effect.scoped)

    return {
      use: (path, content, use) =>
        Effect.acquireUseRelease(
          Effect.map(random.randomBytes(8), (bytes) => `${path}.${Hex.encode(bytes)}.new`),
          (name) => Effect.andThen(write(name, content), use(name)),
          (name) => Effect.ignore(fs.remove(name, { force: true }))
        )
    }
  })
