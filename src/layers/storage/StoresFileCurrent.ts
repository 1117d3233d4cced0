/**
 * The file of the stores that the path leads to, whatever becomes of it: opened when it is needed first, left when it is no
 * longer there, and opened again where another has taken its place.
 */
import { Effect, Exit, Fiber, FiberHandle, Option, Ref, Scope, Stream } from "effect"
import type { AccountKey } from "../../services/sign-in/AccountKey.ts"
import type { DataDirectory } from "../../services/storage/DataDirectory.ts"
import { type Slot, StoreUnavailable } from "../../services/storage/SessionStore.ts"
import type { Vault } from "../../services/storage/Vault.ts"
import * as DamagedFile from "./DamagedFile.ts"
import * as GenerationShift from "./GenerationShift.ts"
import * as PrivateFile from "./PrivateFile.ts"
import type { SlotsKnown } from "./SlotsKnown.ts"
import { untouched } from "./SlotStates.ts"
import { isDamaged } from "./SqlProblems.ts"
import * as StoresFileOpened from "./StoresFileOpened.ts"

type Stores = StoresFileOpened.Stores

export interface StoresFileCurrent {
  /** Runs `use` on the stores in the file; without a file, answers `otherwise` and makes none. */
  readonly reading: <A, E>(
    otherwise: A,
    use: (stores: Stores) => Effect.Effect<A, E | StoreUnavailable>
  ) => Effect.Effect<A, E | StoreUnavailable>
  /** Runs `use` on the stores in the file, which is made if there is none. */
  readonly writing: <A, E>(
    use: (stores: Stores) => Effect.Effect<A, E | StoreUnavailable>
  ) => Effect.Effect<A, E | StoreUnavailable>
}

const isDamage = (error: unknown): error is StoreUnavailable => error instanceof StoreUnavailable && isDamaged(error)

interface Open extends StoresFileOpened.StoresFileOpened {
  /** Its new name, once this process has found it damaged. */
  readonly setAsideAs: Ref.Ref<Option.Option<string>>
}

/** How often the path is looked at, once a file was open: a session that is gone should not be trusted for long. */
const lookInterval = "100 millis"

const isOpen = (open: Option.Option<PrivateFile.Identity>, found: Option.Option<PrivateFile.Identity>): boolean =>
  Option.isSome(open) && Option.isSome(found) && PrivateFile.isSame(open.value, found.value)

/** What there is to read without a file. */
const nothing = (key: AccountKey): Effect.Effect<Slot> => Effect.succeed(untouched(key))

/** Closing the Scope closes the file. */
export const make = Effect.fnUntraced(function*(
  path: string,
  directory: DataDirectory["Service"],
  known: SlotsKnown
): Effect.fn.Return<StoresFileCurrent, never, Vault | Scope.Scope> {
  const scope = yield* Effect.scope
  const vault = yield* Effect.context<Vault>()
  const current = yield* Ref.make(Option.none<Open>())
  /** The last file that was tried, whether or not it could be opened. */
  const tried = yield* Ref.make(Option.none<PrivateFile.Identity>())
  const settling = yield* FiberHandle.make<void, StoreUnavailable>()
  const runSettling = yield* FiberHandle.runtime(settling)<never>()
  const following = yield* FiberHandle.make()

  const leave = Effect.gen(function*() {
    const open = yield* Ref.getAndSet(current, Option.none())
    if (Option.isSome(open)) yield* Scope.close(open.value.scope, Exit.void)
    return Option.isSome(open)
  }).pipe(Effect.uninterruptible)

  const enter = Effect.fnUntraced(function*(found: PrivateFile.Identity) {
    yield* Ref.set(tried, Option.some(found))
    const opened = yield* Effect.provideContext(StoresFileOpened.open(path, scope), vault)
    const file: Open = {
      ...opened,
      stores: {
        ...opened.stores,
        sessions: GenerationShift.raised(opened.stores.sessions, yield* known.above)
      },
      setAsideAs: yield* Ref.make(Option.none<string>())
    }
    yield* Ref.set(current, Option.some(file))
    yield* Effect.forkIn(tellFrom(file), file.scope, { startImmediately: true })
    yield* FiberHandle.run(following, follow, { onlyIfMissing: true })
    yield* known.reconsider(file.stores.sessions.read)
  })

  /** Has that file open which the path leads to, or none. An empty file is one for whoever wants to write only. */
  const settle = Effect.fnUntraced(function*(toWrite: boolean) {
    const open = yield* Ref.get(current)
    const found = yield* PrivateFile.inspect(path).pipe(Effect.onError(() => abandon))
    if (isOpen(open, found)) return
    const hasLeft = yield* leave
    if (Option.isSome(found) && (toWrite || found.value.size > 0)) {
      yield* enter(found.value).pipe(
        Effect.onError(() => known.reconsider(nothing)),
        // Whoever waits for this looks again.
        Effect.catchTag("Exchanged", () => Effect.void)
      )
    } else if (hasLeft) yield* known.reconsider(nothing)
  })

  const abandon = Effect.andThen(leave, known.reconsider(nothing))

  /** One for all callers, and none of them owns it. Begins only when it is registered. */
  const settled = (toWrite: boolean): Effect.Effect<void, StoreUnavailable> =>
    Effect.suspend(() =>
      Fiber.join(
        Option.getOrElse(
          FiberHandle.getUnsafe(settling),
          () => runSettling(Effect.andThen(Effect.yieldNow, settle(toWrite)))
        )
      )
    )

  /** None if somebody else has set the file aside already. */
  const condemn = (file: Open, damage: StoreUnavailable) =>
    StoresFileOpened.setAside(path, file).pipe(
      Effect.tap((name) => Option.isSome(name) ? Ref.set(file.setAsideAs, name) : Effect.void),
      // Closed only now: the last connection to close tidies up, and so changes the file if it still has its name.
      Effect.andThen(Effect.ignore(settled(false))),
      Effect.andThen(Ref.get(file.setAsideAs)),
      Effect.map(Option.map((name) => DamagedFile.told(path, name, damage))),
      Effect.uninterruptible
    )

  const tellFrom = (file: Open) =>
    Stream.runForEach(file.stores.sessions.watch, known.tell).pipe(
      Effect.catch((error) =>
        (isDamaged(error)
          ? Effect.ignore(condemn(file, error))
          : Effect.andThen(Effect.logWarning("The stored sign-ins cannot be watched now.", error.message), abandon))
          .pipe(
            // Not in the scope of the file, which is closed by this.
            Effect.forkIn(scope)
          )
      )
    )

  /** A file that cannot be opened is left to those who need it. */
  const follow = Effect.gen(function*() {
    const found = yield* PrivateFile.inspect(path)
    if (isOpen(yield* Ref.get(current), found)) return
    if (Option.isSome(yield* Ref.get(current)) || !isOpen(yield* Ref.get(tried), found)) yield* settled(false)
  }).pipe(
    Effect.catch(() => Effect.ignore(settled(false))),
    Effect.delay(lookInterval),
    Effect.forever
  )

  const lookAt = PrivateFile.inspect(path).pipe(
    // What must not be used is not read any longer either.
    Effect.tapError(() => Effect.ignore(settled(false)))
  )

  /** Runs `use` on a file that the path leads to, before and after. */
  const attempt = Effect.fnUntraced(function*<A, E>(
    file: Open,
    use: (stores: Stores) => Effect.Effect<A, E | StoreUnavailable>
  ) {
    const exit = yield* Effect.exit(use(file.stores))
    const error = Exit.findErrorOption(exit)
    if (Option.isSome(error) && isDamage(error.value)) {
      const told = yield* condemn(file, error.value)
      return Option.isNone(told) ? Option.none() : yield* told.value
    }
    if (!isOpen(Option.some(file), yield* lookAt)) return Option.none()
    return Option.some(yield* exit)
  })

  return {
    reading: Effect.fnUntraced(function*(otherwise, use) {
      while (true) {
        const found = yield* lookAt
        const open = yield* Ref.get(current)
        if (Option.isSome(open) && isOpen(open, found)) {
          const answer = yield* attempt(open.value, use)
          if (Option.isSome(answer)) return answer.value
        } else if (Option.isSome(open)) yield* settled(false)
        else if (Option.isNone(found) || found.value.size === 0n) return otherwise
        else yield* settled(false)
      }
    }),
    writing: Effect.fnUntraced(function*(use) {
      while (true) {
        const found = yield* lookAt
        const open = yield* Ref.get(current)
        if (Option.isSome(open) && isOpen(open, found)) {
          const answer = yield* attempt(open.value, use)
          if (Option.isSome(answer)) return answer.value
        } else {
          if (Option.isNone(found)) yield* Effect.andThen(directory.ready, PrivateFile.create(path))
          yield* settled(true)
        }
      }
    })
  }
})
