/**
 * The package as npm packs it, and where it is installed.
 */
import { Context, Effect, FileSystem, Layer, Schema } from "effect"
import { fileURLToPath } from "node:url"
import * as packageJson from "../../package.json" with { type: "json" }
import { folder as makeFolder } from "./house.ts"
import { npm, quickly } from "./npm.ts"

const { name } = packageJson.default
const root = fileURLToPath(new URL("../..", import.meta.url))

const Report = Schema.fromJsonString(Schema.NonEmptyArray(Schema.Struct({
  filename: Schema.String,
  size: Schema.Int,
  unpackedSize: Schema.Int,
  files: Schema.Array(Schema.Struct({ path: Schema.String }))
})))

/** The package, packed as it is built, and installed in a folder of its own. */
export class Packed extends Context.Service<Packed, {
  readonly tarball: string
  readonly size: number
  readonly unpackedSize: number
  readonly files: ReadonlyArray<string>
  /** Where it is installed, beside nothing that it does not bring along. */
  readonly folder: string
  readonly installed: string
}>()("mcp-gas/test/acceptance/packed/Packed") {
  static readonly layer = Layer.effect(
    Packed,
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const folder = yield* makeFolder
      const printed = yield* npm(root, ["pack", "--json", "--ignore-scripts", "--pack-destination", folder])
      const [{ filename, files, size, unpackedSize }] = yield* Schema.decodeEffect(Report)(printed)
      yield* fs.writeFileString(`${folder}/package.json`, `{ "private": true, "type": "module" }`)
      yield* npm(folder, ["install", ...quickly, `./${filename}`])
      return {
        tarball: `${folder}/${filename}`,
        size,
        unpackedSize,
        files: files.map((file) => file.path),
        folder,
        installed: `${folder}/node_modules/${name}`
      }
    })
  )
}
