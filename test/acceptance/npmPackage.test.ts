/**
 * The package as npm packs it, and as it works where it is installed: nothing of this repository is in reach there.
 */
import { assert, layer } from "@effect/vitest"
import { Effect, FileSystem, Layer } from "effect"
import * as packageJson from "../../package.json" with { type: "json" }
import { reachable } from "../../packaging/imports.ts"
import { fileName as noticesFile } from "../../packaging/notices.ts"
import { ServerProcess } from "../../src/services/tools/ServerProcess.ts"
import { layer as layerProcesses } from "../support/signInProcess.ts"
import { folder as makeFolder, path } from "./house.ts"
import { npm, quickly } from "./npm.ts"
import { Packed } from "./packed.ts"
import { compile, node, run } from "./program.ts"

const { devDependencies, exports, name, version } = packageJson.default

const sdk = `@modelcontextprotocol/sdk@${devDependencies["@modelcontextprotocol/sdk"]}`

const doors = Object.values(exports).filter((door) => typeof door === "object")

/** Paths as the package names them. */
const inPackage = (door: string) => door.replace("./", "")

layer(Packed.layer.pipe(Layer.provideMerge(layerProcesses)), { excludeTestServices: true, timeout: 120_000 })(
  "the npm package",
  (it) => {
    it.effect("holds what its doors and its command lead to, four pages, and nothing else", () =>
      Effect.gen(function*() {
        const { files, installed } = yield* Packed
        const wanted = [
          "CHANGELOG.md",
          "LICENSE",
          "README.md",
          "package.json",
          `dist/bin/${noticesFile}`,
          ...reachable(installed, doors.flatMap((door) => [inPackage(door.default), inPackage(door.types)])),
          ...reachable(installed, [packageJson.default.bin["mcp-gas"]])
        ]
        assert.deepStrictEqual(files.filter((file) => !wanted.includes(file)), [], "is of no use")
        assert.deepStrictEqual(wanted.filter((file) => !files.includes(file)), [], "is missing")
        for (const door of doors) assert.includeMembers([...files], [inPackage(door.default), inPackage(door.types)])
        for (const file of files) assert.notMatch(file, /\btest\b|\.map$/)
      }))

    it.effect("hands on the licences of what is bundled into the command", () =>
      Effect.gen(function*() {
        const { installed } = yield* Packed
        const fs = yield* FileSystem.FileSystem
        const notices = yield* fs.readFileString(`${installed}/dist/bin/${noticesFile}`)
        for (const bundled of ["effect", "@modelcontextprotocol/sdk", "oidc-provider", "open", "oauth4webapi"]) {
          assert.match(notices, new RegExp(`^${bundled} \\d[^ ]* \\(MIT\\)\n\n.*Copyright`, "ims"), bundled)
        }
      }))

    it.effect("has no source map to look for", () =>
      Effect.gen(function*() {
        const { files, installed } = yield* Packed
        const fs = yield* FileSystem.FileSystem
        for (const file of files.filter((each) => each.endsWith(".js"))) {
          assert.notMatch(yield* fs.readFileString(`${installed}/${file}`), /^\/\/# sourceMappingURL=/m, file)
        }
      }))

    it.effect("is less than 1 MB to download, and 4 MB on disk", () =>
      Effect.gen(function*() {
        const { size, unpackedSize } = yield* Packed
        assert.isBelow(size, 1_000_000)
        assert.isBelow(unpackedSize, 4_000_000)
      }))

    it.effect("is in order for publint", () =>
      Effect.gen(function*() {
        const { tarball } = yield* Packed
        const ran = yield* run("publint", yield* makeFolder, ["run", tarball, "--strict"])
        assert.strictEqual(ran.code, 0, ran.stdout + ran.stderr)
        assert.include(ran.stdout, "All good!")
      }))

    it.effect("has types that resolve wherever it can be imported, and it is a package of ES modules only", () =>
      Effect.gen(function*() {
        const { tarball } = yield* Packed
        const ran = yield* run("attw", yield* makeFolder, [tarball, "--profile", "esm-only", "--no-color"])
        assert.strictEqual(ran.code, 0, ran.stdout + ran.stderr)
        assert.notInclude(ran.stdout, "💥")
      }))

    it.effect("brings two packages along", () =>
      Effect.gen(function*() {
        const { folder } = yield* Packed
        const fs = yield* FileSystem.FileSystem
        const there = yield* fs.readDirectory(`${folder}/node_modules`)
        assert.sameMembers(there.filter((each) => !each.startsWith(".")), ["@napi-rs", name, "oauth4webapi"])
      }))

    it.effect("is a command for npx", () =>
      Effect.gen(function*() {
        const { folder } = yield* Packed
        assert.strictEqual(yield* npm(folder, ["exec", "--no", "--", "mcp-gas", "--version"]), `${version}\n`)
      }))

    it.effect("serves", () =>
      Effect.gen(function*() {
        const { folder } = yield* Packed
        const { start } = yield* ServerProcess
        const command = `${folder}/node_modules/.bin/mcp-gas`
        const server = yield* start({ command, args: [], env: { PATH: path, HOME: yield* makeFolder } })
        assert.include((yield* server.tools).map((tool) => tool["name"]), "gas_auth")
        yield* server.endInput
        assert.deepStrictEqual(yield* server.ended, { code: 0, signal: null })
      }))

    it.effect("is a library beside effect, which the README's example compiles against", () =>
      Effect.gen(function*() {
        const { installed, tarball } = yield* Packed
        const fs = yield* FileSystem.FileSystem
        const folder = yield* makeFolder
        yield* fs.writeFileString(`${folder}/package.json`, `{ "private": true, "type": "module" }`)
        yield* npm(folder, ["install", ...quickly, tarball, `effect@${devDependencies.effect}`])

        const program = `
          import * as Gas from "mcp-gas"
          import { Exploration } from "mcp-gas/exploring"
          console.log(typeof Gas.AuthFlows, typeof Gas.AuthFlowsFibers.layer, typeof Exploration.atRandom)`
        const ran = yield* node(folder, ["--input-type=module", "--eval", program])
        assert.deepStrictEqual(ran, { code: 0, stdout: "function function function\n", stderr: "" })

        const readme = yield* fs.readFileString(`${installed}/README.md`)
        const example = /^```ts\n(.*?)^```/ms.exec(readme)?.[1] ?? ""
        // Where types were not found, everything would be allowed.
        const refused = `// @ts-expect-error\nSignIn.layer({ scopes: 1 })\n`
        yield* fs.writeFileString(`${folder}/example.ts`, `${example}${refused}export { Acme, token }\n`)
        const compiled = yield* compile(folder, "example.ts")
        assert.strictEqual(compiled.code, 0, compiled.stdout)
      }))

    it.effect("has a door whose types need no effect, in every way that modules are found, libraries checked too", () =>
      Effect.gen(function*() {
        const { tarball } = yield* Packed
        const fs = yield* FileSystem.FileSystem
        const folder = yield* makeFolder
        yield* fs.writeFileString(`${folder}/package.json`, `{ "private": true, "type": "module" }`)
        yield* npm(folder, ["install", ...quickly, tarball, sdk])
        yield* fs.writeFileString(
          `${folder}/program.ts`,
          `import { createSignIn, type PromiseSignIn, type SdkTool, SignInError } from "mcp-gas/promise"
          const options = { name: "acme-mcp", issuer: "https://accounts.example.com", clientId: "my-client", scopes: [] }
          await using signIn: PromiseSignIn = createSignIn(options)
          const tool: SdkTool = signIn.authTool("acme_auth")
          const token: string = await signIn.accessToken()
          // @ts-expect-error
          createSignIn({ ...options, scopes: "openid" })
          export { SignInError, token, tool }\n`
        )
        for (const found of [["nodenext", "nodenext"], ["esnext", "bundler"]]) {
          const [module = "", resolution = ""] = found
          // The SDK's own types are of a program that has the DOM's.
          const libraries = ["--skipLibCheck", "false", "--lib", "es2024,esnext.disposable,dom"]
          const options = [...libraries, "--module", module, "--moduleResolution", resolution]
          const compiled = yield* compile(folder, "program.ts", options)
          assert.strictEqual(compiled.code, 0, compiled.stdout)
        }
      }))

    it.effect("can be installed beside zod 3, and its tool is told of in full by a server that has that", () =>
      Effect.gen(function*() {
        const { tarball } = yield* Packed
        const fs = yield* FileSystem.FileSystem
        const folder = yield* makeFolder
        yield* fs.writeFileString(`${folder}/package.json`, `{ "private": true, "type": "module" }`)
        yield* npm(folder, ["install", ...quickly, sdk, "zod@3.25.76"])
        yield* npm(folder, ["install", ...quickly, tarball])
        const program = `
          import assert from "node:assert/strict"
          import { Client } from "@modelcontextprotocol/sdk/client/index.js"
          import { InMemoryTransport } from "@modelcontextprotocol/sdk/inMemory.js"
          import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js"
          import { createSignIn } from "mcp-gas/promise"
          const options = { name: "acme-mcp", issuer: "https://accounts.example.com", clientId: "my-client", scopes: [] }
          const signIn = createSignIn({ ...options, storage: "memory" })
          const tool = signIn.authTool("acme_auth")
          const server = new McpServer({ name: "acme-mcp", version: "1.0.0" })
          await tool.register(server)
          const client = new Client({ name: "test", version: "1.0.0" })
          const [near, far] = InMemoryTransport.createLinkedPair()
          await Promise.all([server.connect(far), client.connect(near)])
          const [{ inputSchema: { $schema, ...inputSchema } }] = (await client.listTools()).tools
          assert.deepEqual(inputSchema, tool.definition.inputSchema)
          const { structuredContent } = await client.callTool({ name: "acme_auth", arguments: { mode: "status" } })
          console.log(structuredContent.status)
          await client.close()
          await signIn.close()`
        const ran = yield* node(folder, ["--input-type=module", "--eval", program])
        assert.deepStrictEqual(ran, { code: 0, stdout: "not_authenticated\n", stderr: "" })
      }))
  }
)
