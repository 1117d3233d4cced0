/**
 * What is said of the file of the stored sign-ins, whatever has become of it; and that a look leaves it, and everything
 * beside it, as it is.
 */
import { NodeCrypto, NodeFileSystem, NodePath } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { DateTime, Effect, Fiber, Layer, Option, Scheduler } from "effect"
import { execFile, execFileSync, spawnSync } from "node:child_process"
import { chmodSync, mkdirSync, readFileSync, rmSync, statSync, symlinkSync, truncateSync, writeFileSync } from "node:fs"
import process from "node:process"
import { DatabaseSync } from "node:sqlite"
import * as StoreCheck from "../../../src/layers/doctor/StoreCheck.ts"
import * as StoreSeenSqlite from "../../../src/layers/doctor/StoreSeenSqlite.ts"
import * as DataDirectoryFileSystem from "../../../src/layers/storage/DataDirectoryFileSystem.ts"
import * as VaultAead from "../../../src/layers/storage/VaultAead.ts"
import { StoreSeen } from "../../../src/services/doctor/StoreSeen.ts"
import { FlowStore } from "../../../src/services/storage/FlowStore.ts"
import { VaultKeys } from "../../../src/services/storage/VaultKeys.ts"
import { everythingIn, levelsOf, only, run, textOf, texts } from "../../support/doctor.ts"
import { at as moment, flow, later, opens } from "../../support/flowData.ts"
import { ada, generation, grace, signIn, tokensOf } from "../../support/sessionData.ts"
import { fileOf, home, layerAt, namesIn, using } from "../../support/sessionsFile.ts"
import { start } from "../../support/storeProcesses.ts"
import { keyOf } from "../../support/vaultKeys.ts"

/** Opens what the stores of `sessionsFile` have sealed, and makes no key. */
const layerKeys = Layer.succeed(VaultKeys, {
  current: Effect.die("a key was to be made"),
  find: () => Effect.succeedSome(keyOf("memory", 7)),
  keeper: Effect.succeed("memory" as const)
})

const layer = (at: string) =>
  StoreSeenSqlite.layer.pipe(
    Layer.provide([
      DataDirectoryFileSystem.layerAt(at).pipe(Layer.provide([NodeFileSystem.layer, NodePath.layer])),
      NodePath.layer,
      VaultAead.layer.pipe(Layer.provide([layerKeys, NodeCrypto.layerAead, NodeCrypto.layerSecureRandom]))
    ])
  )

const look = (at: string) => Effect.provide(StoreSeen.use((seen) => seen.look), layer(at))

/** The findings; fails if the examination has changed anything in these files. */
const checkOf = (filesIn: (at: string) => unknown) =>
  Effect.fnUntraced(function*(at: string) {
    const before = filesIn(at)
    const findings = yield* Effect.provide(run(StoreCheck.make), layer(at))
    assert.deepStrictEqual(filesIn(at), before)
    return findings
  })

const check = checkOf(everythingIn)

/** Beside a window, which looks at the store again and again, and marks in the index of the log what it reads. */
const checkBesideWindow = checkOf((at) => everythingIn(at).filter(({ name }) => !name.endsWith("-shm")))

/** A home where Ada has signed in and nobody is any more. */
const written = Effect.fnUntraced(function*() {
  const at = yield* home
  yield* using(at, (store) => store.write(ada, generation(0), signIn()))
  assert.notInclude(namesIn(at), "sessions.db-wal")
  return at
})

/** Gives way to others so many times. */
const yields = (times: number) => Effect.repeat(Effect.yieldNow, { times })

/** Another process, which opens the file, writes much of it anew, and closes it, over and over. */
const comeAndGo = (at: string) =>
  Effect.callback<void>((resume) => {
    const child = execFile(process.execPath, [
      "-e",
      `
      const { DatabaseSync } = require("node:sqlite")
      for (let count = 0; count < 40; count++) {
        const db = new DatabaseSync(${JSON.stringify(fileOf(at))}, { timeout: 5000 })
        db.exec(\`PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF; BEGIN;
          CREATE TABLE IF NOT EXISTS filler (a TEXT, b TEXT);
          CREATE INDEX IF NOT EXISTS filler_a ON filler (a);
          DELETE FROM filler;
          WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000)
            INSERT INTO filler SELECT hex(randomblob(40)), hex(randomblob(100)) FROM n;
          COMMIT\`)
        db.close()
      }`
    ], (error) => resume(error === null ? Effect.void : Effect.die(error)))
    return Effect.sync(() => child.kill())
  })

/** Another process, which signs Grace in, so to speak, and dies with the log still full. */
const dieWriting = (at: string) =>
  spawnSync(process.execPath, [
    "-e",
    `
    const db = new (require("node:sqlite").DatabaseSync)(${JSON.stringify(fileOf(at))})
    db.exec("PRAGMA journal_mode = WAL; INSERT INTO slots SELECT 'left@example.com', 1, 0, 'SignedOut', NULL, NULL")
    process.kill(process.pid, "SIGKILL")`
  ])

describe("StoreCheck", () => {
  it.effect("no directory, no file or an empty one: nothing has been stored, and nothing is made", () =>
    Effect.gen(function*() {
      const at = yield* home
      assert.deepStrictEqual(texts(yield* Effect.provide(run(StoreCheck.make), layer(at))), [
        "Nothing has been stored yet."
      ])
      mkdirSync(at, { mode: 0o700 })
      assert.deepStrictEqual(texts(yield* check(at)), ["Nothing has been stored yet."])
      writeFileSync(fileOf(at), "", { mode: 0o600 })
      assert.deepStrictEqual(texts(yield* check(at)), ["Nothing has been stored yet."])
    }))

  it.effect("a sound file is in order, and what is in it can be read", () =>
    Effect.gen(function*() {
      const at = yield* written()
      assert.strictEqual(textOf(only(yield* check(at))), `${fileOf(at)} is sound and holds 1 account in form 3.`)
      const { slots } = yield* look(at)
      assert.deepStrictEqual(slots.map(({ key, keeper }) => [key, Option.getOrUndefined(keeper)]), [[ada, "memory"]])
      const slot = slots[0] && (yield* slots[0].slot)
      assert.strictEqual(slot && tokensOf(slot)?.access, "access-1")
    }))

  it.live("while a window has it open, it is seen as that has left it, and the window can go on writing", () =>
    Effect.gen(function*() {
      const at = yield* written()
      const window = yield* start(at)
      const generationSeen = Effect.gen(function*() {
        const { slots: [first] } = yield* look(at)
        return first && (yield* first.slot).generation
      })
      for (const now of [2, 3]) {
        assert.deepStrictEqual(yield* window.tell("write"), { done: { generation: now } })
        assert.include(namesIn(at), "sessions.db-wal")
        assert.strictEqual(only(yield* checkBesideWindow(at)).level, "ok")
        assert.strictEqual(yield* generationSeen, now)
      }
    }))

  it.effect("sign-ins under way are told, without what is secret about them", () =>
    Effect.gen(function*() {
      const at = yield* home
      yield* Effect.gen(function*() {
        const flows = yield* FlowStore
        yield* flows.begin(flow("one"), Option.none())
        yield* flows.change(flow("one").id, opens("canary"))
        yield* flows.begin(flow("two", { key: grace }), Option.some(flow("one").id))
      }).pipe(Effect.provide(layerAt(at)))
      const { leases, pending } = yield* look(at)
      assert.deepStrictEqual(pending.map((each) => ({ ...each, expiresAt: 0, startedAt: 0 })), [
        { key: grace, pid: process.pid, startedAt: 0, expiresAt: 0, answered: false }
      ])
      assert.deepStrictEqual(pending.map(({ startedAt }) => DateTime.toEpochMillis(startedAt)), [0])
      assert.isTrue(DateTime.isLessThan(moment(0), later))
      assert.deepStrictEqual(leases, [{ key: ada, lease: "lease of one" }, { key: grace, lease: "lease of two" }])
      assert.notInclude(JSON.stringify([leases, pending]), "canary")
    }))

  it.live("what a killed process has left in the log is seen, and left there", () =>
    Effect.gen(function*() {
      const at = yield* written()
      dieWriting(at)
      assert.include(namesIn(at), "sessions.db-shm")
      assert.include(textOf(only(yield* check(at))), "holds 2 accounts")
    }))

  it.live("a log without its index cannot be looked at without being changed, so it is not", () =>
    Effect.gen(function*() {
      const at = yield* written()
      dieWriting(at)
      rmSync(`${fileOf(at)}-shm`)
      const finding = only(yield* check(at))
      assert.strictEqual(finding.level, "problem")
      assert.include(textOf(finding), "left half open")
      yield* using(at, (store) => store.list)
      assert.include(textOf(only(yield* check(at))), "holds 2 accounts")
    }))

  for (
    const [damage, inflict] of Object.entries<(path: string) => void>({
      "a damaged header": (path) => {
        writeFileSync(path, readFileSync(path).fill(0xa5, 0, 100))
      },
      "damaged pages": (path) => {
        writeFileSync(path, readFileSync(path).fill(0xa5, 4096, 3 * 4096))
      },
      "an index that says something else than its table": (path) => {
        const db = new DatabaseSync(path)
        const [root] = db.prepare("SELECT rootpage FROM sqlite_schema WHERE name = 'sqlite_autoindex_slots_1'").all()
        db.close()
        const bytes = readFileSync(path)
        bytes.write("b", bytes.indexOf("ada@", (Number(root?.["rootpage"]) - 1) * 4096))
        writeFileSync(path, bytes)
      },
      "a file cut to half": (path) => truncateSync(path, Math.floor(statSync(path).size / 2)),
      "a file cut to one byte": (path) => truncateSync(path, 1),
      "a file of something else": (path) => writeFileSync(path, "all work and no play ".repeat(500))
    })
  ) {
    it.effect(`${damage} is a problem, and the file stays where it is`, () =>
      Effect.gen(function*() {
        const at = yield* written()
        inflict(fileOf(at))
        const finding = only(yield* check(at))
        assert.strictEqual(finding.level, "problem")
        assert.include(textOf(finding), `The stored sign-ins in ${fileOf(at)} are damaged.`)
      }))
  }

  it.effect("a newer form is a problem; an older one is brought to today's by the next use, and not by this", () =>
    Effect.gen(function*() {
      const at = yield* written()
      const edit = (sql: string) =>
        execFileSync(process.execPath, [
          "-e",
          `
          new (require("node:sqlite").DatabaseSync)(${JSON.stringify(fileOf(at))}).exec(${JSON.stringify(sql)})`
        ])
      edit("DROP TABLE flows; DROP TABLE tabs; DROP TABLE counters; DELETE FROM mcp_gas_schema WHERE migration_id > 1")
      const older = only(yield* check(at))
      assert.strictEqual(older.level, "ok")
      assert.include(textOf(older), "in form 1, which the next use brings to form 3")
      edit("INSERT INTO mcp_gas_schema (migration_id, name) VALUES (99, 'from the future')")
      const newer = only(yield* check(at))
      assert.strictEqual(newer.level, "problem")
      assert.include(textOf(newer), "newer version of this program (form 99")
      assert.include(textOf(newer), "Install the newest version")
    }))

  it.effect("a file that others may read is a warning, and stays as open as it is", () =>
    Effect.gen(function*() {
      const at = yield* written()
      chmodSync(fileOf(at), 0o644)
      const findings = yield* check(at)
      assert.deepStrictEqual(levelsOf(findings, "store"), ["ok", "warning"])
      assert.include(texts(findings).join(), "(mode 644)")
      assert.strictEqual(statSync(fileOf(at)).mode & 0o777, 0o644)
    }))

  it.effect("a link and a directory in its place are problems, and are not followed", () =>
    Effect.gen(function*() {
      const at = yield* home
      mkdirSync(at, { mode: 0o700 })
      symlinkSync(yield* Effect.map(written(), fileOf), fileOf(at))
      const link = only(yield* Effect.provide(run(StoreCheck.make), layer(at)))
      assert.strictEqual(link.level, "problem")
      assert.include(textOf(link), "is no regular file")
      rmSync(fileOf(at))
      mkdirSync(fileOf(at))
      assert.strictEqual(only(yield* check(at)).level, "problem")
    }))

  it.effect("a row of no account is a warning, and hides none of the others", () =>
    Effect.gen(function*() {
      const at = yield* written()
      const db = new DatabaseSync(fileOf(at))
      db.exec("INSERT INTO slots SELECT 'two words', 1, 0, 'SignedOut', NULL, NULL")
      db.close()
      const findings = yield* check(at)
      assert.deepStrictEqual(levelsOf(findings, "store"), ["ok", "warning"])
      assert.include(texts(findings).join(), "1 row in")
      assert.include(texts(findings).join(), "holds 1 account")
    }))

  it.live("what is changed while it is looked at is looked at again, at whatever step that happens", () =>
    Effect.gen(function*() {
      const at = yield* written()
      const sound = readFileSync(fileOf(at))
      const broken = Buffer.from(sound).fill(0xa5, 4096)
      const disturbed = (step: number) =>
        Effect.gen(function*() {
          yield* yields(step)
          writeFileSync(fileOf(at), broken)
          yield* yields(5)
          writeFileSync(fileOf(at), sound)
        })
      for (let step = 1; step <= 60; step += 3) {
        const [seen] = yield* Effect.all([look(at), disturbed(step)], { concurrency: 2 }).pipe(
          Effect.provideService(Scheduler.MaxOpsBeforeYield, 3)
        )
        assert.lengthOf(seen.slots, 1)
      }
    }))

  it.live("while windows come and go, over and over, what is seen is never taken for damage", () =>
    Effect.gen(function*() {
      const at = yield* written()
      const coming = yield* Effect.forkScoped(comeAndGo(at), { startImmediately: true })
      const looked = look(at).pipe(
        Effect.match({
          onSuccess: ({ slots }) => slots.length === 1 ? undefined : `${slots.length} slots`,
          // It may change at every look; it is then not looked at, which is no damage.
          onFailure: ({ message }) => message.includes("half open") ? undefined : message
        })
      )
      const wrong = yield* Effect.repeat(looked, {
        until: (what) => what !== undefined || coming.pollUnsafe() !== undefined
      })
      assert.isUndefined(wrong)
      yield* Fiber.join(coming)
      assert.strictEqual(only(yield* check(at)).level, "ok")
    }))
})
