/**
 * Safeties of the callback listener: who may speak to it, when it is gone, and what its pages may say.
 */
import { explored, type Mutant, quick } from "./mutant.ts"

const callbacks = "src/layers/sign-in/CallbackServerLoopback.ts"
const http = "src/layers/sign-in/LoopbackListenerHttp.ts"
const run = "src/layers/sign-in/AuthFlowRun.ts"
const concluded = "yield* Effect.exit(conclude(id, began, request, decision))"
const matrix = "layers/sign-in/AuthFlows/callbackMatrix"
const loopback = "layers/sign-in/CallbackServerLoopback"

export const listening: ReadonlyArray<Mutant> = [
  {
    safety: "the check of the `Host` header",
    rule: "State first",
    file: callbacks,
    find:
      "if (host !== `127.0.0.1:${port}` && host !== `localhost:${port}`) return Result.fail(CallbackPages.bare(421))",
    replace: "",
    killers: [quick(loopback, "tells which method it takes, and whose name it answers to")]
  },
  {
    safety: "callbacks by GET alone",
    rule: "State first",
    file: callbacks,
    find: `if (request.method !== "GET") return Result.fail(CallbackPages.bare(405, { allow: "GET" }))`,
    replace: "",
    killers: [quick(loopback, "tells which method it takes, and whose name it answers to")]
  },
  {
    safety: "callbacks at their own path alone",
    rule: "State first",
    file: callbacks,
    find: "if (pathname !== path) return Result.fail(CallbackPages.bare(404))",
    replace: "",
    killers: [quick(matrix, "the root path changes nothing, and the genuine callback then succeeds")]
  },
  {
    safety: "no code from a browser that fetches ahead",
    rule: "The code is spent once",
    file: callbacks,
    find: "if (isPrefetch(request)) return Result.fail(CallbackPages.bare(204))",
    replace: "",
    killers: [quick(matrix, "a prefetch changes nothing, and the genuine callback then succeeds")]
  },
  {
    safety: "listening on this machine alone",
    rule: "Secrets never leave",
    file: http,
    find: `server.listen({ host: "127.0.0.1", `,
    replace: `server.listen({ host: "0.0.0.0", `,
    killers: [quick(loopback, "listens on 127.0.0.1 and on no other address of this machine")]
  },
  {
    safety: "the finalizer that closes a flow's listener, whatever happens",
    rule: "The page never lies",
    file: run,
    find:
      "no listener outlives its flow.\n        ({ begun, listening }) => Effect.andThen(Scope.close(listening, Exit.void),",
    replace: "no listener outlives its flow.\n        ({ begun }) => Effect.andThen(Effect.void,",
    killers: [
      quick(
        "layers/sign-in/AuthFlows/lingering",
        "an answered page can be reloaded for two seconds and not a millisecond longer"
      )
    ]
  },
  {
    safety: "the release of the listener's socket",
    rule: "The page never lies",
    file: http,
    find: "const closed = yield* Deferred.make<void>()",
    replace: "return\n        const closed = yield* Deferred.make<void>()",
    killers: [quick("layers/sign-in/LoopbackListenerHttp", "listens on 127.0.0.1 until its Scope closes")]
  },
  {
    safety: "waiting for replies on their way, before the listener closes",
    rule: "The page never lies",
    file: http,
    find: "yield* FiberSet.awaitEmpty(requests)",
    replace: "",
    killers: [quick("layers/sign-in/LoopbackListenerHttp", "a reply whose own handler brings about the closing leaves")]
  },
  {
    safety: "room for the person when silent connections fill the listener",
    rule: "Join, never serialise",
    file: http,
    find: "if (silent.size > limits.silentConnections) silent.values().next().value?.destroy()",
    replace: "",
    killers: [
      quick(
        "layers/sign-in/LoopbackListenerHttp",
        "makes room for a connection too many with the one that has been silent longest"
      )
    ]
  },
  {
    safety: "the page after the session is stored, not before",
    rule: "The page never lies",
    file: run,
    find: concluded,
    replace: `yield* Effect.andThen(
            listener.answer({ _tag: "SignedIn", account: {} }, true, decision.response),
            Effect.exit(conclude(id, began, request, decision))
          )`,
    killers: [
      quick(
        "layers/sign-in/AuthFlows/codeSpentOnce",
        "the browser is sent not a byte before the session is in the store"
      )
    ]
  },
  {
    safety: "the listener gone before anybody hears how a flow without a page ended",
    rule: "The page never lies",
    file: run,
    find: "yield* Scope.close(listening, Exit.void)\n            yield* settle(outcome, moments)",
    replace: "yield* settle(outcome, moments)",
    killers: [explored("closing", "when nobody answers")]
  },
  {
    safety: "the address without the code, which the browser is sent on to",
    rule: "Secrets never leave",
    file: callbacks,
    find: "if (Option.isSome(page) && page.value.stays) return CallbackPages.seeOther(`${path}?view=${visit.view}`)",
    replace: "",
    killers: [quick(matrix, "a code sends the browser on to an address without it, where the same page stays")]
  },
  {
    safety: "waiting for a browser on its way to its page, where lingering is cut short",
    rule: "The page never lies",
    file: run,
    find: "if (!Exit.isSuccess(lingered) || !lingered.value) yield* listener.seen",
    replace: "",
    killers: [quick("layers/sign-in/AuthFlows/lingering", "by the layer closing still shows the browser its page")]
  },
  {
    safety: "the page of a sign-in that was signed out since",
    rule: "The page never lies",
    file: run,
    find: "yield* listener.correct(pageNow(entry, outcome))",
    replace: "",
    killers: [
      quick(
        "layers/sign-in/AuthFlows/lingering",
        "that comes while a browser is on its way to its page makes that page tell of it"
      )
    ]
  },
  {
    safety: "another page for whoever brings another code",
    rule: "The page never lies",
    file: callbacks,
    find: "const late = deciding !== undefined && !Equal.equals(deciding, response)",
    replace: "const late = false",
    killers: [
      quick(loopback, "another response than the one that decided is told that it is already done, and how that ended")
    ]
  }
]
