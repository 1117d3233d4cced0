/**
 * The examination of this machine, composed for it, and its report.
 */
import * as NodeServices from "@effect/platform-node/NodeServices"
import { Effect, Layer, Logger, Option, Schema } from "effect"
import { Aead, Digest, SecureRandom } from "effect/crypto"
import { FetchHttpClient } from "effect/http"
import { UserDirectories } from "effect/persistence"
import process from "node:process"
import * as ConfigSeenEnv from "../layers/doctor/ConfigSeenEnv.ts"
import * as DoctorChecks from "../layers/doctor/DoctorChecks.ts"
import * as KeptChecks from "../layers/doctor/KeptChecks.ts"
import * as LeasesSeenProc from "../layers/doctor/LeasesSeenProc.ts"
import * as ProcessStatesSystem from "../layers/doctor/ProcessStatesSystem.ts"
import * as ProgramsSeenPath from "../layers/doctor/ProgramsSeenPath.ts"
import * as StoreSeenSqlite from "../layers/doctor/StoreSeenSqlite.ts"
import * as VaultKeysSeen from "../layers/doctor/VaultKeysSeen.ts"
import * as OAuthFetch from "../layers/provider/OAuthFetch.ts"
import * as LoopbackListenerHttp from "../layers/sign-in/LoopbackListenerHttp.ts"
import * as DataDirectoryFileSystem from "../layers/storage/DataDirectoryFileSystem.ts"
import * as DefaultAccountFile from "../layers/storage/DefaultAccountFile.ts"
import * as KeychainSystem from "../layers/storage/KeychainSystem.ts"
import * as VaultAead from "../layers/storage/VaultAead.ts"
import { ConfigSeen } from "../services/doctor/ConfigSeen.ts"
import { Doctor } from "../services/doctor/Doctor.ts"
import { Finding } from "../services/doctor/Finding.ts"
import { version } from "./identity.ts"
import { withSettingNames } from "./settingNames.ts"

/** What was found, and what by. */
export const Report = Schema.Struct({
  /** Of this program. */
  version: Schema.String,
  /** The version of Node that it runs on. */
  node: Schema.String,
  findings: Schema.Array(Finding)
})
export type Report = typeof Report.Type

const runtime = { version, node: process.versions.node }

const layerKeptIn = (home: string) =>
  KeptChecks.layer.pipe(
    Layer.provide([
      StoreSeenSqlite.layer,
      LeasesSeenProc.layer,
      ProcessStatesSystem.layer,
      DefaultAccountFile.layer,
      LoopbackListenerHttp.layer
    ]),
    Layer.provide(VaultAead.layer),
    Layer.provide(VaultKeysSeen.layer),
    Layer.provide([DataDirectoryFileSystem.layerAt(home), KeychainSystem.layer, Aead.layerWebCrypto]),
    Layer.provide([SecureRandom.layerWebCrypto, Digest.layerWebCrypto])
  )

const layerKept = Layer.unwrap(
  Effect.map(
    ConfigSeen,
    ({ home }) => Option.match(home, { onNone: () => KeptChecks.layerNowhere, onSome: layerKeptIn })
  )
)

const layer = DoctorChecks.layer(runtime).pipe(
  Layer.provide([layerKept, ProgramsSeenPath.layer]),
  Layer.provide(OAuthFetch.layer.pipe(Layer.provide(FetchHttpClient.layer))),
  Layer.provide(ConfigSeenEnv.layer),
  Layer.provide(UserDirectories.layer),
  Layer.provide(NodeServices.layer),
  // What layers would log, the findings tell.
  Layer.provideMerge(Logger.layer([]))
)

const inOwnWords = (finding: Finding): Finding =>
  finding.level === "ok" ? finding : { ...finding, remedy: withSettingNames(finding.remedy) }

/** Examines this machine: see `Doctor.examine`. */
export const report: Effect.Effect<Report> = Effect.map(
  Doctor.use(({ examine }) => examine),
  (findings) => ({ ...runtime, findings: findings.map(inOwnWords) })
).pipe(Effect.provide(layer))
