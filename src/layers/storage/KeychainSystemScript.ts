/**
 * What the process runs that talks to the system's keychain, as text for `node --eval`, so that it needs no file of its
 * own beside a bundle. It reads one request from stdin and writes one answer to stdout.
 */
import { Schema } from "effect"

/** What the script is asked: to keep `secret`, or to say what is kept. */
export const Request = Schema.fromJsonString(Schema.Struct({
  /** Path of the package that reaches the keychain. */
  module: Schema.String,
  service: Schema.String,
  account: Schema.String,
  secret: Schema.optionalKey(Schema.String)
}))

/** What it answers: what is kept now (null: nothing), or why it cannot tell. */
export const Answer = Schema.fromJsonString(Schema.Union([
  Schema.Struct({ kept: Schema.NullOr(Schema.String) }),
  Schema.Struct({ why: Schema.String })
]))

/**
 * Hosts often start servers without the variables that name the session's message bus: it is looked for in its usual place
 * then. The store is named because the package otherwise falls back, without a word, to the kernel's keyring, which a
 * restart of the machine empties. Errors are passed on as their first line, without the secret.
 */
export const script = `
const { readFileSync, statSync, writeSync } = require("node:fs")
const { account, module: path, secret, service } = JSON.parse(readFileSync(0, "utf8"))

const findBus = () => {
  const { DBUS_SESSION_BUS_ADDRESS: known, XDG_RUNTIME_DIR: runtime } = process.env
  if (process.platform !== "linux" || known) return
  const socket = (runtime || "/run/user/" + process.getuid()) + "/bus"
  const found = statSync(socket, { throwIfNoEntry: false })
  if (found?.isSocket() && found.uid === process.getuid()) process.env.DBUS_SESSION_BUS_ADDRESS = "unix:path=" + socket
}

const ask = async () => {
  findBus()
  const { AsyncEntry } = require(path)
  const entry = new AsyncEntry(service, account, { linux: { store: "secret-service" } })
  if (secret === undefined) return { kept: (await entry.getPassword()) ?? null }
  await entry.setPassword(secret)
  return { kept: null }
}

const why = (error) => {
  const line = String(error?.message ?? error).split("\\n", 1)[0].slice(0, 300)
  return { why: secret === undefined ? line : line.replaceAll(secret, "<secret>") }
}

ask().catch(why).then((answer) => {
  writeSync(1, JSON.stringify(answer))
  process.exit(0)
})
`
