/**
 * `mcp-gas login`: signs in from a terminal, in the same flow as any window that asks at the same time.
 */
import { Console, Effect, Option, Result, Stream } from "effect"
import { Command, Flag } from "effect/cli"
import process from "node:process"
import { type AuthFlow, AuthFlows, type FlowShown, type Started } from "../../services/sign-in/AuthFlows.ts"
import { Browser } from "../../services/sign-in/Browser.ts"
import type { Session } from "../../services/sign-in/Session.ts"
import { loggedOut, signedIn } from "../tools/authToolAnswers.ts"
import { progressWords } from "../tools/authToolProgress.ts"
import { account, keyOf } from "./options.ts"
import { lines, spinning, styled } from "./terminal.ts"

const say = (session: Session, status: "authenticated" | "already_authenticated") =>
  Effect.flatMap(signedIn(status, session), ({ message }) => Console.log(`${styled("green", "✓")} ${message}`))

const invitation = (started: Exclude<Started, { readonly _tag: "AlreadyAuthenticated" }>, takesPaste: boolean) =>
  Console.log([
    started._tag === "Began" ? "Sign in at:" : "A sign-in of this account is under way already. Finish it at:",
    "",
    `  ${styled("cyan", started.flow.authorizationUrl)}`,
    "",
    ...(takesPaste ? [pasteWords, ""] : [])
  ].join("\n"))

const pasteWords =
  "If that browser is on another machine, paste the address of the page that it ends on, and press Enter."

/** Says what became of opening the browser, as soon as that is known. */
const opening = ({ showing }: AuthFlow) =>
  showing.pipe(
    Stream.filterMap((shown) => Result.fromNullishOr(openingWords[shown], () => shown)),
    Stream.runHead,
    Effect.flatMap(Option.match({ onNone: () => Effect.void, onSome: (words) => Console.log(`${words}\n`) }))
  )

const openingWords: Readonly<Partial<Record<FlowShown, string>>> = {
  opened: "Your browser was opened on it.",
  accepted: "Your client opens it.",
  failed: `No browser could be opened here: open the address yourself.\n${pasteWords}`,
  braked: "No second tab was opened within ten seconds of the one before: open the address yourself."
}

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
    ),
    force: Flag.Boolean("force").pipe(
      Flag.withDescription("Sign out first, and so ask for a new consent"),
      Flag.withDefault(false)
    )
  },
  Effect.fnUntraced(function*({ account: named, browser, force }) {
    const flows = yield* AuthFlows
    const opens = browser && (yield* Browser).opens
    const key = yield* keyOf(named)
    if (force) yield* Console.log(`${(yield* loggedOut(key)).message}\n`)
    const started = yield* flows.start(key, { openBrowser: opens })
    if (started._tag === "AlreadyAuthenticated") return yield* say(started.session, "already_authenticated")
    const { flow } = started
    // Where a browser opens, stdin may be meant for somebody else, unless it is the person's keyboard.
    const takesPaste = process.stdin.isTTY || !opens
    yield* invitation(started, !opens)
    if (opens) yield* Effect.forkChild(opening(flow))
    // A failure of what was pasted is the flow's own outcome, which everybody is told.
    const pasting = Effect.andThen(Effect.exit(pasted(flow)), Effect.never)
    const waiting = takesPaste ? Effect.raceFirst(flow.outcome, pasting) : flow.outcome
    // What moves would go over what a person types.
    yield* say(yield* (opens ? spinning(waiting, progressWords(key, flow.expiresAt)) : waiting), "authenticated")
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
