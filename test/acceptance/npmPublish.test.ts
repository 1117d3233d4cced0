/**
 * Publishing to npm, as a release does it: once, and never on top of what no release has published.
 */
import { NodeServices } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Effect, FileSystem } from "effect"
import { execFile } from "node:child_process"
import { fileURLToPath } from "node:url"
import * as packageJson from "../../package.json" with { type: "json" }
import { folder as makeFolder, path } from "./house.ts"
import type { Ran } from "./program.ts"

const script = fileURLToPath(new URL("../../packaging/publish.sh", import.meta.url))
const { name, version } = packageJson.default
const askedForVersion = `view ${name}@${version} version`
const askedForProvenance = `view ${name}@${version} dist.attestations`
const published = "publish --provenance --access public"

/** A line of shell for each thing that npm is asked. */
interface Npm {
  readonly version: string
  readonly provenance: string
  readonly publish: string
}

const missing = "echo 'npm error code E404' >&2; exit 1"

/** Runs the script beside an npm that says what it is told to say, and writes down what it was asked. */
const publish = Effect.fnUntraced(function*(npm: Npm) {
  const fs = yield* FileSystem.FileSystem
  const folder = yield* makeFolder
  const lines = [
    "#!/bin/sh",
    `echo "$*" >> '${folder}/asked'`,
    `case "$*" in`,
    `"${askedForVersion}") ${npm.version} ;;`,
    `"${askedForProvenance}") ${npm.provenance} ;;`,
    `"${published}") ${npm.publish} ;;`,
    "*) exit 64 ;;",
    "esac"
  ]
  yield* fs.writeFileString(`${folder}/npm`, `${lines.join("\n")}\n`, { mode: 0o700 })
  const ran = yield* Effect.callback<Ran>((resume) => {
    const env = { PATH: `${folder}:${path}` }
    const child = execFile(
      "bash",
      [script],
      { cwd: folder, env },
      (_error, stdout, stderr) => resume(Effect.succeed({ code: child.exitCode, stdout, stderr }))
    )
    return Effect.sync(() => child.kill("SIGKILL"))
  })
  const asked = (yield* fs.readFileString(`${folder}/asked`)).trim().split("\n")
  return { ...ran, asked }
})

describe("publishing", () => {
  it.live("puts a version on npm that is not there", () =>
    Effect.gen(function*() {
      const { asked, code } = yield* publish({ version: missing, provenance: missing, publish: "exit 0" })
      assert.deepStrictEqual(asked, [askedForVersion, published])
      assert.strictEqual(code, 0)
    }).pipe(Effect.provide(NodeServices.layer)))

  it.live("fails where npm refuses", () =>
    Effect.gen(function*() {
      const { code } = yield* publish({ version: missing, provenance: missing, publish: "exit 7" })
      assert.strictEqual(code, 7)
    }).pipe(Effect.provide(NodeServices.layer)))

  it.live("leaves alone what a release has published already, so that the release goes on", () =>
    Effect.gen(function*() {
      const { asked, code, stdout } = yield* publish({
        version: `echo ${version}`,
        provenance: "echo '{ url: somewhere }'",
        publish: "exit 1"
      })
      assert.deepStrictEqual(asked, [askedForVersion, askedForProvenance])
      assert.include(stdout, `${name}@${version} is on npm already, with provenance`)
      assert.strictEqual(code, 0)
    }).pipe(Effect.provide(NodeServices.layer)))

  it.live("stops where somebody else has published that version", () =>
    Effect.gen(function*() {
      const { asked, code, stderr } = yield* publish({
        version: `echo ${version}`,
        provenance: "exit 0",
        publish: "exit 0"
      })
      assert.deepStrictEqual(asked, [askedForVersion, askedForProvenance])
      assert.include(stderr, `${name}@${version} is on npm without provenance`)
      assert.strictEqual(code, 1)
    }).pipe(Effect.provide(NodeServices.layer)))

  it.live("accuses nobody where npm could not be asked", () =>
    Effect.gen(function*() {
      const { asked, code, stderr } = yield* publish({
        version: `echo ${version}`,
        provenance: "echo 'npm error network' >&2; exit 9",
        publish: "exit 0"
      })
      assert.deepStrictEqual(asked, [askedForVersion, askedForProvenance])
      assert.notInclude(stderr, "without provenance")
      assert.strictEqual(code, 9)
    }).pipe(Effect.provide(NodeServices.layer)))
})
