/**
 * `Doctor` as a set of checks, run at the same time.
 */
import { Effect, Layer, Order } from "effect"
import { ConfigSeen } from "../../services/doctor/ConfigSeen.ts"
import { Doctor } from "../../services/doctor/Doctor.ts"
import { Area, type Finding } from "../../services/doctor/Finding.ts"
import { ProgramsSeen } from "../../services/doctor/ProgramsSeen.ts"
import { OAuthFetch } from "../provider/OAuthFetch.ts"
import * as BrowserCheck from "./BrowserCheck.ts"
import { examined, misconfigured } from "./Check.ts"
import * as ClientCheck from "./ClientCheck.ts"
import * as ClockCheck from "./ClockCheck.ts"
import * as ConfigurationCheck from "./ConfigurationCheck.ts"
import { KeptChecks } from "./KeptChecks.ts"
import * as ProviderCheck from "./ProviderCheck.ts"
import * as ProviderProbe from "./ProviderProbe.ts"
import * as RuntimeCheck from "./RuntimeCheck.ts"

/** Those of one area stay in the order in which its check has them. */
const inOrder = Order.mapInput(Order.Number, ({ area }: Finding) => Area.literals.indexOf(area))

/** Provides `Doctor`; needs `ConfigSeen`, `KeptChecks`, `OAuthFetch` and `ProgramsSeen`; finalizes nothing. */
export const layer = (
  runtime: RuntimeCheck.Runtime
): Layer.Layer<Doctor, never, ConfigSeen | KeptChecks | OAuthFetch | ProgramsSeen> =>
  Layer.effect(
    Doctor,
    Effect.gen(function*() {
      const config = yield* ConfigSeen
      const fetch = yield* OAuthFetch
      const kept = yield* KeptChecks
      const programs = yield* ProgramsSeen
      const provider = Effect.mapError(
        Effect.fromOption(config.provider),
        () => misconfigured("what says who the provider is")
      )
      const examine = Effect.gen(function*() {
        const asked = yield* Effect.cached(
          Effect.flatMap(provider, ProviderProbe.ask).pipe(Effect.provideService(OAuthFetch, fetch))
        )
        const checks = [
          RuntimeCheck.make(runtime),
          yield* ConfigurationCheck.make,
          yield* ClientCheck.make,
          yield* BrowserCheck.make,
          ...(yield* kept.begin),
          ProviderCheck.make(provider, asked),
          ClockCheck.make(asked)
        ]
        const findings = yield* Effect.forEach(checks, examined, { concurrency: "unbounded" })
        return findings.flat().toSorted(inOrder)
      })
      return Doctor.of({
        examine: examine.pipe(
          Effect.provideService(ConfigSeen, config),
          Effect.provideService(ProgramsSeen, programs),
          Effect.withSpan("Doctor.examine")
        )
      })
    })
  )
