/**
 * `StoreSeen` in the file of the stores, opened in ways that change neither it nor what lies beside it.
 *
 * SQLite makes, fills or tidies up a write-ahead log even for whoever only reads. It does not where it is told that the file
 * cannot change (`immutable`), which is true as long as there is no log; nor where it may only read the log's index
 * (`readonly_shm`), which is there as long as the log is in use, or was left by a process that died.
 */
import { Data, Effect, Layer, Option, Path, Result, Schedule } from "effect"
import { pathToFileURL } from "node:url"
import { type Stored, StoreSeen } from "../../services/doctor/StoreSeen.ts"
import { DataDirectory } from "../../services/storage/DataDirectory.ts"
import { StoreUnavailable } from "../../services/storage/SessionStore.ts"
import { Vault } from "../../services/storage/Vault.ts"
import { elsewhere } from "../storage/FileRefusal.ts"
import * as FileStanding from "../storage/FileStanding.ts"
import * as NodeSqlite from "../storage/NodeSqlite.ts"
import { isDamaged, storeUnavailable } from "../storage/SqlProblems.ts"
import * as StoresFile from "../storage/StoresFile.ts"
import * as StoreContents from "./StoreContents.ts"

/** The file cannot be looked at just now without changing it, or was changed meanwhile. */
class Moving extends Data.TaggedError("Moving")<{}> {}

/** In bytes (https://sqlite.org/fileformat.html): SQLite takes what is shorter for nothing. */
const smallestPage = 512n

/** The file's log, and the index of that, as they were found. */
type Log = Readonly<Record<"index" | "log", Option.Option<FileStanding.Standing>>>

/** Whether there is more in the log than in the file. */
const isLogged = ({ log }: Log): boolean => Option.exists(log, ({ size }) => size > 0n)

const isInUse = ({ index, log }: Log): boolean => Option.isSome(index) && Option.isSome(log)

const refuse = (problem: string) => new StoreUnavailable({ problem, remedy: `Move it away, or ${elsewhere}.` })

const make = Effect.gen(function*() {
  const directory = yield* DataDirectory
  const vault = yield* Vault
  const path = (yield* Path.Path).join(directory.path, StoresFile.fileName)

  /** The file and its log; two looks that are the same have the same file between them. */
  const surroundings = Effect.all({
    file: FileStanding.of(path),
    log: FileStanding.of(`${path}-wal`),
    index: FileStanding.of(`${path}-shm`)
  })

  const read = (how: string) =>
    Effect.scoped(
      Effect.flatMap(
        Layer.build(NodeSqlite.layer(`${pathToFileURL(path).href}?${how}`)),
        (context) => Effect.provideContext(StoreContents.read(path, vault), context)
      )
    ).pipe(
      Effect.catchTag("SqlError", storeUnavailable),
      Effect.catchIf(isDamaged, () => Effect.fail(StoreContents.damaged(path)))
    )

  const attempt = Effect.gen(function*() {
    const before = yield* surroundings
    const { file } = before
    if (Option.isNone(file)) return { ...StoreContents.nothing, wide: Option.none() }
    const { kind, inode, size, stranger, wide } = file.value
    if (kind !== "file") return yield* refuse(`${path} is no regular file, where one of this program's own has to be.`)
    if (Option.isSome(stranger)) {
      return yield* refuse(`${path} belongs to another user (${stranger.value}), who could read or change it.`)
    }
    if (size === 0n) return { ...StoreContents.nothing, wide: Option.none() }
    if (size < smallestPage) return yield* StoreContents.damaged(path)
    const isUsed = isInUse(before)
    if (!isUsed && isLogged(before)) return yield* new Moving()
    const result = yield* Effect.result(read(isUsed ? "mode=ro&readonly_shm=1" : "immutable=1"))
    // What was read under the log's own locks is of one moment.
    if (isUsed && Result.isSuccess(result)) return { ...result.success, wide }
    const now = yield* surroundings
    // A log that has come or gone: somebody has opened or closed it. Another time: somebody has, and is done with it.
    const isSame = isInUse(now) === isUsed && isLogged(now) === isLogged(before) &&
      Option.exists(now.file, (it) => it.inode === inode && it.changed === file.value.changed && it.size === size)
    return isSame ? { ...(yield* Effect.fromResult(result)), wide } : yield* new Moving()
  })

  const look: Effect.Effect<Stored, StoreUnavailable> = Effect.retry(attempt, {
    while: ({ _tag }) => _tag === "Moving",
    schedule: Schedule.spaced("50 millis"),
    times: 5
  }).pipe(
    Effect.catchTag("Moving", () =>
      new StoreUnavailable({
        problem: `The stored sign-ins in ${path} were left half open, and cannot be looked at without changing them.`,
        remedy: "Use the server once, which puts the file in order, and try again."
      })),
    Effect.withSpan("StoreSeen.look")
  )
  return StoreSeen.of({ path, look })
})

/**
 * Provides `StoreSeen`; needs `DataDirectory`, `Path` and a `Vault`, which opens and never seals; finalizes nothing. Building it
 * touches nothing. A look opens the file and closes it again, and holds no lock that keeps anybody from writing.
 */
export const layer: Layer.Layer<StoreSeen, never, DataDirectory | Path.Path | Vault> = Layer.effect(StoreSeen, make)
