/**
 * Runs the programs that are installed in this folder.
 */
import { Effect, Schema } from "effect"
import { execFile } from "node:child_process"
import process from "node:process"
import { fileURLToPath } from "node:url"
import { path } from "./house.ts"

/** How a program ended. */
export interface Ran {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/**
 * Runs a program to its end, in a home of its own. It sees nothing of this process's environment; what it is told, it is
 * told by arguments. Interruption kills it.
 */
export const run = (name: string, home: string, args: ReadonlyArray<string>): Effect.Effect<Ran> =>
  Effect.callback((resume) => {
    const file = fileURLToPath(new URL(`node_modules/.bin/${name}`, import.meta.url))
    // Some would ask the person's keychain for secrets that they do not have.
    const env = { HOME: home, PATH: path, MCP_INSPECTOR_SECRET_STORE: "memory" }
    const child = execFile(
      process.execPath,
      [file, ...args],
      { env, cwd: home },
      (_error, stdout, stderr) => resume(Effect.succeed({ code: child.exitCode, stdout, stderr }))
    )
    return Effect.sync(() => child.kill("SIGKILL"))
  })

/** Runs Node in a folder until it ends by itself. */
export const node = (folder: string, args: ReadonlyArray<string>): Effect.Effect<Ran> =>
  Effect.callback((resume) => {
    const child = execFile(process.execPath, args, { cwd: folder, env: { PATH: path } }, (_error, stdout, stderr) =>
      resume(Effect.succeed({ code: child.exitCode, stdout, stderr })))
    return Effect.sync(() =>
      child.kill("SIGKILL")
    )
  })

const root = fileURLToPath(new URL("../..", import.meta.url))

/** Type-checks a program in a folder against what is installed there, and the types of Node; `options` come last. */
export const compile = (folder: string, file: string, options: ReadonlyArray<string> = []): Effect.Effect<Ran> =>
  node(folder, [
    `${root}node_modules/typescript/bin/tsc`,
    "--noEmit",
    "--strict",
    "--skipLibCheck",
    "--allowImportingTsExtensions",
    "--module",
    "nodenext",
    "--target",
    "es2024",
    "--lib",
    "es2024,esnext.disposable",
    "--typeRoots",
    `${root}node_modules/@types`,
    "--types",
    "node",
    ...options,
    file
  ])

/** An environment as arguments, each variable after `flag`. */
export const flags = (flag: string, env: Readonly<Record<string, string>>): ReadonlyArray<string> =>
  Object.entries(env).flatMap(([name, value]) => [flag, `${name}=${value}`])

/** Reads what a program printed. */
export const printed = <S extends Schema.Codec<unknown, unknown>>(schema: S, { stderr, stdout }: Ran) =>
  Schema.decodeUnknownEffect(Schema.fromJsonString(schema))(stdout).pipe(
    Effect.mapError((problem) => new Error(`${problem.message}\nprinted: ${stdout}\n${stderr}`))
  )
