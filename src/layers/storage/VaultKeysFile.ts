/**
 * `VaultKeys` in a file beside the store that only this user can read: `vault.key` in the data directory.
 */
import { Clock, Effect, FileSystem, Layer, Option, Path, type PlatformError, Redacted, Ref } from "effect"
import { SecureRandom } from "effect/crypto"
import { DataDirectory } from "../../services/storage/DataDirectory.ts"
import { StoreUnavailable } from "../../services/storage/SessionStore.ts"
import { keyBytes, type VaultKey, VaultKeys } from "../../services/storage/VaultKeys.ts"
import { refused } from "./FileRefusal.ts"
import * as PrivateFile from "./PrivateFile.ts"
import * as PrivateFileDraft from "./PrivateFileDraft.ts"
import { decode, encode, redact } from "./VaultKeyText.ts"

/** What it takes to keep a key in a file. */
export type Requirements = DataDirectory | FileSystem.FileSystem | Path.Path | SecureRandom.SecureRandom

/** The file's name in the data directory. */
export const fileName = "vault.key"

/**
 * Longer than any key as text. What is longer is not even read.
 *
 * @internal
 */
export const longest = 100n

/**
 * Never replaced by us: it may be the key with a mark on it, and whoever races us may be replacing it, too.
 *
 * @internal
 */
export const damaged = (path: string): StoreUnavailable =>
  new StoreUnavailable({
    problem: `The key file ${path} does not hold a key: it was damaged or replaced.`,
    remedy: "Put the right one back, or move it away and sign in again."
  })

/** How old a file's last change has to be, in milliseconds, so that the next one shows: more than any clock's grain. */
const settledAfter = 2_000n

const isUnchanged = (before: PrivateFile.Found, now: PrivateFile.Found): boolean =>
  PrivateFile.isSame(before, now) && before.size === now.size && before.changedAt === now.changedAt

/**
 * The key file is complete from the moment it has its name, and never changes: whoever makes one writes it under another
 * name, to the disk, and links it to its own, which succeeds for one of any number of processes. The others, and the one,
 * use what they then read. A link, a directory and a file of another user in its place are refused, wide rights narrowed.
 */
export const make: Effect.Effect<VaultKeys["Service"], never, Requirements> = Effect.gen(function*() {
  const directory = yield* DataDirectory
  const fs = yield* FileSystem.FileSystem
  const random = yield* SecureRandom.SecureRandom
  const draft = yield* PrivateFileDraft.make
  const path = (yield* Path.Path).join(directory.path, fileName)

  const cannotBe = (what: "read" | "made") => (error: PlatformError.PlatformError) =>
    refused(`The key file ${path} cannot be ${what}`, error.reason.cause)

  /** What was read last, and how the file was then. */
  const known = yield* Ref.make(Option.none<{ readonly file: PrivateFile.Found; readonly key: VaultKey }>())

  const read = Effect.gen(function*() {
    const found = yield* PrivateFile.inspect(path)
    if (Option.isNone(found)) return Option.none()
    const file = found.value
    const kept = Option.filter(yield* Ref.get(known), (before) => isUnchanged(before.file, file))
    if (Option.isSome(kept)) return Option.some(kept.value.key)
    if (file.size > longest) return yield* damaged(path)
    const text = yield* Effect.mapError(fs.readFileString(path), cannotBe("read"))
    const bytes = decode(Redacted.make(text.trim()))
    if (Option.isNone(bytes)) return yield* damaged(path)
    const key: VaultKey = { keeper: "file", bytes: bytes.value }
    const now = yield* Clock.currentTimeMillis
    // A change that comes within the grain of the file system's clock would not show.
    if (BigInt(now) - file.changedAt / 1_000_000n > settledAfter) yield* Ref.set(known, Option.some({ file, key }))
    return Option.some(key)
  })

  /** A name in the directory outlives a power cut once the directory is written, too; not every system can do that. */
  const settle = fs.open(directory.path, { flag: "r" }).pipe(
    Effect.flatMap((opened) => opened.sync),
    Effect.scoped,
    Effect.ignore
  )

  /** Makes the file, unless somebody else has. */
  const publish = random.randomBytes(keyBytes).pipe(
    Effect.map((bytes) => new TextEncoder().encode(`${Redacted.value(encode(redact(bytes)))}\n`)),
    Effect.flatMap((content) => draft.use(path, content, (name) => fs.link(name, path))),
    Effect.andThen(settle),
    Effect.catchIf((error) => error.reason._tag === "AlreadyExists", () => Effect.void),
    Effect.mapError(cannotBe("made"))
  )

  const made = Effect.gen(function*() {
    yield* directory.ready
    yield* publish
    const key = yield* read
    return Option.isSome(key) ? key.value : yield* damaged(path)
  })

  return VaultKeys.of({
    current: read.pipe(
      Effect.flatMap(Option.match({ onSome: Effect.succeed, onNone: () => made })),
      Effect.withSpan("VaultKeys.current")
    ),
    find: (keeper) => keeper === "file" ? read : Effect.succeedNone,
    keeper: Effect.as(read, "file" as const)
  })
})

/**
 * Provides `VaultKeys`; needs `DataDirectory`, `FileSystem`, `Path` and `SecureRandom`; finalizes nothing. Building it
 * touches nothing. See `make`.
 */
export const layer: Layer.Layer<VaultKeys, never, Requirements> = Layer.effect(VaultKeys, make)
