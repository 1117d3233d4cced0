/**
 * The keychain of the operating system, by way of `@napi-rs/keyring`.
 *
 * The package is an optional dependency: where it is not installed, or has no binary for the platform, there is no
 * keychain. What it does was found out with 2.1.2 on Linux:
 *
 * - `AsyncEntry` has `getPassword` (null if there is nothing), `setPassword` and `deleteCredential`, each with an
 *   `AbortSignal`. Its constructor is synchronous and already connects to the Secret Service. A message bus that takes the
 *   connection and says nothing keeps it for ever, and with it the thread, timers and all: no clock of that thread can
 *   bound it, and a thread of its own would keep the process from ending. Hence a process for each call.
 * - Without a bus, or with one where nobody offers `org.freedesktop.secrets`, the constructor throws at once ("Platform
 *   failure: DBus error: …"), if it was told to use the Secret Service. If it was not, it falls back without a word to the
 *   kernel's keyring, which is in memory: the key would be gone with the next restart of the machine.
 * - Where the binary of the platform is missing, loading the package throws ("Cannot find native binding. …").
 */
import { Effect, Layer, Option, Redacted, Schema, Stream } from "effect"
import { ChildProcess, ChildProcessSpawner } from "effect/process"
import { createRequire } from "node:module"
import process from "node:process"
import { Keychain, KeychainUnavailable } from "../../services/storage/Keychain.ts"
import { Answer, Request, script } from "./KeychainSystemScript.ts"

const service = "mcp-gas"

/** Where the package is; undefined if it is not installed. */
const installed = (): string | undefined => {
  try {
    return createRequire(import.meta.url).resolve("@napi-rs/keyring")
  } catch {
    return undefined
  }
}

/**
 * Provides `Keychain` by means of the package at the path that `locate` answers with; needs `ChildProcessSpawner`;
 * finalizes nothing. Building it does nothing. Each call is a process of its own, killed when the call is interrupted; the
 * secret goes to it and comes from it through pipes.
 */
export const layerWith = (
  locate: () => string | undefined
): Layer.Layer<Keychain, never, ChildProcessSpawner.ChildProcessSpawner> =>
  Layer.effect(
    Keychain,
    Effect.gen(function*() {
      const spawner = yield* ChildProcessSpawner.ChildProcessSpawner

      const ask = Effect.fnUntraced(
        function*(account: string, secret?: Redacted.Redacted<string>) {
          const module = locate()
          if (module === undefined) {
            return yield* new KeychainUnavailable({ why: "the package @napi-rs/keyring is not installed" })
          }
          const request = yield* Schema.encodeEffect(Request)({
            module,
            service,
            account,
            ...(secret === undefined ? {} : { secret: Redacted.value(secret) })
          })
          const output = yield* spawner.string(ChildProcess.make(process.execPath, ["--eval", script], {
            // What hosts put into NODE_OPTIONS is meant for the server. Electron's executable is Node only if told so.
            env: { NODE_OPTIONS: "", ELECTRON_RUN_AS_NODE: "1" },
            extendEnv: true,
            stdin: Stream.make(new TextEncoder().encode(request)),
            stderr: "ignore",
            killSignal: "SIGKILL"
          }))
          const answer = yield* Schema.decodeEffect(Answer)(output)
          return "why" in answer
            ? yield* new KeychainUnavailable({ why: answer.why })
            : Option.map(Option.fromNullOr(answer.kept), (kept) => Redacted.make(kept, { label: "kept secret" }))
        },
        Effect.catchTag(
          ["PlatformError", "SchemaError"],
          // Neither is passed on: the error of a schema may repeat what it could not read.
          ({ _tag }) =>
            new KeychainUnavailable({
              why: _tag === "PlatformError"
                ? "the process that asks it cannot be started"
                : "the process that asks it died"
            })
        )
      )

      return Keychain.of({
        get: Effect.fn("Keychain.get")((account: string) => ask(account)),
        set: Effect.fn("Keychain.set")((account: string, secret: Redacted.Redacted<string>) =>
          Effect.asVoid(ask(account, secret))
        )
      })
    })
  )

/** Provides `Keychain`; needs `ChildProcessSpawner`; finalizes nothing. See `layerWith`. */
export const layer: Layer.Layer<Keychain, never, ChildProcessSpawner.ChildProcessSpawner> = layerWith(installed)
