/**
 * The config files of hosts in the file system of this machine.
 */
import { Effect, type FileSystem, Layer, Option, Path, Redacted, Result } from "effect"
import type { UserDirectories } from "effect/persistence"
import {
  type Host,
  type HostId,
  hosts,
  type HostServer,
  type Platform,
  serverName,
  startable
} from "../../services/hosts/Host.ts"
import {
  type HostChange,
  HostConfigMalformed,
  HostConfigs,
  HostEntryTaken,
  type HostOptions,
  type HostPlan,
  type HostWriteOptions,
  type HostWritten
} from "../../services/hosts/HostConfigs.ts"
import type { Edited, Refusal, Wanted } from "./EntryEdit.ts"
import * as HostConfigFile from "./HostConfigFile.ts"
import * as HostPlaces from "./HostPlaces.ts"
import * as JsonEntry from "./JsonEntry.ts"
import * as TomlEntry from "./TomlEntry.ts"

const byteOrderMark = "\uFEFF"

const editText = (text: string, { format }: Host, wanted: Wanted): Result.Result<Edited, Refusal> =>
  format === "toml" ? TomlEntry.edit(text, wanted) : JsonEntry.edit(text, format, wanted)

/** The same for a text that may begin with a byte order mark, which no parser here expects. */
const edit = (text: string, host: Host, wanted: Wanted): Result.Result<Edited, Refusal> =>
  text.startsWith(byteOrderMark)
    ? Result.map(
      editText(text.slice(1), host, wanted),
      (edited) => ({ ...edited, after: byteOrderMark + edited.after })
    )
    : editText(text, host, wanted)

const snippetOf = ({ format }: Host, wanted: Wanted): string =>
  format === "toml" ? TomlEntry.snippet(wanted) : JsonEntry.snippet(wanted)

const placeOf = ({ container, format }: Host): string =>
  format === "toml" ? `[${container}.${serverName}]` : `"${serverName}" in "${container}"`

/** What these texts hold of other servers may be secret. */
const sealed = (text: string): Redacted.Redacted<string> => Redacted.make(text, { label: "host config" })

const changeOf = (before: Option.Option<string>, { _tag, after }: Edited): HostChange => {
  if (Option.isNone(before)) return { _tag: "Create", after: sealed(after) }
  return _tag === "Unchanged"
    ? { _tag, before: sealed(before.value) }
    : { _tag, before: sealed(before.value), after: sealed(after) }
}

const notText: Refusal = { problem: "It is no UTF-8 text." }

const make = Effect.fnUntraced(function*(platform: Platform) {
  const context = yield* Effect.context<FileSystem.FileSystem | Path.Path | UserDirectories.UserDirectories>()
  const path = yield* Path.Path

  const wantedFor = (host: Host, server: HostServer): Wanted => ({
    container: host.container,
    name: serverName,
    variables: host.variables,
    entry: host.entry(startable(server, platform))
  })

  const snippet = (id: HostId, server: HostServer): string => snippetOf(hosts[id], wantedFor(hosts[id], server))

  const plan = Effect.fn("HostConfigs.plan")(function*(id: HostId, server: HostServer, { file }: HostOptions) {
    const host = hosts[id]
    const wanted = wantedFor(host, server)
    const shown = snippetOf(host, wanted)
    const where = Option.isSome(file) ? path.resolve(file.value) : yield* HostPlaces.pathOf(host, platform)
    const malformed = ({ problem }: Refusal) =>
      new HostConfigMalformed({ path: where, problem, place: placeOf(host), snippet: shown })
    const found = yield* HostConfigFile.read(where, Option.isSome(file) ? "Give the path of a file." : undefined)
    const before = yield* Option.match(found, {
      onNone: () => Effect.succeedNone,
      onSome: ({ text }) => Effect.asSome(Effect.mapError(Effect.fromOption(text), () => malformed(notText)))
    })
    const edited = yield* Effect.mapError(
      Effect.fromResult(edit(Option.getOrElse(before, () => ""), host, wanted)),
      malformed
    )
    const planned: HostPlan = {
      host: id,
      path: where,
      exists: Option.isSome(found),
      change: changeOf(before, edited),
      place: placeOf(host),
      snippet: shown
    }
    return planned
  }, Effect.provide(context))

  const write = Effect.fn("HostConfigs.write")(function*(
    { change, path: where, place }: HostPlan,
    { replace = false }: HostWriteOptions = {}
  ) {
    if (change._tag === "Unchanged") {
      const nothing: HostWritten = { file: Option.none(), backup: Option.none() }
      return nothing
    }
    if (change._tag === "Replace" && !replace) return yield* new HostEntryTaken({ path: where, place })
    const before = change._tag === "Create" ? Option.none() : Option.some(Redacted.value(change.before))
    const { backup, file } = yield* HostConfigFile.replace(where, before, Redacted.value(change.after))
    const written: HostWritten = { file: Option.some(file), backup }
    return written
  }, Effect.provide(context))

  return HostConfigs.of({ snippet, plan, write })
})

/**
 * Provides `HostConfigs` as the hosts of a platform have them; needs `FileSystem`, `Path` and `UserDirectories`, and reads
 * `XDG_CONFIG_HOME`, `APPDATA`, `CLAUDE_CONFIG_DIR` and `CODEX_HOME` from the current `ConfigProvider` with every plan;
 * finalizes nothing. Building it touches nothing.
 */
export const layer = (options: {
  readonly platform: Platform
}): Layer.Layer<HostConfigs, never, FileSystem.FileSystem | Path.Path | UserDirectories.UserDirectories> =>
  Layer.effect(HostConfigs, make(options.platform))
