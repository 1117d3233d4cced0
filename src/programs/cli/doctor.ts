/**
 * `mcp-gas doctor`: what stands in the way of signing in here, if anything does.
 */
import { Console, Effect } from "effect"
import { Command } from "effect/cli"
import { worst } from "../../services/doctor/Finding.ts"
import { report } from "../doctor.ts"
import * as DoctorWords from "../doctorWords.ts"
import { endsWith, exitCodes } from "./ending.ts"
import { json } from "./options.ts"
import { hasColours } from "./terminal.ts"

export const doctor = Command.make(
  "doctor",
  { json },
  Effect.fnUntraced(function*({ json: wantsJson }) {
    const found = yield* report
    yield* Console.log(wantsJson ? yield* DoctorWords.json(found) : DoctorWords.words(found, { colours: hasColours() }))
    yield* endsWith(worst(found.findings) === "problem" ? exitCodes.unwell : exitCodes.ok)
  })
).pipe(Command.withDescription("Examine this machine; exits with 4 if it finds a problem"))
