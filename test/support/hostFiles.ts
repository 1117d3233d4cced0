/**
 * A home directory of its own, with whatever config a test puts into it, and the hosts that look there.
 */
import { NodeFileSystem, NodePath } from "@effect/platform-node"
import { ConfigProvider, Effect, FileSystem, Layer, Option, Redacted } from "effect"
import { UserDirectories } from "effect/persistence"
import * as HostConfigsFileSystem from "../../src/layers/hosts/HostConfigsFileSystem.ts"
import { type HostId, type HostServer } from "../../src/services/hosts/Host.ts"
import { HostConfigs, type HostPlan } from "../../src/services/hosts/HostConfigs.ts"

export const server: HostServer = {
  command: "npx",
  args: ["-y", "mcp-gas"],
  variables: { MCP_GAS_CLIENT_FILE: "/home/ada/client.json" }
}

export const usersOwn = { file: Option.none<string>() }

/** The hosts of Linux, and what they need. */
const layer = HostConfigsFileSystem.layer({ platform: "linux" }).pipe(
  Layer.provide([NodePath.layer, UserDirectories.layerPlatform("linux")]),
  Layer.provideMerge(NodeFileSystem.layer)
)

/** Runs in a home directory that is gone afterwards. */
export const atHome = <A, E, R>(
  use: (home: string, fs: FileSystem.FileSystem) => Effect.Effect<A, E, R>
) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const home = yield* Effect.flatMap(fs.makeTempDirectoryScoped({ prefix: "mcp-gas-hosts-" }), fs.realPath)
    return yield* Effect.provide(use(home, fs), ConfigProvider.layer(ConfigProvider.fromEnvRecord({ HOME: home })))
  }).pipe(Effect.scoped, Effect.provide(layer))

/** What a plan would make of the file; none if it would change nothing. */
export const afterOf = ({ change }: HostPlan): string | undefined =>
  change._tag === "Unchanged" ? undefined : Redacted.value(change.after)

/** The config of a host after these bytes of it were changed, with what was done. */
export const changed = (host: HostId, before: string | Uint8Array) =>
  atHome((home, fs) =>
    Effect.gen(function*() {
      const configs = yield* HostConfigs
      const options = { file: Option.some(`${home}/config`) }
      yield* fs.writeFile(`${home}/config`, typeof before === "string" ? new TextEncoder().encode(before) : before)
      const plan = yield* configs.plan(host, server, options)
      yield* configs.write(plan, { replace: true })
      const again = yield* configs.plan(host, server, options)
      const text = new TextDecoder("utf-8", { ignoreBOM: true }).decode(yield* fs.readFile(`${home}/config`))
      return { did: plan.change._tag, again: again.change._tag, text }
    })
  )

/** Why a config is refused; that it is as it was is checked. */
export const refusal = (host: HostId, before: string | Uint8Array) =>
  atHome((home, fs) =>
    Effect.gen(function*() {
      const configs = yield* HostConfigs
      const bytes = typeof before === "string" ? new TextEncoder().encode(before) : before
      yield* fs.writeFile(`${home}/config`, bytes)
      const error = yield* Effect.flip(configs.plan(host, server, { file: Option.some(`${home}/config`) }))
      const after = yield* fs.readFile(`${home}/config`)
      if (after.length !== bytes.length || after.some((byte, at) => byte !== bytes[at])) {
        return yield* Effect.die(new Error("The file was changed."))
      }
      return { error, home }
    })
  )
