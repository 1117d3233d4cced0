/**
 * Shows the main job to a newcomer: many callers, one sign-in, against a Google that runs on this machine.
 *
 * Every line it prints is checked first. If one is not so, it says so and fails.
 */
import * as NodeServices from "@effect/platform-node/NodeServices"
import { Array, Console, Context, Data, Effect, Fiber, FileSystem, Layer, Redacted, Ref } from "effect"
import { FetchHttpClient } from "effect/http"
import { connect } from "node:net"
import process from "node:process"
import { styleText } from "node:util"
import * as LocalGoogleOidc from "../layers/local-google/LocalGoogleOidc.ts"
import * as PersonHttp from "../layers/local-google/PersonHttp.ts"
import * as ServerProcessMcpStdio from "../layers/tools/ServerProcessMcpStdio.ts"
import { LocalGoogle } from "../services/local-google/LocalGoogle.ts"
import { Person } from "../services/local-google/Person.ts"
import { type CallResult, ServerProcess } from "../services/tools/ServerProcess.ts"
import { ownVaultKey } from "./ownVaultKey.ts"

/** Something the demo shows was not so. */
class NotSo extends Data.TaggedError("NotSo")<{ readonly message: string }> {}

const callers = 10

/** How many things were not so. */
class Failures extends Context.Service<Failures, Ref.Ref<number>>()("mcp-gas/programs/demo/Failures") {}

const heading = (text: string) => Console.log(`\n${styleText("bold", text)}`)
const note = (text: string) => Console.log(styleText("dim", `    ${text}`))

const check = Effect.fnUntraced(function*(text: string, holds: boolean, found: string) {
  if (holds) return yield* Console.log(`  ${styleText("green", "✓")} ${text}`)
  yield* Ref.update(yield* Failures, (count) => count + 1)
  yield* Console.log(`  ${styleText("red", "✗")} ${text}\n    ${styleText("red", `but: ${found}`)}`)
})

/** Whether nothing listens on a port any more. */
const isFree = (port: number) =>
  Effect.callback<boolean>((resume) => {
    const socket = connect(port, "127.0.0.1")
    socket.once("connect", () => {
      socket.destroy()
      resume(Effect.succeed(false))
    })
    socket.once("error", () => resume(Effect.succeed(true)))
  })

const tally = (results: ReadonlyArray<CallResult>) => {
  const statuses = results.map(({ output }) => String(output["status"]))
  return Array.dedupe(statuses).toSorted().map((status) =>
    `${statuses.filter((each) => each === status).length} × ${status}`
  ).join(", ")
}

const distinct = (results: ReadonlyArray<CallResult>, field: string) =>
  Array.dedupe(results.map(({ output }) => String(output[field])))

const titleOf = (html: string) => /<title>(.*?)<\/title>/.exec(html)?.[1] ?? ""

const show = Effect.fnUntraced(function*(options: { readonly browser: boolean }) {
  const google = yield* LocalGoogle
  const person = yield* Person
  const fs = yield* FileSystem.FileSystem
  const home = yield* fs.makeTempDirectoryScoped({ prefix: "mcp-gas-demo-" })
  yield* ownVaultKey(home)

  yield* heading("A Google of our own, and the server as any MCP host starts it")
  yield* note(`the local Google listens at ${google.issuer}`)
  const server = yield* ServerProcess.use(({ start }) =>
    start({
      command: process.execPath,
      args: [process.argv[1] ?? ""],
      env: {
        ...(options.browser ? hostEnvironment() : { MCP_GAS_BROWSER: "none" }),
        MCP_GAS_HOME: home,
        MCP_GAS_LOG_LEVEL: "Error",
        MCP_GAS_ISSUER: google.issuer,
        MCP_GAS_CLIENT_ID: google.clientId,
        MCP_GAS_CLIENT_SECRET: Redacted.value(google.clientSecret)
      }
    })
  )
  yield* check(
    `mcp-gas said hello ${server.initializeMillis} ms after it was started`,
    server.initializeMillis < 10_000,
    "it took longer than ten seconds"
  )

  yield* heading(`${callers} callers ask to be signed in, all at once`)
  const simultaneously = (args: Readonly<Record<string, unknown>>) =>
    Effect.forEach(Array.range(1, callers), () => server.call("gas_auth", args), { concurrency: "unbounded" })
  const asked = yield* simultaneously({ waitForCompletion: false, openBrowser: options.browser })
  yield* check(
    `one began the sign-in, ${callers - 1} joined it`,
    tally(asked) === `${callers - 1} × auth_pending, 1 × auth_started`,
    tally(asked)
  )
  const [authUrl = "", ...otherUrls] = distinct(asked, "authUrl")
  const [redirectUri = ""] = distinct(asked, "redirectUri")
  yield* check("all were given the same address", otherUrls.length === 0, `${otherUrls.length + 1} addresses`)
  yield* note(`${authUrl.slice(0, 100)}…`)
  yield* note(`its answer comes to ${redirectUri}, which listens for this sign-in only`)
  const waiting = yield* Effect.forkChild(simultaneously({ waitSeconds: 300 }), { startImmediately: true })

  yield* heading("Somebody else's web page tries to break in")
  const forged = yield* person.visit(`${redirectUri}?error=access_denied&state=guessed`)
  yield* check("a forged callback is turned away", forged.status === 400, `it was answered with ${forged.status}`)
  const still = yield* server.call("gas_auth", { mode: "status" })
  yield* check("the sign-in goes on", still.output["status"] === "auth_pending", tally([still]))

  yield* heading("The person consents")
  const callback = options.browser ? undefined : yield* person.consent(authUrl, { _tag: "Allow" })
  if (callback === undefined) {
    yield* note("Click Allow in the browser. If none has opened, go to:")
    yield* note(authUrl)
  } else {
    const page = yield* person.visit(callback)
    yield* check("the browser is told, once it is true", titleOf(page.text) === "Signed in", titleOf(page.text))
  }
  const answers = yield* Fiber.join(waiting)
  yield* check(
    `all ${callers} callers that waited are signed in`,
    answers.every(({ output }) => output["authenticated"] === true),
    tally(answers)
  )
  const { exchanges } = yield* google.counts
  yield* check("the code was exchanged once", exchanges === 1, `${exchanges} times`)
  if (callback !== undefined) {
    const again = yield* person.visit(callback)
    yield* check("reloading the page shows the same page", titleOf(again.text) === "Signed in", titleOf(again.text))
    const { exchanges: after } = yield* google.counts
    yield* check("and exchanges nothing", after === 1, `${after} exchanges`)
  }

  yield* heading("From now on there is nothing to do")
  const later = yield* server.call("gas_auth", {})
  yield* check(
    `gas_auth answers at once: ${String(later.output["message"])}`,
    later.output["status"] === "already_authenticated",
    tally([later])
  )
  yield* server.endInput
  const { code } = yield* server.ended
  yield* check("the host closes its end, and the server stops by itself", code === 0, `exit code ${code}`)
  const free = yield* isFree(Number(new URL(redirectUri).port))
  yield* check("its port is free", free, "something still listens there")
  const stdout = yield* server.stdout
  yield* check(
    "it wrote nothing to stdout but the protocol",
    stdout.trimEnd().split("\n").every((line) => line.startsWith("{\"")),
    stdout.slice(0, 200)
  )
})

/** What a browser needs to find the person's screen and profile. */
const hostEnvironment = (): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries(process.env).flatMap(([name, value]) =>
      value === undefined || name.startsWith("MCP_GAS_") ? [] : [[name, value]]
    )
  )

/** Runs the demo; fails if anything it shows is not so. */
export const demo = (options: { readonly browser: boolean }) =>
  Effect.gen(function*() {
    const failures = yield* Ref.make(0)
    yield* Effect.scoped(show(options)).pipe(Effect.provideService(Failures, failures))
    const count = yield* Ref.get(failures)
    if (count > 0) {
      return yield* new NotSo({ message: `${count} of the things above ${count === 1 ? "is" : "are"} not so.` })
    }
    yield* Console.log(
      `\n${styleText("green", "All of it is so.")} Next: README.md says how to use it with your Google account.\n`
    )
  }).pipe(Effect.provide([
    LocalGoogleOidc.layer(),
    PersonHttp.layer.pipe(Layer.provide(FetchHttpClient.layer)),
    ServerProcessMcpStdio.layer,
    NodeServices.layer
  ]))
