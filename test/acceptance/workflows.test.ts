/**
 * The workflows for the forge, read as it reads them: what they run on, what they may do, and whom they trust.
 */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { readdirSync, readFileSync } from "node:fs"
import { parseDocument } from "yaml"
import * as packageJson from "../../package.json" with { type: "json" }

const Permissions = Schema.Record(Schema.String, Schema.Literals(["read", "write"]))

const Step = Schema.Struct({
  uses: Schema.optionalKey(Schema.String),
  run: Schema.optionalKey(Schema.String),
  with: Schema.optionalKey(Schema.Record(Schema.String, Schema.Json))
})

const Job = Schema.Struct({
  "runs-on": Schema.String,
  "timeout-minutes": Schema.Int,
  needs: Schema.optionalKey(Schema.String),
  permissions: Schema.optionalKey(Permissions),
  strategy: Schema.optionalKey(Schema.Struct({
    matrix: Schema.Struct({
      os: Schema.Array(Schema.String),
      node: Schema.Array(Schema.String),
      exclude: Schema.Array(Schema.Struct({ os: Schema.String, node: Schema.String }))
    })
  })),
  steps: Schema.NonEmptyArray(Step)
})

const Workflow = Schema.Struct({
  on: Schema.Record(Schema.String, Schema.Json),
  permissions: Permissions,
  jobs: Schema.Record(Schema.String, Job)
})

const Dependabot = Schema.Struct({
  updates: Schema.Array(Schema.Struct({
    "package-ecosystem": Schema.String,
    directory: Schema.optionalKey(Schema.String),
    directories: Schema.optionalKey(Schema.Array(Schema.String))
  }))
})

const folder = new URL("../../.github/workflows/", import.meta.url)

const read = (file: URL): unknown => {
  const document = parseDocument(readFileSync(file, "utf8"), { strict: true, uniqueKeys: true })
  assert.deepStrictEqual([...document.errors, ...document.warnings], [])
  return document.toJS()
}

const workflow = (name: string) => Schema.decodeUnknownEffect(Workflow)(read(new URL(name, folder)))

/** What its jobs may do beyond reading the repository. */
const mayDo: Readonly<Record<string, Readonly<Record<string, ReadonlyArray<string>>>>> = {
  "ci.yml": {},
  "release.yml": { npm: ["id-token"], bundle: ["contents"], registry: ["id-token"] }
}

describe("the workflows", () => {
  it("are these", () => assert.sameMembers(readdirSync(folder), Object.keys(mayDo)))

  for (const [name, jobsThatMay] of Object.entries(mayDo)) {
    it.effect(`${name} is read, and each job comes after one that is there`, () =>
      Effect.gen(function*() {
        const { jobs } = yield* workflow(name)
        for (const { needs } of Object.values(jobs)) if (needs !== undefined) assert.property(jobs, needs)
      }))

    it.effect(`${name} may do no more than it has to`, () =>
      Effect.gen(function*() {
        const { jobs, on, permissions } = yield* workflow(name)
        assert.notProperty(on, "pull_request_target")
        assert.isTrue(Object.entries(permissions).every((each) => each.join() === "contents,read"))
        for (const [job, { permissions: own = {} }] of Object.entries(jobs)) {
          const writes = Object.entries(own).filter(([, right]) => right === "write").map(([what]) => what)
          assert.deepStrictEqual(writes, jobsThatMay[job] ?? [], job)
        }
      }))

    it.effect(`${name} trusts the forge's own actions, by their commits, and leaves no credentials behind`, () =>
      Effect.gen(function*() {
        const { jobs } = yield* workflow(name)
        for (const step of Object.values(jobs).flatMap(({ steps }) => steps)) {
          if (step.uses === undefined) continue
          assert.match(step.uses, /^actions\/(checkout|setup-node)@[0-9a-f]{40}$/)
          if (step.uses.startsWith("actions/checkout@")) assert.isFalse(step.with?.["persist-credentials"])
        }
      }))

    it.effect(`${name} installs without scripts where it may publish`, () =>
      Effect.gen(function*() {
        const { jobs } = yield* workflow(name)
        const publishing = Object.keys(jobsThatMay).flatMap((job) => jobs[job]?.steps ?? [])
        for (const { run = "" } of publishing) {
          if (/\bnpm (ci|install|i)\b/.test(run)) assert.include(run, " --ignore-scripts")
        }
      }))

    it.effect(`${name} holds no secret, and puts nothing from outside into a shell`, () =>
      Effect.gen(function*() {
        const { jobs } = yield* workflow(name)
        assert.notInclude(JSON.stringify(jobs), "secrets.")
        for (const { run = "" } of Object.values(jobs).flatMap(({ steps }) => steps)) assert.notInclude(run, "${{")
      }))
  }

  it("name one commit for each action, with its version beside it", () => {
    const named = Object.keys(mayDo).flatMap((name) =>
      [...readFileSync(new URL(name, folder), "utf8").matchAll(/\buses: (.*)$/gm)].map(([, action = ""]) => action)
    )
    for (const action of named) assert.match(action, /^[\w/-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/)
    assert.strictEqual(new Set(named).size, new Set(named.map((action) => action.split("@")[0])).size)
  })

  it.effect("are kept up to date by a bot, and so is each folder that has packages", () =>
    Effect.gen(function*() {
      const { updates } = yield* Schema.decodeUnknownEffect(Dependabot)(read(new URL("../dependabot.yml", folder)))
      const kept = updates.flatMap(({ directories = [], directory = [], "package-ecosystem": ecosystem }) =>
        [directories, directory].flat().map((each) => `${ecosystem} ${each}`)
      )
      assert.sameMembers(kept, ["github-actions /", "npm /", "npm /test/acceptance"])
    }))

  it.effect("publish to npm by the script that may be run again", () =>
    Effect.gen(function*() {
      const { jobs } = yield* workflow("release.yml")
      assert.deepInclude(jobs["npm"]?.steps.at(-1), { run: "bash packaging/publish.sh" })
      assert.notInclude(JSON.stringify(jobs), "npm publish")
    }))

  it.effect("try every platform with every Node: everything on one of them, what is run after every change on the rest", () =>
    Effect.gen(function*() {
      const { jobs } = yield* workflow("ci.yml")
      assert.deepInclude(jobs["everything"]?.steps.at(-1), { run: "bash .ci/run" })
      const matrix = jobs["platforms"]?.strategy?.matrix
      const oldest = packageJson.default.engines.node.replace(">=", "")
      assert.deepStrictEqual(matrix, {
        os: ["ubuntu-latest", "macos-latest", "windows-latest"],
        node: [oldest, "24", "26"],
        exclude: [{ os: "ubuntu-latest", node: "24" }]
      })
    }))

  it.effect("run the tests on the Node of the matrix, and not on the one that npm scripts have", () =>
    Effect.gen(function*() {
      const { jobs } = yield* workflow("ci.yml")
      const runs = jobs["platforms"]?.steps.flatMap(({ run = [] }) => run) ?? []
      const tests = runs.filter((run) => run.includes("vitest"))
      assert.strictEqual(tests.length, 1)
      assert.match(tests[0] ?? "", /^node node_modules\/vitest\/vitest\.mjs /)
      assert.isFalse(runs.some((run) => /^npm (test|run test)/.test(run)), runs.join("; "))
    }))
})
