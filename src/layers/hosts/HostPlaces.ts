/**
 * Where the config of a host is, for the user who asks.
 *
 * The hosts look for `XDG_CONFIG_HOME` and `APPDATA` each in its own way and not on every platform, so
 * `UserDirectories.config`, which has one way for all, is of no use here.
 */
import { Config as Variable, Effect, FileSystem, Option, Path } from "effect"
import { UserDirectories } from "effect/persistence"
import type { Host, Place, Platform } from "../../services/hosts/Host.ts"
import { HostConfigUnavailable } from "../../services/hosts/HostConfigs.ts"

/** The directory that a variable names; none if it is unset, blank, or not absolute, which is no directory to rely on. */
const directoryIn = Effect.fnUntraced(function*(name: string) {
  const path = yield* Path.Path
  const text = yield* Effect.orElseSucceed(Variable.option(Variable.String(name)), () => Option.none<string>())
  return Option.filter(Option.map(text, (given) => given.trim()), (given) => path.isAbsolute(given))
})

const home = Effect.gen(function*() {
  const { home: directory } = yield* UserDirectories.UserDirectories
  return yield* directory
}).pipe(Effect.mapError((cause) =>
  new HostConfigUnavailable({
    problem: "The user's home directory is not known, so neither is the place of the config.",
    remedy: "Set HOME, on Windows USERPROFILE, or name the file.",
    cause
  })
))

/** The directory in a variable, or else the one below the user's home directory. */
const orBelowHome = Effect.fnUntraced(function*(variable: string, ...below: ReadonlyArray<string>) {
  const path = yield* Path.Path
  const given = yield* directoryIn(variable)
  return Option.isSome(given) ? given.value : path.join(yield* home, ...below)
})

const baseOf = (base: Place["base"], platform: Platform) => {
  const config = orBelowHome("XDG_CONFIG_HOME", ".config")
  if (base === "config") return config
  if (base === "home") return home
  switch (platform) {
    case "darwin":
      return Effect.flatMap(
        Path.Path,
        (path) => Effect.map(home, (directory) => path.join(directory, "Library", "Application Support"))
      )
    case "win32":
      return orBelowHome("APPDATA", "AppData", "Roaming")
    case "linux":
      return config
  }
}

/** The absolute path of a host's config on a platform, whether or not there is one. */
export const pathOf = Effect.fnUntraced(function*(host: Host, platform: Platform) {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const { base, below, files: [first, ...others], variable } = host.places[platform]
  const given = yield* Option.match(variable, { onNone: () => Effect.succeedNone, onSome: directoryIn })
  const directory = Option.isSome(given) ? given.value : path.join(yield* baseOf(base, platform), ...below)
  for (const file of others.toReversed()) {
    const other = path.join(directory, file)
    if (yield* Effect.orElseSucceed(fs.exists(other), () => false)) return other
  }
  return path.join(directory, first)
})
