/**
 * `Sessions` over a provider that is played by the test and a store that can be watched and disturbed.
 */
import { Clock, Context, Deferred, Effect, Layer, Option, Queue, Redacted, Ref, Stream } from "effect"
import * as AuthEventsPubSub from "../../src/layers/sign-in/AuthEventsPubSub.ts"
import * as SessionsSynchronized from "../../src/layers/sign-in/SessionsSynchronized.ts"
import * as LeasesMemory from "../../src/layers/storage/LeasesMemory.ts"
import * as SessionStoreMemory from "../../src/layers/storage/SessionStoreMemory.ts"
import type { ClientMisconfigured, OAuthClient } from "../../src/services/config/Config.ts"
import {
  AuthorizationServer,
  type ProviderUnreachable,
  type RefreshRejected,
  type TokenGrant
} from "../../src/services/provider/AuthorizationServer.ts"
import { SessionStore } from "../../src/services/storage/SessionStore.ts"
import { grant } from "./sessionData.ts"
import { watching } from "./sessionStreams.ts"

type Answer = Effect.Effect<TokenGrant, RefreshRejected | ProviderUnreachable | ClientMisconfigured>

/** A refresh request that waits for its answer. */
export interface Held {
  /** Returns when the request has come. */
  readonly arrived: Effect.Effect<void>
  readonly answer: (answer: Answer) => Effect.Effect<void>
}

/** What the test makes the provider do, and what the provider was asked. */
export class Provider extends Context.Service<Provider, {
  /** Answers all refreshes to come. */
  readonly answers: (answer: Answer) => Effect.Effect<void>
  /** Answers one refresh after the other; what comes after the last of them gets that one too. */
  readonly answersInTurn: (...answers: readonly [Answer, ...Array<Answer>]) => Effect.Effect<void>
  /** Keeps refreshes to come waiting, until the one answer for all of them is given. */
  readonly hold: Effect.Effect<Held>
  /** The refresh tokens that were sent, and the scopes with them. */
  readonly refreshed: Effect.Effect<ReadonlyArray<string>>
  readonly scopes: Effect.Effect<ReadonlyArray<ReadonlyArray<string>>>
  /** The clients that refreshes and revocations were made as, in order, with their secrets; none for the configured one. */
  readonly clients: Effect.Effect<ReadonlyArray<Acting | undefined>>
  /** When they were sent, in milliseconds by the Clock. */
  readonly times: Effect.Effect<ReadonlyArray<number>>
  /** Makes the client be another one. */
  readonly clientIs: (clientId: string) => Effect.Effect<void>
  /** Makes the client be none. */
  readonly clientIsNot: (why: ClientMisconfigured) => Effect.Effect<void>
  /** The next token that is sent to be revoked. */
  readonly revoked: Effect.Effect<string>
  /** Tokens that were sent to be revoked and not looked at yet. */
  readonly revocations: Effect.Effect<ReadonlyArray<string>>
  readonly answersRevocations: (answer: Effect.Effect<void, ProviderUnreachable>) => Effect.Effect<void>
}>()("mcp-gas/test/support/sessionHarness/Provider") {}

/** A client other than the configured one, in the clear. */
export interface Acting {
  readonly clientId: string
  readonly clientSecret: string | undefined
}

const acting = (as: OAuthClient | undefined): Acting | undefined =>
  as && {
    clientId: as.clientId,
    clientSecret: Option.getOrUndefined(Option.map(as.clientSecret, Redacted.value))
  }

interface Asked {
  readonly token: string
  readonly scopes: ReadonlyArray<string>
  readonly at: number
}

const provider = (rotatesRefreshTokens: boolean) =>
  Layer.effectContext(
    Effect.gen(function*() {
      const client = yield* Ref.make<Effect.Effect<string, ClientMisconfigured>>(Effect.succeed("a client"))
      const answer = yield* Ref.make<Answer>(Effect.succeed(grant()))
      const revocation = yield* Ref.make<Effect.Effect<void, ProviderUnreachable>>(Effect.void)
      const asked = yield* Ref.make<ReadonlyArray<Asked>>([])
      const clients = yield* Ref.make<ReadonlyArray<Acting | undefined>>([])
      const acts = (as: OAuthClient | undefined) => Ref.update(clients, (before) => [...before, acting(as)])
      const revoked = yield* Queue.unbounded<string>()
      const server = Layer.mock(AuthorizationServer, {
        clientId: Effect.flatten(Ref.get(client)),
        issuer: "https://provider.test",
        responseIssuer: Effect.succeed({ identifier: "https://provider.test", required: false }),
        rotatesRefreshTokens,
        refresh: (token, scopes, as) =>
          Effect.flatMap(
            Clock.currentTimeMillis,
            (at) => Ref.update(asked, (before) => [...before, { token: Redacted.value(token), scopes, at }])
          ).pipe(
            Effect.andThen(acts(as)),
            Effect.andThen(Effect.flatten(Ref.get(answer)))
          ),
        revoke: (token, as) =>
          acts(as).pipe(
            Effect.andThen(Queue.offer(revoked, Redacted.value(token))),
            Effect.andThen(Effect.flatten(Ref.get(revocation)))
          )
      })
      return Context.merge(
        yield* Layer.build(server),
        Provider.context({
          answers: (next) => Ref.set(answer, next),
          answersInTurn: Effect.fnUntraced(function*(first, ...rest) {
            const left = yield* Ref.make([first, ...rest])
            const next = Ref.modify(left, ([now = first, ...later]) => [now, later.length === 0 ? [now] : later])
            yield* Ref.set(answer, Effect.flatten(next))
          }),
          hold: Effect.gen(function*() {
            const arrived = yield* Deferred.make<void>()
            const given = yield* Deferred.make<Answer>()
            yield* Ref.set(
              answer,
              Effect.andThen(Deferred.succeed(arrived, undefined), Effect.flatten(Deferred.await(given)))
            )
            return {
              arrived: Deferred.await(arrived),
              answer: (next) => Effect.asVoid(Deferred.succeed(given, next))
            }
          }),
          refreshed: Effect.map(Ref.get(asked), (all) => all.map(({ token }) => token)),
          scopes: Effect.map(Ref.get(asked), (all) => all.map(({ scopes }) => scopes)),
          clients: Ref.get(clients),
          times: Effect.map(Ref.get(asked), (all) => all.map(({ at }) => at)),
          clientIs: (next) => Ref.set(client, Effect.succeed(next)),
          clientIsNot: (why) => Ref.set(client, Effect.fail(why)),
          revoked: Queue.take(revoked),
          revocations: Queue.clear(revoked),
          answersRevocations: (next) => Ref.set(revocation, next)
        })
      )
    })
  )

type Store = SessionStore["Service"]

/** Another process on the same store; what it does is not counted. */
export class OtherProcess
  extends Context.Service<OtherProcess, Store>()("mcp-gas/test/support/sessionHarness/OtherProcess")
{}

/** How often the store was asked; notes are those of tokens being presented, taken and taken back. */
export interface Counts {
  readonly reads: number
  readonly writes: number
  readonly notes: number
}

/** What this process asked of the store, and what the test puts in between. */
export class StoreSpy extends Context.Service<StoreSpy, {
  readonly counts: Effect.Effect<Counts>
  /** Returns when this process has taken in so many writes, by whomever, that it was told of. */
  readonly takenIn: (writes: number) => Effect.Effect<void>
  /** Keeps writes to come from this process, as if they had not got around yet. */
  readonly deafen: Effect.Effect<void>
  /** Changes how reads and writes to come are done. */
  readonly disturb: (change: Disturbance) => Effect.Effect<void>
}>()("mcp-gas/test/support/sessionHarness/StoreSpy") {}

export interface Disturbance {
  readonly read?: (read: ReturnType<Store["read"]>) => ReturnType<Store["read"]>
  readonly write?: (write: ReturnType<Store["write"]>) => ReturnType<Store["write"]>
  readonly tombstone?: (tombstone: ReturnType<Store["tombstone"]>) => ReturnType<Store["tombstone"]>
  readonly present?: (present: ReturnType<Store["present"]>) => ReturnType<Store["present"]>
  readonly withdraw?: (withdraw: ReturnType<Store["withdraw"]>) => ReturnType<Store["withdraw"]>
}

const spied = Layer.effectContext(
  Effect.gen(function*() {
    const inner = yield* OtherProcess
    const counts = yield* Ref.make<Counts>({ reads: 0, writes: 0, notes: 0 })
    const count = (what: keyof Counts) => Ref.update(counts, (before) => ({ ...before, [what]: before[what] + 1 }))
    const pulls = yield* Queue.unbounded<void>()
    const deaf = yield* Ref.make(false)
    const disturbance = yield* Ref.make<Disturbance>({})
    const disturbed = <A, E>(
      effect: Effect.Effect<A, E>,
      pick: (from: Disturbance) => undefined | ((it: Effect.Effect<A, E>) => Effect.Effect<A, E>)
    ) => Effect.flatMap(Ref.get(disturbance), (from) => pick(from)?.(effect) ?? effect)
    return Context.merge(
      SessionStore.context({
        ...inner,
        read: (key) => Effect.andThen(count("reads"), disturbed(inner.read(key), ({ read }) => read)),
        write: (key, expected, write) =>
          Effect.andThen(count("writes"), disturbed(inner.write(key, expected, write), (from) => from.write)),
        present: (key, expected, options) =>
          Effect.andThen(count("notes"), disturbed(inner.present(key, expected, options), ({ present }) => present)),
        withdraw: (key, expected) =>
          Effect.andThen(count("notes"), disturbed(inner.withdraw(key, expected), ({ withdraw }) => withdraw)),
        tombstone: (key) => disturbed(inner.tombstone(key), ({ tombstone }) => tombstone),
        watch: Stream.unwrap(
          Effect.map(
            watching(Stream.filter(inner.watch, () => !Ref.getUnsafe(deaf))),
            (seen) => Stream.fromEffectRepeat(Effect.andThen(Queue.offer(pulls, undefined), Queue.take(seen)))
          )
        )
      }),
      StoreSpy.context({
        counts: Ref.get(counts),
        // Whoever asks for the next one is done with those before.
        takenIn: (writes) => Effect.asVoid(Queue.takeN(pulls, writes + 1)),
        deafen: Ref.set(deaf, true),
        disturb: (change) => Ref.set(disturbance, change)
      })
    )
  })
)

/** What outlives a process: the store, and the provider. */
const world = (rotatesRefreshTokens: boolean) =>
  Layer.merge(
    Layer.provide(Layer.effect(OtherProcess, SessionStore), SessionStoreMemory.layer),
    provider(rotatesRefreshTokens)
  )

const oneProcess = SessionsSynchronized.layer.pipe(
  Layer.provideMerge(Layer.mergeAll(spied, AuthEventsPubSub.layer, LeasesMemory.layer))
)

export const worldOf = { keeping: world(false), rotating: world(true) }

/** Runs in a process of its own on the store and the provider there are, which is closed at the end. */
export const inProcess = Effect.provide(Layer.fresh(oneProcess))

/** One process: `Sessions`, and everything around it in the test's hands. Refresh tokens are kept. */
export const layer = Layer.provideMerge(oneProcess, worldOf.keeping)

/** The same with a provider that replaces refresh tokens. */
export const rotating = Layer.provideMerge(oneProcess, worldOf.rotating)
