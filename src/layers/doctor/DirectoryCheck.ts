/**
 * Whether the data directory is there, this user's alone, and can be written to. The last is proven by writing a file, which
 * is gone at once, where that changes nothing else: rights do not tell of a full disk.
 */
import { Effect, FileSystem, Option, Path } from "effect"
import { type Finding, ok, problem, warning } from "../../services/doctor/Finding.ts"
import { DataDirectory } from "../../services/storage/DataDirectory.ts"
import type { StoreUnavailable } from "../../services/storage/SessionStore.ts"
import { elsewhere } from "../storage/FileRefusal.ts"
import * as FileStanding from "../storage/FileStanding.ts"
import type { Check } from "./Check.ts"

const blocked = (at: string): Finding =>
  problem("directory", `${at} is where a directory has to be, and is none.`, `Move it away, or ${elsewhere}.`)

export const make: Effect.Effect<Check, never, DataDirectory | FileSystem.FileSystem | Path.Path> = Effect.gen(
  function*() {
    const directory = yield* DataDirectory
    const fs = yield* FileSystem.FileSystem
    const { dirname } = yield* Path.Path
    const { path } = directory

    const isWritable = (at: string) => Effect.isSuccess(fs.access(at, { readable: true, writable: true }))

    /** What will be made of a path that leads nowhere yet, by the nearest directory above it. */
    const missing = (above: string): Effect.Effect<Finding, StoreUnavailable> =>
      Effect.flatMap(
        FileStanding.behind(above),
        Option.match({
          onNone: () => dirname(above) === above ? Effect.succeed(blocked(above)) : missing(dirname(above)),
          onSome: Effect.fnUntraced(function*({ kind }) {
            if (kind !== "directory") return blocked(above)
            return (yield* isWritable(above))
              ? ok("directory", `${path} is not there yet; the first sign-in makes it.`)
              : problem(
                "directory",
                `${path} is not there, and cannot be made: ${above} cannot be written to.`,
                `Give the user this runs as access to it, or ${elsewhere}.`
              )
          })
        })
      )

    const there = Effect.fnUntraced(function*({ kind, stranger, wide }: FileStanding.Standing) {
      if (kind !== "directory") return blocked(path)
      if (Option.isSome(stranger)) {
        return problem(
          "directory",
          `${path} belongs to another user (${stranger.value}), who could read or change what is kept there.`,
          `Make it belong to the user this runs as, or ${elsewhere}.`
        )
      }
      if (Option.isSome(wide)) {
        // The probe would close it. Whether it can be written to is found out without it, as well as that goes.
        const rights = wide.value.toString(8)
        return (yield* isWritable(path))
          ? warning(
            "directory",
            `Other users may enter ${path} (mode ${rights}).`,
            `Close it with chmod 700; the server does so, too, as soon as it uses it.`
          )
          : problem(
            "directory",
            `${path} cannot be written to (mode ${rights}).`,
            `Give the user this runs as access to it, or ${elsewhere}.`
          )
      }
      yield* directory.ready
      return ok("directory", `${path} is this user's alone and can be written to.`)
    })

    const found = FileStanding.behind(path).pipe(
      Effect.flatMap(Option.match({
        onSome: there,
        // A link that leads nowhere is something in the directory's place.
        onNone: () =>
          Effect.flatMap(
            FileStanding.of(path),
            (link) => Option.isSome(link) ? Effect.succeed(blocked(path)) : missing(dirname(path))
          )
      })),
      Effect.catch(({ message, remedy }) => Effect.succeed(problem("directory", message, remedy)))
    )
    return { area: "directory", run: Effect.map(found, (finding) => [finding]) }
  }
)
