import { NodePath } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { resolve } from "node:path"
import { describe as told, importFile } from "../../src/programs/import.ts"
import { type ImportedClient, type ImportedSignIn, Imports } from "../../src/services/importing/Imports.ts"
import { Session } from "../../src/services/sign-in/Session.ts"
import { ada, draft, generation } from "../support/sessionData.ts"

const client: ImportedClient = {
  _tag: "Client",
  clientId: "mine",
  path: "/data/client.json",
  backup: undefined,
  isInUse: true
}

const signIn: ImportedSignIn = {
  _tag: "SignIn",
  session: new Session({ ...draft(), key: ada, generation: generation(1) }),
  missingScopes: [],
  issuedTo: "clasp",
  isFileVoid: false
}

describe("importing a file by the command", () => {
  it("tells where the client is, what became of the one before, and whether it is used", () => {
    assert.deepStrictEqual(told(client), [
      "The OAuth client mine is in /data/client.json now, for the sign-ins of all accounts."
    ])
    const [, backup, unused] = told({ ...client, backup: "/data/backup", isInUse: false })
    assert.include(backup, "/data/backup")
    assert.include(unused, "MCP_GAS_CLIENT_FILE")
  })

  it("tells who is signed in where, by which client, what is missing, and what became of the file", () => {
    const [who, end, ...more] = told(signIn)
    assert.strictEqual(who, `ada@example.com is signed in as "${ada}", with a sign-in that was issued to clasp.`)
    assert.include(end, "Signing out here")
    assert.deepStrictEqual(more, [])
    const [, missing, file] = told({ ...signIn, missingScopes: ["script.projects"], isFileVoid: true })
    assert.include(missing, "script.projects")
    assert.include(file, "void")
  })

  it.effect("a relative path starts from the working directory", () =>
    Effect.gen(function*() {
      const files: Array<string> = []
      const layer = Layer.succeed(Imports, {
        importFile: (file) => Effect.sync(() => client).pipe(Effect.tap(() => Effect.sync(() => files.push(file))))
      })
      const run = (file: string) => Effect.provide(importFile(file, { key: ada }), [layer, NodePath.layer])
      yield* run("a/file.json")
      yield* run("/a/file.json")
      assert.deepStrictEqual(files, [resolve("a/file.json"), "/a/file.json"])
    }))
})
