import { assert, describe, it } from "@effect/vitest"
import { McpError, ResourceUpdatedNotificationSchema } from "@modelcontextprotocol/sdk/types.js"
import { Context, Deferred, Effect, Fiber, PubSub, Queue, Ref, Stream } from "effect"
import { TestClock } from "effect/testing"
import type { Resource } from "../../../src/services/tools/Resource.ts"
import type { JsonObject, ToolError } from "../../../src/services/tools/Tool.ts"
import { serving } from "../../support/mcpInMemory.ts"

const uri = "test://weather"
const words = { uri, name: "weather", title: "Weather", description: "How it is.", mimeType: "application/json" }

const sad = { _tag: "Sad", code: "sad", message: "It is sad.", remedy: "Cheer it up." }

const fine: Effect.Effect<JsonObject> = Effect.succeed({ sky: "blue" })

/** Of a resource whose changes nobody should look at. */
const unwatched = Stream.die("somebody looks")

/** A resource that changes when it is told to. */
const changing = Effect.gen(function*() {
  const changes = yield* PubSub.unbounded<void>()
  /** How many look now, and how many have ever. */
  const watching = yield* Ref.make({ now: 0, ever: 0 })
  const left = yield* Queue.unbounded<void>()
  const resource: Resource<never> = {
    ...words,
    read: fine,
    changes: Stream.unwrap(Effect.gen(function*() {
      const subscription = yield* PubSub.subscribe(changes)
      yield* Effect.acquireRelease(
        Ref.update(watching, ({ ever, now }) => ({ ever: ever + 1, now: now + 1 })),
        () =>
          Effect.andThen(
            Ref.update(watching, ({ ever, now }) => ({ ever, now: now - 1 })),
            Queue.offer(left, undefined)
          )
      )
      return Stream.concat(Stream.make(undefined), Stream.fromSubscription(subscription))
    }))
  }
  return { resource, change: PubSub.publish(changes, undefined), watching: Ref.get(watching), left }
})

/** Asks for a resource, fails with the protocol's errors only. */
const asking = <A>(ask: (uri: string) => Promise<A>) => (of: string = uri) =>
  Effect.tryPromise({
    try: () => ask(of),
    catch: (error) => error instanceof McpError ? error : assert.fail(String(error))
  })

/** A client that is connected to a server with these resources and services. */
const connected = Effect.fnUntraced(function*(
  resources: ReadonlyArray<Resource<never>>,
  context: Effect.Effect<Context.Context<never>, ToolError> = Effect.succeed(Context.empty())
) {
  const server = yield* serving({ tools: [], resources }, context)
  const { client } = server
  const updates = yield* Queue.unbounded<string>()
  client.setNotificationHandler(
    ResourceUpdatedNotificationSchema,
    ({ params }) => void Queue.offerUnsafe(updates, params.uri)
  )
  yield* server.connect
  const ping = Effect.promise(() => client.ping())
  return {
    ...server,
    updates,
    read: asking((of) => client.readResource({ uri: of })),
    subscribe: asking((of) => client.subscribeResource({ uri: of })),
    unsubscribe: asking((of) => client.unsubscribeResource({ uri: of })),
    /** How many changes the client has been told of since it asked last: what is written before a pong has come before it. */
    told: Effect.andThen(ping, Effect.map(Queue.clear(updates), ({ length }) => length))
  }
})

describe("a client", () => {
  it.effect("learns that it can subscribe, and of the resources in the order they were given", () =>
    Effect.gen(function*() {
      const other = { ...words, uri: "test://a", read: fine, changes: unwatched }
      const { client } = yield* connected([{ ...words, read: fine, changes: unwatched }, other])
      assert.deepStrictEqual(client.getServerCapabilities(), { tools: {}, resources: { subscribe: true } })
      const { resources } = yield* Effect.promise(() => client.listResources())
      assert.deepStrictEqual(resources, [words, { ...words, uri: "test://a" }])
      const { resourceTemplates } = yield* Effect.promise(() => client.listResourceTemplates())
      assert.deepStrictEqual(resourceTemplates, [])
    }))

  it.effect("of a server without resources learns of none, and that the server knows no such thing", () =>
    Effect.gen(function*() {
      const { client, read } = yield* connected([])
      assert.deepStrictEqual(client.getServerCapabilities(), { tools: {} })
      assert.strictEqual((yield* Effect.flip(read())).code, -32601)
    }))
})

describe("a read", () => {
  it.effect("is answered with the object as JSON", () =>
    Effect.gen(function*() {
      const { read } = yield* connected([{ ...words, read: fine, changes: unwatched }])
      assert.deepStrictEqual(yield* read(), {
        contents: [{ uri, mimeType: "application/json", text: "{\"sky\":\"blue\"}" }]
      })
    }))

  it.effect("that fails is an error with code, cause and remedy", () =>
    Effect.gen(function*() {
      const { read } = yield* connected([{ ...words, read: Effect.fail(sad), changes: unwatched }])
      const { code, data, message } = yield* Effect.flip(read())
      assert.strictEqual(code, -32603)
      assert.strictEqual(message, "MCP error -32603: It is sad. Cheer it up.")
      assert.deepStrictEqual(data, { uri, code: "sad", cause: "It is sad.", remedy: "Cheer it up." })
    }))

  it.effect("with a defect tells the client nothing but that; the log has the details", () =>
    Effect.gen(function*() {
      const broken = { ...words, read: Effect.die(new Error("pipe burst")), changes: unwatched }
      const { lines, logged, read } = yield* connected([broken])
      const { data } = yield* Effect.flip(read())
      assert.deepInclude(data, {
        code: "internal_error",
        cause: "test://weather failed because of a mistake in this server."
      })
      assert.notMatch(lines().join(), /pipe burst/i)
      assert.strictEqual(logged.length, 1)
      assert.match(logged[0] ?? "", /level=Error .*test:\/\/weather.*pipe burst/i)
    }))

  it.effect("that is cancelled is interrupted", () =>
    Effect.gen(function*() {
      const begun = yield* Deferred.make<void>()
      const interrupted = yield* Deferred.make<void>()
      const endless = Deferred.succeed(begun, undefined).pipe(
        Effect.andThen(Effect.never),
        Effect.onInterrupt(() => Deferred.succeed(interrupted, undefined))
      )
      const { client } = yield* connected([{ ...words, read: endless, changes: unwatched }])
      const reading = yield* Effect.forkChild(Effect.promise((signal) => client.readResource({ uri }, { signal })))
      yield* Deferred.await(begun)
      yield* Fiber.interrupt(reading)
      yield* Deferred.await(interrupted)
    }))

  it.effect("under way when serving ends goes on, and its answer is waited for; a new one is not begun", () =>
    Effect.gen(function*() {
      const begun = yield* Deferred.make<void>()
      const go = yield* Deferred.make<void>()
      const slow = Deferred.succeed(begun, undefined).pipe(Effect.andThen(Deferred.await(go)), Effect.andThen(fine))
      const { close, ended, read, signals } = yield* connected([{ ...words, read: slow, changes: unwatched }])
      const reading = yield* Effect.forkChild(read())
      yield* Deferred.await(begun)
      signals.emit("SIGTERM")
      yield* Fiber.join(ended)
      assert.deepInclude((yield* Effect.flip(read())).data, { code: "server_stopping" })
      const closing = yield* Effect.forkChild(close, { startImmediately: true })
      yield* Deferred.succeed(go, undefined)
      assert.lengthOf((yield* Fiber.join(reading)).contents, 1)
      yield* Fiber.join(closing)
    }))
})

describe("a resource that is not there", () => {
  it.effect("can be neither read, nor subscribed to, nor unsubscribed from, and no services are asked for", () =>
    Effect.gen(function*() {
      const { read, subscribe, unsubscribe } = yield* connected(
        [{ ...words, read: fine, changes: unwatched }],
        Effect.die("asked for the services")
      )
      for (const ask of [read, subscribe, unsubscribe]) {
        const { code, data } = yield* Effect.flip(Effect.map(ask("test://nowhere"), () => "answered"))
        assert.strictEqual(code, -32002)
        assert.deepStrictEqual(data, { uri: "test://nowhere" })
      }
    }))
})

describe("the services behind the resources", () => {
  it.effect("are asked for by reads and subscriptions only, and again after they could not be had", () =>
    Effect.gen(function*() {
      const asked = yield* Ref.make(0)
      const context = Ref.updateAndGet(asked, (count) => count + 1).pipe(
        Effect.flatMap((count) => count % 2 === 1 ? Effect.fail(sad) : Effect.succeed(Context.empty()))
      )
      const { resource, watching } = yield* changing
      const { client, read, subscribe, unsubscribe } = yield* connected([resource], context)
      yield* Effect.promise(() => client.listResources())
      yield* Effect.promise(() => client.listResourceTemplates())
      yield* unsubscribe()
      assert.strictEqual(yield* Ref.get(asked), 0)
      assert.deepInclude((yield* Effect.flip(read())).data, { code: "sad" })
      yield* read()
      assert.deepInclude((yield* Effect.flip(subscribe())).data, { code: "sad" })
      assert.deepStrictEqual(yield* watching, { now: 0, ever: 0 })
      yield* subscribe()
      assert.deepStrictEqual(yield* watching, { now: 1, ever: 1 })
      assert.strictEqual(yield* Ref.get(asked), 4)
    }))
})

describe("a subscriber", () => {
  it.effect("is told of what changes from the answer on, and of nothing by the answer itself", () =>
    Effect.gen(function*() {
      const { change, resource } = yield* changing
      const { subscribe, told, updates } = yield* connected([resource])
      yield* change
      yield* subscribe()
      assert.strictEqual(yield* told, 0)
      yield* change
      assert.strictEqual(yield* Queue.take(updates), uri)
      assert.strictEqual(yield* told, 0)
    }))

  it.effect("is answered once nothing can be missed", () =>
    Effect.gen(function*() {
      const go = yield* Deferred.make<void>()
      const looking = yield* Deferred.make<void>()
      const slow = Stream.fromEffect(Effect.andThen(Deferred.succeed(looking, undefined), Deferred.await(go)))
      const { ping, subscribe } = yield* Effect.map(
        connected([{ ...words, read: fine, changes: Stream.concat(slow, Stream.never) }]),
        (server) => ({ ...server, ping: Effect.promise(() => server.client.ping()) })
      )
      const subscribing = yield* Effect.forkChild(subscribe(), { startImmediately: true })
      yield* Deferred.await(looking)
      yield* ping
      assert.isUndefined(subscribing.pollUnsafe())
      yield* Deferred.succeed(go, undefined)
      yield* Fiber.join(subscribing)
    }))

  it.effect("that subscribes again, or twice at once, is told once", () =>
    Effect.gen(function*() {
      const { change, resource, watching } = yield* changing
      const { subscribe, told, updates } = yield* connected([resource])
      yield* Effect.all([subscribe(), subscribe()], { concurrency: "unbounded" })
      yield* subscribe()
      assert.deepStrictEqual(yield* watching, { now: 1, ever: 1 })
      yield* change
      yield* Queue.take(updates)
      yield* TestClock.adjust("1 minute")
      assert.strictEqual(yield* told, 0)
    }))

  it.effect("that has unsubscribed is told nothing more, nobody looks any more, and it may subscribe again", () =>
    Effect.gen(function*() {
      const { change, resource, watching } = yield* changing
      const { subscribe, told, unsubscribe, updates } = yield* connected([resource])
      yield* subscribe()
      yield* change
      yield* Queue.take(updates)
      // One that is still held back is not told either.
      yield* change
      yield* unsubscribe()
      assert.deepStrictEqual(yield* watching, { now: 0, ever: 1 })
      yield* change
      yield* TestClock.adjust("1 minute")
      assert.strictEqual(yield* told, 0)
      yield* unsubscribe()
      yield* subscribe()
      yield* change
      yield* Queue.take(updates)
      assert.deepStrictEqual(yield* watching, { now: 1, ever: 2 })
    }))

  it.effect("is told of the first change at once, of others four times a second at most, and always of the last", () =>
    Effect.gen(function*() {
      const { change, resource } = yield* changing
      const { subscribe, told, updates } = yield* connected([resource])
      yield* subscribe()
      yield* change
      yield* Queue.take(updates)
      yield* Effect.repeat(change, { times: 99 })
      assert.strictEqual(yield* told, 0)
      yield* TestClock.adjust("249 millis")
      assert.strictEqual(yield* told, 0)
      yield* TestClock.adjust("1 millis")
      assert.strictEqual(yield* told, 1)
      yield* TestClock.adjust("1 minute")
      assert.strictEqual(yield* told, 0)
      yield* change
      yield* Queue.take(updates)
    }))

  it.effect("of one resource hears nothing of another", () =>
    Effect.gen(function*() {
      const one = yield* changing
      const other = yield* changing
      const otherUri = "test://other"
      const { subscribe, told, updates } = yield* connected([one.resource, { ...other.resource, uri: otherUri }])
      yield* subscribe(otherUri)
      assert.deepStrictEqual(yield* one.watching, { now: 0, ever: 0 })
      yield* one.change
      assert.strictEqual(yield* told, 0)
      yield* other.change
      assert.strictEqual(yield* Queue.take(updates), otherUri)
    }))
})

describe("changes that cannot be watched", () => {
  /** Fails as often as it is told to, after what it emits. */
  const failing = Effect.fnUntraced(function*(stream: Stream.Stream<void, ToolError>) {
    const looks = yield* Ref.make(0)
    const changes = Stream.unwrap(Effect.as(Ref.update(looks, (count) => count + 1), stream))
    return { looks: Ref.get(looks), resource: { ...words, read: fine, changes } }
  })

  it.effect("leave the subscription, and are tried again later and later, up to half a minute", () =>
    Effect.gen(function*() {
      const { looks, resource } = yield* failing(Stream.fail(sad))
      const { logged, subscribe, told } = yield* connected([resource])
      yield* subscribe()
      assert.strictEqual(yield* looks, 1)
      for (const [seconds, expected] of [[1, 2], [2, 3], [4, 4], [8, 5], [16, 6], [30, 7], [30, 8]] as const) {
        yield* TestClock.adjust(seconds * 1_000 - 1)
        assert.strictEqual(yield* looks, expected - 1, `${seconds} s`)
        yield* TestClock.adjust(1)
        assert.strictEqual(yield* looks, expected, `${seconds} s`)
      }
      assert.strictEqual(yield* told, 0)
      assert.match(logged[0] ?? "", /level=Warn.*test:\/\/weather cannot be watched now.*It is sad/i)
    }))

  it.effect("count as a change once they can be watched again", () =>
    Effect.gen(function*() {
      const isWell = yield* Ref.make(false)
      const { resource } = yield* failing(
        Stream.unwrap(
          Effect.map(Ref.get(isWell), (well) =>
            well ? Stream.concat(Stream.make(undefined), Stream.never) : Stream.fail(sad))
        )
      )
      const { subscribe, updates } = yield* connected([resource])
      yield* subscribe()
      yield* Ref.set(isWell, true)
      yield* TestClock.adjust("1 second")
      assert.strictEqual(yield* Queue.take(updates), uri)
    }))

  it.effect("because of a bug are logged as one, and tried again as well", () =>
    Effect.gen(function*() {
      const { looks, resource } = yield* failing(Stream.die(new Error("pipe burst")))
      const { lines, logged, subscribe } = yield* connected([resource])
      yield* subscribe()
      yield* TestClock.adjust("1 second")
      assert.strictEqual(yield* looks, 2)
      assert.match(logged[0] ?? "", /level=Error .*test:\/\/weather.*pipe burst/i)
      assert.notMatch(lines().join(), /pipe burst/i)
    }))
})

describe("when serving ends", () => {
  it.effect("nobody looks any more by the time that is known, and nobody can subscribe", () =>
    Effect.gen(function*() {
      const { change, resource, watching } = yield* changing
      const { ended, signals, subscribe, told } = yield* connected([resource])
      yield* subscribe()
      signals.emit("SIGTERM")
      yield* Fiber.join(ended)
      assert.deepStrictEqual(yield* watching, { now: 0, ever: 1 })
      yield* change
      assert.strictEqual(yield* told, 0)
      assert.deepInclude((yield* Effect.flip(subscribe())).data, { code: "server_stopping" })
      assert.deepStrictEqual(yield* watching, { now: 0, ever: 1 })
    }))

  it.effect("whoever is about to subscribe is not left waiting", () =>
    Effect.gen(function*() {
      const looking = yield* Deferred.make<void>()
      const changes = Stream.fromEffect(Effect.andThen(Deferred.succeed(looking, undefined), Effect.never))
      const { close, ended, stdin, subscribe } = yield* connected([{ ...words, read: fine, changes }])
      const subscribing = yield* Effect.forkChild(subscribe())
      yield* Deferred.await(looking)
      stdin.emit("end")
      yield* Fiber.join(ended)
      yield* Fiber.await(subscribing)
      yield* close
    }))
})
