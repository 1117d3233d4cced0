/**
 * Checks of the doctor's, run on what a test says there is.
 */
import * as NodeServices from "@effect/platform-node/NodeServices"
import { ConfigProvider, DateTime, Effect, Layer, Option } from "effect"
import { UserDirectories } from "effect/persistence"
import { createHash } from "node:crypto"
import { readdirSync, readFileSync, statSync } from "node:fs"
import * as Check from "../../src/layers/doctor/Check.ts"
import * as ConfigSeenEnv from "../../src/layers/doctor/ConfigSeenEnv.ts"
import type { ConfigSeen } from "../../src/services/doctor/ConfigSeen.ts"
import type { Area, Finding, Level } from "../../src/services/doctor/Finding.ts"
import { type ProcessState, ProcessStates } from "../../src/services/doctor/ProcessStates.ts"
import { type FlowSeen, type SlotSeen, type Stored, StoreSeen } from "../../src/services/doctor/StoreSeen.ts"
import { type AccountKey, defaultAccountKey } from "../../src/services/sign-in/AccountKey.ts"
import { Session, type SessionDraft } from "../../src/services/sign-in/Session.ts"
import type { Slot, SlotState, StoreUnavailable } from "../../src/services/storage/SessionStore.ts"
import { ada, draft, generation } from "./sessionData.ts"

/** Runs a check as the doctor does. */
export const run = <R>(make: Effect.Effect<Check.Check, never, R>): Effect.Effect<ReadonlyArray<Finding>, never, R> =>
  Effect.flatMap(make, Check.examined)

/** The one finding. */
export const only = (findings: ReadonlyArray<Finding>): Finding => {
  const [finding, ...others] = findings
  if (finding === undefined || others.length > 0) {
    throw new Error(`${findings.length} findings: ${texts(findings).join("\n")}`)
  }
  return finding
}

export const textOf = (finding: Finding): string =>
  finding.level === "ok" ? finding.found : `${finding.found} ${finding.remedy}`

export const texts = (findings: ReadonlyArray<Finding>): ReadonlyArray<string> => findings.map(textOf)

/** The levels of an area's findings. */
export const levelsOf = (findings: ReadonlyArray<Finding>, area: Area): ReadonlyArray<Level> =>
  findings.filter((finding) => finding.area === area).map(({ level }) => level)

const nothing: Stored = {
  form: Option.none(),
  current: 2,
  wide: Option.none(),
  slots: [],
  strays: 0,
  pending: [],
  leases: []
}

/** A store that looks like this. */
export const layerStore = (stored: Partial<Stored> = {}): Layer.Layer<StoreSeen> =>
  Layer.succeed(StoreSeen, { path: "/data/gas/sessions.db", look: Effect.succeed({ ...nothing, ...stored }) })

/** A store that cannot be looked at. */
export const layerNoStore = (error: StoreUnavailable): Layer.Layer<StoreSeen> =>
  Layer.succeed(StoreSeen, { path: "/data/gas/sessions.db", look: Effect.fail(error) })

/** A slot in this state. */
export const slotSeen = (state: SlotState, more: Partial<Slot> & { readonly key?: AccountKey } = {}): SlotSeen => {
  const key = more.key ?? ada
  const slot: Slot = {
    key,
    generation: generation(1),
    lastSignOut: generation(0),
    state,
    presentedAt: undefined,
    ...more
  }
  return { key, keeper: Option.some("file"), slot: Effect.succeed(slot) }
}

/** Somebody who is signed in like this. */
export const signedIn = (
  changes: Partial<SessionDraft> = {},
  more: Partial<Slot> & { readonly key?: AccountKey } = {}
): SlotSeen => {
  const session = new Session({ ...draft(), ...changes, key: more.key ?? ada, generation: generation(1) })
  return slotSeen({ _tag: "SignedIn", session }, more)
}

/** A sign-in under way. */
export const flowSeen = (changes: Partial<FlowSeen> = {}): FlowSeen => ({
  key: defaultAccountKey,
  pid: 4711,
  startedAt: DateTime.makeUnsafe(0),
  expiresAt: DateTime.makeUnsafe(300_000),
  answered: false,
  ...changes
})

/** Every process is like this. */
export const layerProcesses = (state: ProcessState): Layer.Layer<ProcessStates> =>
  Layer.succeed(ProcessStates, { state: () => Effect.succeed(state) })

/** The environment, and nothing of this process's own. */
export const layerEnv = (env: Readonly<Record<string, string>>) =>
  ConfigProvider.layer(ConfigProvider.fromEnvRecord({ HOME: "/home/nobody", ...env }))

/** What an environment says, as far as it can be read. */
export const layerConfig = (env: Readonly<Record<string, string>> = {}): Layer.Layer<ConfigSeen> =>
  ConfigSeenEnv.layer.pipe(
    Layer.provide([NodeServices.layer, UserDirectories.layerPlatform("linux"), layerEnv(env)])
  )

const digestOf = (path: string) => createHash("sha256").update(readFileSync(path)).digest("hex")

/** Everything below a directory: names, rights, moments of change and what its contents come to. */
export const everythingIn = (directory: string) =>
  readdirSync(directory, { recursive: true, encoding: "utf8" }).toSorted().map((name) => {
    const stats = statSync(`${directory}/${name}`)
    const { ino, mode, mtimeMs, size } = stats
    return { name, ino, mode, mtimeMs, size, content: stats.isFile() ? digestOf(`${directory}/${name}`) : "" }
  })
