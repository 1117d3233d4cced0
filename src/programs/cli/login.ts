/**
 * `mcp-gas login`: signs in from a terminal, in the same flow as any window that asks at the same time.
 */
import { Console, DateTime, Effect, Stream } from "effect"
import { Command, Flag } from "effect/cli"
import process from "node:process"
import { Config } from "../../services/config/Config.ts"
import { type AuthFlow, AuthFlows } from "../../services/sign-in/AuthFlows.ts"
import type { Session } from "../../services/sign-in/Session.ts"
import { signedIn } from "../tools/gasAuthAnswers.ts"
import { account, keyOf } from "./options.ts"
import { lines, spinning, styled } from "./terminal.ts"

const say = (session: Session, status: "authenticated" | "already_authenticated") =>
  Effect.flatMap(signedIn(status, session), ({ message }) => Console.log(`${styled("green", "✓")} ${message}`))

const invitation = ({ authorizationUrl }: AuthFlow, opens: boolean, takesPaste: boolean) =>
  Console.log([
    opens ? "Your browser opens on the sign-in. If it does not, go to:" : "Open this address in a browser:",
    "",
    `  ${styled("cyan", authorizationUrl)}`,
    "",
    ...(takesPaste
      ? ["If that browser is on another machine, paste the address of the page that it ends on, and press Enter.", ""]
      : [])
  ].join("\n"))

const left = ({ expiresAt }: AuthFlow) =>
  Effect.map(DateTime.now, (now) => {
    const seconds = Math.max(0, Math.ceil((DateTime.toEpochMillis(expiresAt) - DateTime.toEpochMillis(now)) / 1000))
    return `Waiting for you to sign in (${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")} left)`
  })

/** What the person pastes is tried as the page the browser ended on; what is not that page's address is said to be so. */
const pasted = Effect.fnUntraced(function*({ key }: AuthFlow) {
  const flows = yield* AuthFlows
  return yield* Stream.runForEach(
    Stream.filter(lines, (line) => line.trim() !== ""),
    (line) =>
      Effect.catchTag(
        Effect.asVoid(flows.complete(key, line.trim())),
        "NotThisSignIn",
        ({ message, remedy }) => Console.error(`${message} ${remedy}`)
      )
  )
})

export const login = Command.make(
  "login",
  {
    account,
    browser: Flag.Boolean("browser").pipe(
      Flag.withDescription("Open the browser of this machine; with --no-browser, print the address only"),
      Flag.withDefault(true)
    )
  },
  Effect.fnUntraced(function*({ account: named, browser }) {
    const flows = yield* AuthFlows
    const { settings } = yield* Config
    const opens = browser && settings.browser._tag !== "None"
    const started = yield* flows.start(yield* keyOf(named), { openBrowser: opens })
    if (started._tag === "AlreadyAuthenticated") return yield* say(started.session, "already_authenticated")
    const { flow } = started
    // Whoever opens a browser here may have something else to read from stdin, unless it is the person's keyboard.
    const takesPaste = process.stdin.isTTY || !opens
    yield* invitation(flow, opens, takesPaste)
    // A failure of what was pasted is the flow's own outcome, which everybody is told.
    const pasting = Effect.andThen(Effect.exit(pasted(flow)), Effect.never)
    const waiting = takesPaste ? Effect.raceFirst(flow.outcome, pasting) : flow.outcome
    yield* say(yield* spinning(waiting, left(flow)), "authenticated")
  })
).pipe(
  Command.withDescription("Sign in to Google"),
  Command.withExamples([
    { command: "mcp-gas login", description: "Sign in, in your browser" },
    {
      command: "mcp-gas login --account work --no-browser",
      description: "Sign another account in, from a machine without a browser"
    }
  ])
)
