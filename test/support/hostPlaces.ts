/**
 * Where a host would keep its config, on any platform: no file is looked at.
 */
import { NodePath } from "@effect/platform-node"
import { ConfigProvider, Effect, FileSystem, Layer } from "effect"
import { UserDirectories } from "effect/persistence"
import * as HostPlaces from "../../src/layers/hosts/HostPlaces.ts"
import { type HostId, hosts, type Platform } from "../../src/services/hosts/Host.ts"

const paths = { darwin: NodePath.layerPosix, linux: NodePath.layerPosix, win32: NodePath.layerWin32 }

/** What the environment says of a user's directories. */
export const homes = {
  darwin: { HOME: "/Users/ada" },
  linux: { HOME: "/home/ada" },
  win32: { USERPROFILE: "C:\\Users\\ada" }
} as const

/** Where the config is for these variables, where there are these files. */
export const placeOf = (
  host: HostId,
  platform: Platform,
  variables: Readonly<Record<string, string>> = homes[platform],
  files: ReadonlyArray<string> = []
) =>
  HostPlaces.pathOf(hosts[host], platform).pipe(
    Effect.provide(Layer.mergeAll(
      paths[platform],
      UserDirectories.layerPlatform(platform),
      FileSystem.layerNoop({ exists: (path) => Effect.succeed(files.includes(path)) }),
      ConfigProvider.layer(ConfigProvider.fromEnvRecord(variables))
    ))
  )
