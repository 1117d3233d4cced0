import { NodeCrypto } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Layer, Logger, Option, Redacted, Schema, Tracer } from "effect"
import { inspect } from "node:util"
import * as VaultAead from "../../../src/layers/storage/VaultAead.ts"
import * as VaultKeysMemory from "../../../src/layers/storage/VaultKeysMemory.ts"
import { StoreUnavailable } from "../../../src/services/storage/SessionStore.ts"
import { type Place, Vault } from "../../../src/services/storage/Vault.ts"
import { type VaultKey, VaultKeys } from "../../../src/services/storage/VaultKeys.ts"
import { keyOf, printed } from "../../support/vaultKeys.ts"

const crypto = Layer.merge(NodeCrypto.layerAead, NodeCrypto.layerSecureRandom)
const inMemory = VaultAead.layer.pipe(Layer.provide(VaultKeysMemory.layer), Layer.provide(crypto))

/** A vault that seals with the first of these keys and finds them all. */
const over = (...keys: readonly [VaultKey, ...ReadonlyArray<VaultKey>]) =>
  VaultAead.layer.pipe(
    Layer.provide(Layer.succeed(VaultKeys, {
      current: Effect.succeed(keys[0]),
      find: (keeper) => Effect.succeed(Option.fromUndefinedOr(keys.find((key) => key.keeper === keeper))),
      keeper: Effect.succeed(keys[0].keeper)
    })),
    Layer.provide(crypto)
  )

const place: Place = ["client", "ada"]
const seal = (secret: string, at: Place = place) =>
  Effect.flatMap(Vault, (vault) => vault.seal(Redacted.make(secret), at))
const open = (sealed: string, at: Place = place) =>
  Effect.map(Effect.flatMap(Vault, (vault) => vault.open(sealed, at)), Redacted.value)

/** That this is the typed failure; a defect would be the test's. */
const isBroken = Effect.fnUntraced(function*(sealed: string, at: Place = place) {
  const outcome = yield* Effect.match(open(sealed, at), { onSuccess: () => "opened", onFailure: ({ _tag }) => _tag })
  assert.strictEqual(outcome, "SealBroken", `${sealed.slice(0, 200)} for ${JSON.stringify(at)}`)
})

const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

describe("VaultAead", () => {
  it.effect("gives back what it was given, whatever that is", () =>
    Effect.gen(function*() {
      for (const secret of ["", "token", "\0", "ключ 🔑 e\u0301", "\ud800 alone", "x".repeat(1024 * 1024), "\"\\\n"]) {
        const sealed = yield* seal(secret)
        assert.isTrue((yield* open(sealed)) === secret)
        assert.match(sealed, /^v1\.memory\.[\w-]+$/u)
      }
    }).pipe(Effect.provide(inMemory)))

  it.effect.prop(
    "gives back any text, for any place",
    [Schema.String, Schema.Array(Schema.String)],
    ([secret, at]) =>
      Effect.gen(function*() {
        assert.strictEqual(yield* open(yield* seal(secret, at), at), secret)
      }).pipe(Effect.provide(inMemory))
  )

  it.effect("the same secret never seals to the same text", () =>
    Effect.gen(function*() {
      const sealed = yield* Effect.replicateEffect(seal("token"), 100)
      assert.strictEqual(new Set(sealed).size, 100)
      for (const text of sealed) assert.notInclude(text, "token")
    }).pipe(Effect.provide(inMemory)))

  it.effect("opens for no place but its own", () =>
    Effect.gen(function*() {
      const sealed = yield* seal("token")
      const others: ReadonlyArray<Place> = [
        ["client", "grace"],
        ["other client", "ada"],
        ["ada", "client"],
        ["client"],
        ["client", "ada", ""],
        ["", "client", "ada"],
        ["clientada"],
        ["client,ada"],
        ["clien", "tada"],
        []
      ]
      for (const other of others) yield* isBroken(sealed, other)
      yield* isBroken(yield* seal("token", ["ab", "c"]), ["a", "bc"])
      yield* isBroken(yield* seal("token", ["a\",\"b"]), ["a", "b"])
      yield* isBroken(yield* seal("token", ["\ud800"]), ["\ufffd"])
    }).pipe(Effect.provide(inMemory)))

  it.effect.prop(
    "places that differ are different places",
    [Schema.Array(Schema.String), Schema.Array(Schema.String)],
    ([one, other]) =>
      Effect.gen(function*() {
        const sealed = yield* seal("token", one)
        if (JSON.stringify(one) === JSON.stringify(other)) assert.strictEqual(yield* open(sealed, other), "token")
        else yield* isBroken(sealed, other)
      }).pipe(Effect.provide(inMemory))
  )

  it.effect("does not open with any one character of it changed, removed or added, at any position", () =>
    Effect.gen(function*() {
      const sealed = yield* seal("a token")
      for (let at = 0; at < sealed.length; at++) {
        const [before, after] = [sealed.slice(0, at), sealed.slice(at + 1)]
        yield* isBroken(before + after)
        for (const other of [...alphabet, ".", "=", "+", "/", " ", "\n", "é"]) {
          if (other !== sealed[at]) yield* isBroken(before + other + after)
        }
        yield* isBroken(`${before}A${sealed.slice(at)}`)
        yield* isBroken(before)
      }
      for (const tail of ["A", "=", "==", ".", "\n", " ", "\0"]) yield* isBroken(sealed + tail)
      assert.strictEqual(yield* open(sealed), "a token")
    }).pipe(Effect.provide(inMemory)))

  it.effect.prop(
    "does not open with any bit of it flipped",
    [
      Schema.String,
      Schema.Finite.check(Schema.isBetween({ minimum: 0, maximum: 1 })),
      Schema.Literals([0, 1, 2, 3, 4, 5, 6, 7])
    ],
    ([secret, where, bit]) =>
      Effect.gen(function*() {
        const sealed = yield* seal(secret)
        const [version, keeper, body = ""] = sealed.split(".")
        const bytes = Buffer.from(body, "base64url")
        const at = Math.min(bytes.length - 1, Math.floor(where * bytes.length))
        bytes.writeUInt8(bytes.readUInt8(at) ^ (1 << bit), at)
        yield* isBroken(`${version}.${keeper}.${bytes.toString("base64url")}`)
      }).pipe(Effect.provide(inMemory)),
    { arbitrary: { runs: 500 } }
  )

  it.effect.prop("what it has not written does not open", [Schema.String], ([text]) =>
    Effect.gen(function*() {
      for (
        const sealed of [
          text,
          `v1.${text}`,
          `v1.memory.${text}`,
          `v1.memory.${Buffer.from(text).toString("base64url")}`
        ]
      ) {
        yield* isBroken(sealed)
      }
    }).pipe(Effect.provide(inMemory)))

  it.effect("a version or a keeper that it was not sealed with does not open, though the key be the same", () =>
    Effect.gen(function*() {
      const sealed = yield* seal("token")
      assert.match(sealed, /^v1\.keychain\./u)
      yield* isBroken(sealed.replace(/^v1/u, "v2"))
      yield* isBroken(sealed.replace(/^v1/u, ""))
      for (const other of ["file", "memory", "Keychain", "", "toString", "__proto__"]) {
        yield* isBroken(sealed.replace("keychain", other))
      }
    }).pipe(Effect.provide(over(keyOf("keychain", 7), keyOf("file", 7), keyOf("memory", 7)))))

  it.effect("a key that was replaced, is gone, or is none does not open it", () =>
    Effect.gen(function*() {
      const sealed = yield* Effect.provide(seal("token"), over(keyOf("file", 7)))
      yield* Effect.provide(isBroken(sealed), over(keyOf("file", 8)))
      yield* Effect.provide(isBroken(sealed), over(keyOf("keychain", 7)))
      yield* Effect.provide(isBroken(sealed), over(keyOf("file", 7, 16)))
      assert.strictEqual(yield* Effect.provide(open(sealed), over(keyOf("keychain", 1), keyOf("file", 7))), "token")
    }))

  it.effect("a key out of reach is not a broken seal", () =>
    Effect.gen(function*() {
      const locked = new StoreUnavailable({ problem: "Locked.", remedy: "Unlock it." })
      const sealed = yield* Effect.provide(seal("token"), over(keyOf("keychain", 7)))
      const outOfReach = VaultAead.layer.pipe(
        Layer.provide(Layer.mock(VaultKeys, { current: Effect.fail(locked), find: () => Effect.fail(locked) })),
        Layer.provide(crypto)
      )
      const errors = yield* Effect.all([Effect.flip(open(sealed)), Effect.flip(seal("token"))]).pipe(
        Effect.provide(outOfReach)
      )
      assert.isTrue(errors.every((error) => error === locked))
    }))

  it.effect("tells who keeps the key, and makes none by telling", () =>
    Effect.gen(function*() {
      const keys = Layer.mock(VaultKeys, { keeper: Effect.succeed("keychain" as const) })
      const keeper = yield* Effect.flatMap(Vault, (vault) => vault.keeper).pipe(
        Effect.provide(VaultAead.layer.pipe(Layer.provide(keys), Layer.provide(crypto)))
      )
      assert.strictEqual(keeper, "keychain")
    }))

  it.effect("neither secret nor key appears in a span, a log line, an exit or the vault itself", () =>
    Effect.gen(function*() {
      const key = keyOf("file", 0xa7)
      const texts: Array<string> = []
      const spans: Array<Tracer.Span> = []
      const tracer = Tracer.make({
        span: (options) => {
          const span = new Tracer.NativeSpan(options)
          spans.push(span)
          return span
        }
      })
      yield* Effect.gen(function*() {
        const vault = yield* Vault
        const sealed = yield* vault.seal(Redacted.make("canary"), place)
        for (const [text, at] of [[sealed, place], [sealed, ["x"]], [`${sealed}A`, place]] as const) {
          const exit = yield* Effect.exit(vault.open(text, at))
          yield* Effect.logError("opened", exit, key)
          texts.push(...printed(exit))
        }
        texts.push(...printed(Exit.succeed(key)), inspect(vault, { depth: 12, showHidden: true }))
      }).pipe(
        Effect.provide([
          over(key),
          Logger.layer([Logger.map(Logger.formatStructured, (line) => void texts.push(inspect(line, { depth: 12 })))])
        ]),
        Effect.withTracer(tracer)
      )
      assert.isAbove(spans.length, 3)
      texts.push(...spans.map(({ attributes, name }) => inspect({ name, attributes }, { depth: 12, showHidden: true })))
      // However it is printed: as an array (each number on a line of its own, where there are many), in hex, in base64.
      for (const text of texts) {
        const line = text.replace(/\s/gu, "")
        for (const leak of ["canary", "167,167", "a7a7a7", "p6enp6en"]) assert.notInclude(line, leak)
      }
    }))
})
