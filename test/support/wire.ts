/**
 * What lies between the engine and the local Google, where requests can go astray on their way to one endpoint: by a real
 * handshake that fails, or a real name that is not found.
 */
import { Context, Effect, Layer, MutableRef, Ref } from "effect"
import { FetchHttpClient, HttpClient, HttpClientRequest } from "effect/http"
import { endpointOf } from "../../src/layers/local-google/LocalGoogleEndpoints.ts"
import { type LocalEndpoint, LocalGoogle } from "../../src/services/local-google/LocalGoogle.ts"
import { selfSigned } from "./selfSigned.ts"
import { type Astray, type FaultName, faults, type WireFault } from "./wireFaults.ts"

/** No name has a part of more than 63 letters, so that this one is refused without a question to any network. */
const nowhere = `https://${"provider".repeat(8)}.invalid`

export class Wire extends Context.Service<Wire, {
  /** Puts a fault on every request to an endpoint from now on. */
  readonly fail: (endpoint: LocalEndpoint, name: FaultName) => Effect.Effect<void>
  /** Takes all faults away. */
  readonly heal: Effect.Effect<void>
  /** How many requests to an endpoint the engine has sent off, wherever they went. */
  readonly sent: (endpoint: LocalEndpoint) => Effect.Effect<number>
  /** How many requests somebody has read who was not to be trusted. */
  readonly overheard: Effect.Effect<number>
}>()("mcp-gas/test/support/wire") {}

type ByEndpoint<A> = Readonly<Partial<Record<LocalEndpoint, A>>>

/** Provides `Wire`, and the `HttpClient` of the engine, which goes through it; needs the local Google. */
export const layer: Layer.Layer<Wire | HttpClient.HttpClient, never, LocalGoogle> = Layer.effectContext(
  Effect.gen(function*() {
    const google = yield* LocalGoogle
    const client = yield* HttpClient.HttpClient
    const overheard = MutableRef.make(0)
    const detours = yield* Ref.make<ByEndpoint<string>>({})
    const sent = yield* Ref.make<ByEndpoint<number>>({})
    const origins: Readonly<Record<Astray, string>> = {
      "plain HTTP": google.issuer.replace("http:", "https:"),
      "an unknown certificate": yield* selfSigned(() => MutableRef.increment(overheard)),
      nowhere
    }

    const routed = Effect.fnUntraced(function*(request: HttpClientRequest.HttpClientRequest) {
      const url = new URL(request.url)
      const endpoint = endpointOf(url.pathname)
      if (endpoint === undefined) return request
      yield* Ref.update(sent, (all) => ({ ...all, [endpoint]: (all[endpoint] ?? 0) + 1 }))
      const origin = (yield* Ref.get(detours))[endpoint]
      return origin === undefined ? request : HttpClientRequest.setUrl(request, origin + url.pathname + url.search)
    })

    const wire = Wire.of({
      fail: (endpoint, name) => {
        const fault: WireFault = faults[name]
        return fault._tag === "Answer"
          ? google.fail(endpoint, fault.fault)
          : Ref.update(detours, (all) => ({ ...all, [endpoint]: origins[fault.to] }))
      },
      heal: Effect.andThen(google.heal, Ref.set(detours, {})),
      sent: (endpoint) => Effect.map(Ref.get(sent), (all) => all[endpoint] ?? 0),
      overheard: Effect.sync(() => MutableRef.get(overheard))
    })
    return Context.make(Wire, wire).pipe(
      Context.add(HttpClient.HttpClient, HttpClient.mapRequestEffect(client, routed))
    )
  })
).pipe(Layer.provide(FetchHttpClient.layer))
