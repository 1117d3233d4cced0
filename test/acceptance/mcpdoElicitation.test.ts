/**
 * `mcpdo`, which keeps a connection between commands and lets a person answer what a server asks.
 */
import { assert } from "@effect/vitest"
import { Effect, Fiber, FileSystem, Schedule, Schema } from "effect"
import { Output } from "../../src/programs/tools/authToolSchema.ts"
import { LocalGoogle } from "../../src/services/local-google/LocalGoogle.ts"
import { mcpdo } from "./clients.ts"
import { authUrl, consent, environment, folder, server } from "./house.ts"
import { flags, printed, run } from "./program.ts"
import { tried } from "./tried.ts"

/** Commands of one home, whose daemon ends with the Scope. */
const commands = Effect.gen(function*() {
  const home = yield* folder
  const command = (...args: ReadonlyArray<string>) => run("mcpdo", home, ["--format", "json", ...args])
  const fs = yield* FileSystem.FileSystem
  /** It says so as soon as it has been told to stop; its socket goes when it has. */
  const gone = Effect.repeat(fs.exists(`${home}/.mcp-inspector/mcpdod.sock`), {
    while: (exists) => exists,
    schedule: Schedule.spaced("20 millis")
  })
  yield* Effect.addFinalizer(() => Effect.orDie(Effect.andThen(command("daemon", "stop"), gone)))
  return command
})

/** Connects to a server, and says which kinds of question the person answers. */
const connect = Effect.fnUntraced(function*(elicit: "url" | "off") {
  const command = yield* commands
  const env = flags("-e", yield* environment)
  const connected = yield* command(
    "connect",
    server.command,
    ...server.args,
    "--connection",
    "gas",
    "--elicit",
    elicit,
    ...env
  )
  assert.strictEqual(connected.code, 0, connected.stderr)
  return command
})

const Pending = Schema.Struct({
  elicitationPending: Schema.Struct({ elicitationId: Schema.String, url: Schema.String, message: Schema.String })
})

const Answered = Schema.Struct({ structuredContent: Output })

tried(mcpdo, {
  "`connect --elicit url`, a sign-in": Effect.gen(function*() {
    const google = yield* LocalGoogle
    const command = yield* connect("url")
    const asked = yield* command("@gas", "tools/call", "gas_auth", "mode:=start")
    const { elicitationPending } = yield* printed(Pending, asked)
    assert.include(elicitationPending.url, google.issuer)
    const accepted = yield* Effect.forkChild(
      command("elicitation/respond", elicitationPending.elicitationId, "--done"),
      { startImmediately: true }
    )
    yield* consent(elicitationPending.url)
    const { structuredContent } = yield* printed(Answered, yield* Fiber.join(accepted))
    assert.strictEqual(structuredContent.status, "authenticated")
    assert.strictEqual((yield* google.counts).exchanges, 1)
  }),

  "`connect --elicit off`, a sign-in": Effect.gen(function*() {
    const google = yield* LocalGoogle
    const command = yield* connect("off")
    const begun = yield* command("@gas", "tools/call", "gas_auth", "mode:=start", "waitForCompletion:=false")
    const { structuredContent } = yield* printed(Answered, begun)
    assert.strictEqual(structuredContent.status, "auth_started")
    yield* consent(yield* authUrl(structuredContent))
    const asked = yield* command("@gas", "tools/call", "gas_auth", "mode:=status", "waitSeconds:=20")
    assert.strictEqual((yield* printed(Answered, asked)).structuredContent.status, "authenticated")
    assert.strictEqual((yield* google.counts).exchanges, 1)
  })
})
