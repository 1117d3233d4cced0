/**
 * `Person` in memory: at a scripted provider, and with loopback addresses that are no sockets.
 */
import { Effect, Layer } from "effect"
import { Person, PersonLost } from "../../services/local-google/Person.ts"
import { LoopbackVisitor } from "../../services/testing/LoopbackVisitor.ts"
import { ScriptedProvider } from "../../services/testing/ScriptedProvider.ts"

/** Provides `Person`; needs the provider that they consent at, and the way back to the program. */
export const layer: Layer.Layer<Person, never, ScriptedProvider | LoopbackVisitor> = Layer.effect(
  Person,
  Effect.gen(function*() {
    const { authorize } = yield* ScriptedProvider
    const loopback = yield* LoopbackVisitor
    return Person.of({
      consent: authorize,
      visit: Effect.fn("Person.visit")(function*(url) {
        const visit = yield* loopback.visit(url)
        if (visit._tag === "Page") return { url: visit.url, status: visit.status, text: visit.text }
        const found = visit._tag === "Refused" ? "nobody who listens" : "no answer"
        return yield* new PersonLost({ step: "open the page", found })
      })
    })
  })
)
