/**
 * Signing in from a terminal: in the same flow as any window, finished in a browser or by what is pasted, and seen by everybody.
 */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Schema } from "effect"
import { existsSync } from "node:fs"
import process from "node:process"
import { stripVTControlCharacters } from "node:util"
import { LocalGoogle } from "../../src/services/local-google/LocalGoogle.ts"
import { Person } from "../../src/services/local-google/Person.ts"
import { run, start, startOnTerminal } from "../support/command.ts"
import { auth, googleEnv, layer, makeHome, refuses, start as startServer, text } from "../support/signInProcess.ts"

const home = Effect.map(
  Effect.all([makeHome, googleEnv]),
  ([directory, google]) => ({ ...google, MCP_GAS_HOME: directory, MCP_GAS_BROWSER: "none" })
)

const address = /^ {2}(http:\S+)$/m

/** Where a running `login` sends its person. */
const addressIn = (output: string): string => address.exec(output)?.[1] ?? ""

const parse = Schema.decodeUnknownSync(Schema.fromJsonString(Schema.Record(Schema.String, Schema.Unknown)))

const consent = (url: string) => Person.use((person) => person.consent(url, { _tag: "Allow" }))

/** Signs an account in from the command line. */
const signIn = Effect.fnUntraced(function*(env: Readonly<Record<string, string>>, ...args: ReadonlyArray<string>) {
  const login = yield* start(["login", ...args], env)
  const url = addressIn(yield* login.says(address))
  const callback = yield* consent(url)
  yield* Person.use((person) => person.visit(callback))
  return yield* login.ended
})

describe("mcp-gas login", () => {
  it.live("prints the address, waits for the person, and signs in: for status, and for a server, without a word to it", () =>
    Effect.gen(function*() {
      const env = yield* home
      assert.strictEqual((yield* run(["status"], env)).code, 3)
      const { code, stderr, stdout } = yield* signIn(env)
      assert.deepStrictEqual({ code, stderr }, { code: 0, stderr: "" })
      assert.match(stdout, /✓ Signed in as ada@example\.com\.\n$/)
      assert.notInclude(stdout, "\u001b")

      const status = yield* run(["status"], env)
      assert.strictEqual(status.code, 0)
      assert.match(status.stdout, /^✓ Signed in as ada@example\.com\./)
      const server = yield* startServer(env)
      const told = yield* auth(server)
      assert.strictEqual(told.output["status"], "already_authenticated")
      const json = parse((yield* run(["status", "--json"], env)).stdout)
      assert.strictEqual(json["status"], "authenticated")
      assert.strictEqual(json["vaultKey"], "file")
      const again = yield* run(["login"], env)
      assert.deepStrictEqual({ code: again.code, stderr: again.stderr }, { code: 0, stderr: "" })
      assert.match(again.stdout, /^✓ Signed in as/)
    }).pipe(Effect.scoped, Effect.provide(layer)))

  it.live("joins the sign-in of a server, and is told of its end", () =>
    Effect.gen(function*() {
      const env = yield* home
      const server = yield* startServer(env)
      const began = yield* auth(server, { waitForCompletion: false })
      const login = yield* start(["login"], env)
      assert.strictEqual(addressIn(yield* login.says(address)), text(began, "authUrl"))
      yield* auth(server, { mode: "cancel" })
      const { code, stderr } = yield* login.ended
      assert.strictEqual(code, 1)
      assert.strictEqual(stderr, "The sign-in was cancelled. Start the sign-in again when you want to.\n")
    }).pipe(Effect.scoped, Effect.provide(layer)))

  it.live("takes what is pasted, and says so where that is something else", () =>
    Effect.gen(function*() {
      const env = yield* home
      const login = yield* start(["login", "--no-browser"], env)
      const url = addressIn(yield* login.says(address))
      yield* login.type("what do you want?")
      yield* login.type("")
      yield* login.type(yield* consent(url))
      const { code, stderr, stdout } = yield* login.ended
      assert.strictEqual(code, 0)
      assert.match(stdout, /paste the address/)
      assert.match(stdout, /✓ Signed in as ada@example\.com\.\n$/)
      assert.match(stderr, /^That is not the address of the page the sign-in ended on\. .*\n$/)
    }).pipe(Effect.scoped, Effect.provide(layer)))

  it.live("is ended by Ctrl-C: it exits with 130, and nothing listens any more", () =>
    Effect.gen(function*() {
      const env = yield* home
      const login = yield* start(["login"], env)
      const url = new URL(addressIn(yield* login.says(address)))
      yield* login.interrupt
      assert.strictEqual((yield* login.ended).code, 130)
      assert.isTrue(yield* refuses(Number(new URL(url.searchParams.get("redirect_uri") ?? "").port)))
      assert.strictEqual((yield* run(["status"], env)).code, 3)
    }).pipe(Effect.scoped, Effect.provide(layer)))

  it.live("without an OAuth client says what to do, and exits with 1", () =>
    Effect.gen(function*() {
      const { MCP_GAS_HOME } = yield* home
      const { code, stderr, stdout } = yield* run(["login"], { MCP_GAS_HOME })
      assert.deepStrictEqual({ code, stdout }, { code: 1, stdout: "" })
      assert.match(stderr, /^MCP_GAS_CLIENT_FILE: No OAuth client is configured\. Create an OAuth client/)
    }).pipe(Effect.scoped, Effect.provide(layer)))
})

describe("mcp-gas logout", () => {
  it.live("signs out for a server too", () =>
    Effect.gen(function*() {
      const env = yield* home
      yield* signIn(env)
      const server = yield* startServer(env)
      assert.strictEqual(text(yield* auth(server), "status"), "already_authenticated")
      const { code, stdout } = yield* run(["logout"], env)
      assert.strictEqual(code, 0)
      assert.match(stdout, /^ada@example\.com is signed out\. The access was revoked at the provider too\.\n$/)
      assert.strictEqual(text(yield* auth(server, { mode: "status" }), "status"), "not_authenticated")
    }).pipe(Effect.scoped, Effect.provide(layer)))
})

describe("mcp-gas accounts", () => {
  it.live("lists every account, and chooses the one that is meant where none is named, for servers that run as well", () =>
    Effect.gen(function*() {
      const env = yield* home
      yield* signIn(env, "--account", "work")
      const server = yield* startServer(env)
      assert.strictEqual(text(yield* auth(server, { mode: "status" }), "status"), "not_authenticated")
      const { code, stdout } = yield* run(["accounts", "--default", "work", "--json"], env)
      assert.strictEqual(code, 0)
      const { accounts, defaultAccount } = parse(stdout)
      assert.strictEqual(defaultAccount, "work")
      assert.isArray(accounts)
      assert.strictEqual(Array.isArray(accounts) ? accounts.length : 0, 1)
      assert.deepInclude(Array.isArray(accounts) ? accounts[0] : undefined, {
        key: "work",
        isDefault: true,
        state: "signed_in",
        email: "ada@example.com",
        issuedTo: env.MCP_GAS_CLIENT_ID,
        missingScopes: []
      })
      assert.strictEqual(text(yield* auth(server, { mode: "status" }), "status"), "authenticated")
      const listed = yield* server.call("gas_accounts", {})
      assert.deepStrictEqual(listed.output, parse(stdout))
      assert.match((yield* run(["accounts"], env)).stdout, /^✓ work \(default\) {2}signed in\n {4}ada@example\.com/)
    }).pipe(Effect.scoped, Effect.provide(layer)))
})

describe("mcp-gas login --force", () => {
  it.live("signs out first, and so asks for a new consent", () =>
    Effect.gen(function*() {
      const env = yield* home
      yield* signIn(env)
      const { code, stdout } = yield* signIn(env, "--force")
      assert.strictEqual(code, 0)
      assert.match(stdout, /^ada@example\.com is signed out\..*✓ Signed in as ada@example\.com\.\n$/s)
      const { exchanges } = yield* LocalGoogle.use(({ counts }) => counts)
      assert.strictEqual(exchanges, 2)
    }).pipe(Effect.scoped, Effect.provide(layer)))
})

describe("A terminal", () => {
  // The command that gives a program one is there on most systems with a shell.
  const hasScript = existsSync("/usr/bin/script") && process.platform === "linux"

  it.live.skipIf(!hasScript)(
    "shows how long there is, and Ctrl-C there leaves an exchange under way to finish (needs /usr/bin/script)",
    () =>
      Effect.gen(function*() {
        const env = yield* home
        const google = yield* LocalGoogle
        const person = yield* Person
        const opened = yield* startOnTerminal(["login"], { ...env, MCP_GAS_BROWSER: "/bin/true" })
        const shown = yield* opened.says(/Waiting for you to sign in in your browser \(\d min \d+ s left\)/)
        const url = /http:\S+/.exec(stripVTControlCharacters(shown))?.[0] ?? ""
        const callback = yield* person.consent(url, { _tag: "Allow" })
        yield* google.fail("token", { _tag: "Hang" })
        const visit = yield* Effect.forkChild(person.visit(callback))
        yield* Effect.repeat(google.counts, { until: ({ exchanges }) => exchanges === 1 })
        yield* opened.type("\u0003")
        // Shown by the terminal itself once it has come to the program.
        yield* opened.says(/\^C/)
        yield* google.heal
        yield* opened.ended
        yield* Fiber.join(visit)
        assert.strictEqual((yield* run(["status"], env)).code, 0)
      }).pipe(Effect.scoped, Effect.provide(layer))
  )
})
