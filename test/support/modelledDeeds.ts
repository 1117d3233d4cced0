/**
 * The commands of the model, carried out on a machine. What is answered is given in the model's words.
 */
import { Clock, DateTime, Duration, Effect, Equal, Option } from "effect"
import type { AuthFlow } from "../../src/services/sign-in/AuthFlows.ts"
import type { Command, Window } from "../modelled/command.ts"
import { denied, issuer, redirected } from "./fakeProvider.ts"
import { get } from "./loopbackClient.ts"
import { wordOf } from "./modelledCallers.ts"
import { key } from "./modelledLook.ts"
import type { Machine } from "./modelledMachine.ts"
import type { ModelledWindow } from "./modelledWindow.ts"

/** Asks something of a window, and gives its answer in a word. `nothing`: the error that says that there is nothing to do. */
const ask = <A>(
  { at, time }: Machine,
  window: Window,
  question: (of: ModelledWindow) => Effect.Effect<A, { readonly code: string }>,
  word: (answer: A) => string,
  nothing?: string
): Effect.Effect<string> =>
  Effect.suspend(() => time.finished(Effect.exit(at(window).inIt(question(at(window)))))).pipe(
    Effect.map((exit) => wordOf(exit, word, nothing))
  )

/** What a page says to a person; any other says that nothing came of what they did. */
const pages: Readonly<Record<string, string>> = { "Signed in": "signed in", "Sign-in declined": "declined" }

/** What a browser shows of an address: nothing, where nobody listens any more. */
const visit = ({ time }: Machine, url: string) =>
  time.finished(
    get(url).pipe(
      Effect.map(({ text }) => pages[/<title>(.*)<\/title>/.exec(text)?.[1] ?? ""] ?? "nothing"),
      Effect.orElseSucceed(() => "nothing")
    )
  )

/** Goes to an address of the newest flow, over or not; where there was none yet, there is nowhere to go. */
const answering = (machine: Machine, address: (flow: AuthFlow) => string) => {
  const flow = machine.newest()
  return flow === undefined ? Effect.succeed("nothing") : visit(machine, address(flow))
}

const said = { yes: { code: "forged" }, no: { error: "access_denied" } } as const

/** Nobody asks for a token in vain, and nobody is given the refused one again. */
const refresh = (machine: Machine, window: Window) =>
  ask(
    machine,
    window,
    Effect.fnUntraced(function*({ sessions }) {
      const { state } = yield* sessions.slot(key)
      const refused = state._tag === "SignedIn" ? state.session.tokens.accessToken : undefined
      if (refused !== undefined) yield* sessions.invalidate(key, refused)
      const token = yield* sessions.accessToken(key)
      return Equal.equals(token, refused) ? "the refused token" : machine.provider.refusal(token) ?? "another token"
    }),
    (answer) => answer,
    "sign_in_required"
  )

/** The flow that a window shows, whichever. */
const pending = ({ at, time }: Machine) =>
  Effect.map(time.finished(Effect.orDie(at(0).inIt(at(0).flows.pending(key)))), Option.getOrUndefined)

/** Later than any deadline and the end of any token: a flow is awake when its time comes, and nobody else need be. */
const expire = Effect.fnUntraced(function*(machine: Machine) {
  const flow = yield* pending(machine)
  const now = yield* DateTime.now
  const soon = Duration.millis(100)
  yield* machine.time.jump(
    flow === undefined ? "2 hours" : Duration.subtract(DateTime.distance(now, flow.expiresAt), soon)
  )
  return "nothing"
})

export const carryOut = Effect.fnUntraced(function*(machine: Machine, command: Command): Effect.fn.Return<string> {
  const { at, callers, newest, provider, replace, time } = machine
  switch (command._tag) {
    case "Start": {
      const { window } = command
      let waitsFor: AuthFlow | undefined
      const answer = yield* ask(machine, window, ({ flows }) => flows.start(key, { openBrowser: true }), (started) => {
        if (started._tag === "AlreadyAuthenticated") return "is signed in"
        waitsFor = started.flow
        return started._tag === "Began" ? "began" : "joined"
      })
      if (waitsFor !== undefined) yield* callers.wait(window, at(window), waitsFor)
      return answer
    }
    case "Leave":
      yield* time.finished(callers.leave(command.caller % Math.max(1, callers.all().length)))
      return "nothing"
    case "Callback":
      return yield* answering(machine, ({ authorizationUrl }) => provider.consent(authorizationUrl))
    case "Deny":
      return yield* answering(machine, denied)
    case "Forge":
      return yield* answering(
        machine,
        ({ authorizationUrl }) => redirected(authorizationUrl, { ...said[command.says], state: "forged", iss: issuer })
      )
    case "Paste": {
      const flow = newest()
      const url = flow === undefined ? "http://127.0.0.1:1/callback?code=1" : provider.consent(flow.authorizationUrl)
      return yield* ask(
        machine,
        command.window,
        ({ flows }) => flows.complete(key, url),
        () => "signed in",
        "not_this_sign_in"
      )
    }
    case "Cancel":
      return yield* ask(
        machine,
        command.window,
        ({ flows }) => flows.cancel(key),
        ({ _tag }) => _tag === "Cancelled" ? "cancelled" : _tag === "NothingPending" ? "nothing" : "finished"
      )
    case "Logout": {
      const flow = yield* pending(machine)
      return yield* ask(machine, command.window, ({ flows }) => flows.logout(key), (done) => {
        if (Option.isSome(done.was)) {
          return Option.contains(done.revoked, true)
            ? "signed out"
            : "signed out, not revoked"
        }
        // What a process that died has left behind is ended too, and told of, although nobody can see it any more.
        return done.flow._tag === "Cancelled" && done.flow.flowId === flow?.id ? "cancelled" : "nothing"
      })
    }
    case "Refresh":
      return yield* refresh(machine, command.window)
    case "Expire":
      return yield* Effect.provideService(expire(machine), Clock.Clock, time.clock)
    case "Restart":
      yield* time.finished(at(command.window).end)
      yield* replace(command.window)
      return "nothing"
    case "Kill":
      yield* time.finished(at(command.window).kill)
      yield* replace(command.window)
      return "nothing"
  }
})
