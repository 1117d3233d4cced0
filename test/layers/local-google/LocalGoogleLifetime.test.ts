import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Exit, Layer, Scope } from "effect"
import { execFile } from "node:child_process"
import { createConnection, createServer } from "node:net"
import * as LocalGoogleOidc from "../../../src/layers/local-google/LocalGoogleOidc.ts"
import { LocalGoogle } from "../../../src/services/local-google/LocalGoogle.ts"
import * as Client from "../../support/localGoogleClient.ts"

const portOf = (google: LocalGoogle["Service"]) => Number(new URL(google.issuer).port)

const canBind = (port: number) =>
  Effect.callback<boolean>((resume) => {
    const server = createServer()
    server.once("error", () => resume(Effect.succeed(false)))
    server.listen(port, "127.0.0.1", () => server.close(() => resume(Effect.succeed(true))))
  })

/** An open connection that says nothing, or what it is given; tells when the other side has ended it. */
const connection = (port: number, words = "") =>
  Effect.callback<{ readonly ended: Effect.Effect<void> }>((resume) => {
    const socket = createConnection(port, "127.0.0.1", () => {
      socket.write(words)
      resume(Effect.succeed({ ended }))
    })
    socket.on("error", () => {})
    const closed = new Promise<void>((resolve) => socket.once("close", () => resolve()))
    const ended = Effect.promise(() => closed)
  })

describe("LocalGoogle: lifetime", () => {
  it.effect("two in one process share neither clients nor codes, tokens, consents, faults or counts", () =>
    Effect.gen(function*() {
      const context = yield* Effect.all([Layer.build(Client.layer()), Layer.build(Client.layer())])
      const [here, there] = context.map((services) => Effect.provide(services))
      assert.isDefined(here)
      assert.isDefined(there)
      const [one, two] = context.map((services) => Context.get(services, LocalGoogle))
      assert.notStrictEqual(one?.issuer, two?.issuer)
      assert.notStrictEqual(one?.clientId, two?.clientId)

      yield* one?.fail("discovery", { _tag: "Respond", status: 500, body: "{}" }) ?? Effect.void
      assert.strictEqual((yield* there(Client.get("/.well-known/openid-configuration"))).status, 200)

      const code = (yield* here(Client.consent())).get("code")
      assert.strictEqual((yield* there(Client.exchange(code))).body["error"], "invalid_grant")
      const tokens = (yield* here(Client.exchange(code))).body
      assert.strictEqual((yield* there(Client.userinfo(tokens["access_token"]))).status, 401)
      assert.strictEqual((yield* there(Client.refresh(tokens["refresh_token"]))).status, 400)
      assert.strictEqual((yield* there(Client.revoke(tokens["access_token"]))).status, 400)
      assert.strictEqual((yield* here(Client.userinfo(tokens["access_token"]))).status, 200)

      assert.property(yield* there(Client.signIn(undefined, { prompt: "" })), "refresh_token")
      assert.strictEqual((yield* two?.counts ?? Effect.die("none")).exchanges, 2)
    }))

  it.effect("closing its Scope closes the port and every connection: silent, half-sent, kept alive and hanging", () =>
    Effect.gen(function*() {
      const scope = yield* Scope.make()
      const services = yield* Layer.buildWithScope(Client.layer(), scope)
      const google = Context.get(services, LocalGoogle)
      const port = portOf(google)
      yield* Effect.provide(Client.get("/.well-known/openid-configuration"), services)
      const silent = yield* connection(port)
      const half = yield* connection(port, "POST /token HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-length: 9\r\n\r\nhalf")
      yield* google.fail("discovery", { _tag: "Hang" })
      const hanging = yield* connection(
        port,
        "GET /.well-known/openid-configuration HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n"
      )
      yield* google.fail("userinfo", { _tag: "Delay", millis: 60_000 })
      const delayed = yield* connection(port, "GET /v1/userinfo HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n")
      while ((yield* google.counts).userinfos === 0) yield* Effect.promise(() => new Promise(setImmediate))

      const before = performance.now()
      yield* Scope.close(scope, Exit.void)
      assert.isBelow(performance.now() - before, 1000)
      for (const { ended } of [silent, half, hanging, delayed]) yield* ended
      assert.isTrue(yield* canBind(port))
    }))

  it.effect("listens on 127.0.0.1 alone, on the port it is given, and says when that is taken", () =>
    Effect.gen(function*() {
      const scope = yield* Scope.make()
      const first = Context.get(yield* Layer.buildWithScope(LocalGoogleOidc.layer(), scope), LocalGoogle)
      const port = portOf(first)
      const taken = yield* Effect.flip(Layer.build(LocalGoogleOidc.layer({ port })))
      assert.strictEqual(taken._tag, "LocalGoogleUnavailable")
      assert.propertyVal(taken.cause, "code", "EADDRINUSE")
      const elsewhere = yield* Effect.exit(
        Effect.callback<void, Error>((resume) => {
          const socket = createConnection(port, "127.0.0.2", () => resume(Effect.void))
          socket.once("error", (error) => resume(Effect.fail(error)))
        })
      )
      assert.isTrue(Exit.isFailure(elsewhere))
      yield* Scope.close(scope, Exit.void)
      const again = Context.get(yield* Layer.build(LocalGoogleOidc.layer({ port })), LocalGoogle)
      assert.strictEqual(again.issuer, `http://127.0.0.1:${port}`)
    }))

  it.effect("takes the client it is given", () =>
    Effect.gen(function*() {
      assert.strictEqual((yield* LocalGoogle).clientId, "readable-client")
      assert.property(yield* Client.signIn(), "access_token")
    }).pipe(Effect.provide(Client.layer({ clientId: "readable-client" }))))

  it.effect("says nothing on stdout and stderr, whatever is asked of it", () =>
    Effect.gen(function*() {
      const script = `
        const { Effect } = await import("effect")
        const Client = await import("./test/support/localGoogleClient.ts")
        const { LocalGoogle } = await import("./src/services/local-google/LocalGoogle.ts")
        await Effect.runPromise(Effect.gen(function*() {
          const tokens = yield* Client.signIn()
          yield* Client.consent({ _tag: "Deny" })
          yield* Client.refresh(tokens.refresh_token)
          yield* Client.refresh("unknown")
          yield* Client.userinfo("unknown")
          yield* Client.revoke(tokens.access_token)
          const google = yield* LocalGoogle
          yield* google.fail("token", { _tag: "ResetAfter" })
          yield* Effect.flip(Client.exchange("unknown"))
        }).pipe(Effect.provide(Client.layer())))
        process.exitCode = 42`
      const said = yield* Effect.callback<{ readonly code: unknown; readonly text: string }>((resume) => {
        execFile(process.execPath, ["--input-type=module", "-e", script], (error, stdout, stderr) => {
          resume(Effect.succeed({ code: error?.code, text: stdout + stderr }))
        })
      })
      assert.deepStrictEqual(said, { code: 42, text: "" })
    }), 60_000)
})
