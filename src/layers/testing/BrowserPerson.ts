/**
 * The browser of a person who does as the test says: what a sign-in opens, they answer.
 */
import { Array as Arr, Context, Effect, type Exit, FiberSet, Layer, Queue, Ref } from "effect"
import { isSafeToOpen } from "../../services/config/LoopbackHost.ts"
import { type ConsentAnswer, Person, type PersonLost, type SeenPage } from "../../services/local-google/Person.ts"
import { Browser, refusedUrl } from "../../services/sign-in/Browser.ts"
import { type PersonWill, ScriptedPerson } from "../../services/testing/ScriptedPerson.ts"

/** What the person is like to begin with. */
export interface Options {
  /** What they do with a page that opens, until `will` says otherwise; they consent unless said. */
  readonly will?: PersonWill
}

/**
 * Provides `Browser` and `ScriptedPerson`, over any `Person`: `PersonHttp` at a local Google, `PersonScripted` in memory. Closing the
 * Scope ends what they are doing.
 *
 * @example
 * ```ts
 * import { Console, Effect, Layer, Option } from "effect"
 * import { Digest, SecureRandom } from "effect/crypto"
 * import { FetchHttpClient } from "effect/http"
 * import * as Gas from "mcp-gas"
 * import { BrowserPerson, LocalGoogle, LocalGoogleOidc, PersonHttp, ScriptedPerson } from "mcp-gas/testing"
 *
 * const program = Effect.gen(function*() {
 *   const { start } = yield* Gas.AuthFlows
 *   const person = yield* ScriptedPerson
 *   yield* person.will({ _tag: "Allow", email: "grace@example.com" })
 *   const started = yield* start(Gas.defaultAccountKey, { openBrowser: true })
 *   if (started._tag !== "AlreadyAuthenticated") yield* started.flow.outcome
 *   const page = yield* person.nextPage
 *   yield* Console.log(page.text.includes("grace@example.com is now signed in to My Server.")) // → true
 * })
 *
 * const Provider = Layer.unwrap(
 *   Effect.map(LocalGoogle, ({ clientId, clientSecret, issuer }) =>
 *     Gas.AuthorizationServerDiscovered.layer({
 *       issuer,
 *       client: Effect.succeed({ clientId, clientSecret: Option.some(clientSecret) })
 *     }))
 * )
 *
 * const SignIn = Gas.SignIn.engine({ scopes: ["openid", "email"] }).pipe(
 *   Layer.provideMerge(BrowserPerson.layer()),
 *   Layer.provide([
 *     PersonHttp.layer,
 *     Provider,
 *     Gas.CallbackServerLoopback.layer({ serverName: "My Server" }),
 *     Gas.SessionStoreMemory.layer,
 *     Gas.FlowStoreMemory.layer,
 *     Gas.LeasesMemory.layer
 *   ]),
 *   Layer.provide([Gas.OAuthFetch.layer, Gas.AuthEventsPubSub.layer, LocalGoogleOidc.layer()]),
 *   Layer.provide([FetchHttpClient.layer, Digest.layerWebCrypto, SecureRandom.layerWebCrypto])
 * )
 *
 * await Effect.runPromise(Effect.provide(program, SignIn))
 * ```
 */
export const layer = (
  { will = { _tag: "Allow" } }: Options = {}
): Layer.Layer<Browser | ScriptedPerson, never, Person> =>
  Layer.effectContext(Effect.gen(function*() {
    const person = yield* Person
    const willing = yield* Ref.make(will)
    const opened = yield* Ref.make<ReadonlyArray<string>>([])
    const openings = yield* Queue.unbounded<string>()
    const ends = yield* Queue.unbounded<Exit.Exit<SeenPage, PersonLost>>()
    const answering = yield* FiberSet.make()

    const answer = (url: string, how: ConsentAnswer) => Effect.flatMap(person.consent(url, how), person.visit)

    const browser = Browser.of({
      opens: true,
      open: Effect.fn("Browser.open")(function*(url) {
        if (!isSafeToOpen(url)) return yield* refusedUrl()
        yield* Ref.update(opened, Arr.append(url))
        yield* Queue.offer(openings, url)
        const how = yield* Ref.get(willing)
        if (how._tag === "Wait") return
        const ending = answer(url, how).pipe(Effect.exit, Effect.flatMap((exit) => Queue.offer(ends, exit)))
        yield* FiberSet.run(answering, ending, { startImmediately: false })
      })
    })

    return Context.make(Browser, browser).pipe(Context.add(ScriptedPerson, {
      will: (next) => Ref.set(willing, next),
      consent: (url, choice) => answer(url, { _tag: "Allow", ...choice }),
      deny: (url) => answer(url, { _tag: "Deny" }),
      opened: Ref.get(opened),
      nextOpened: Queue.take(openings),
      nextPage: Effect.flatten(Queue.take(ends))
    }))
  }))
