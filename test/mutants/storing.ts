/**
 * Safeties of what outlives a flow: generations, sign-outs on record, notes, endings, locks, and seals.
 */
import { type Mutant, quick } from "./mutant.ts"

const memory = "src/layers/storage/SessionStoreMemory.ts"
const statements = "src/layers/storage/SqlSlots.ts"

const inMemory = (name: string) => quick("layers/storage/SessionStoreMemory", name)
const inSql = (name: string) => quick("layers/storage/SessionStoreSql", name)

/** Slots. */
const slots: ReadonlyArray<Mutant> = [
  {
    safety: "the comparison of generations in a write, in memory",
    rule: "Compare, then write",
    file: memory,
    find: `if (current.generation !== expected) {
            return Effect.fail(new GenerationPassed({ expected, current: current.generation }))
          }`,
    replace: "",
    killers: [inMemory("a write that expects generation 0 of a slot at 1 changes nothing and reports 1")]
  },
  {
    safety: "the comparison of generations in a write, in the database",
    rule: "Compare, then write",
    file: statements,
    find: "WHERE account_key = ${key} AND generation = ${expected} AND ${stands(flowId)}",
    replace: "WHERE account_key = ${key} AND ${stands(flowId)}",
    killers: [inSql("a write that expects generation 2 of a slot at 1 changes nothing and reports 1")]
  },
  {
    safety: "the tombstone: a sign-out moves the generation on, in memory",
    rule: "Logout wins",
    file: memory,
    find: "const generation = Generation.make(before.generation + 1)",
    replace: "const generation = before.generation",
    killers: [inMemory("signing out needs no generation, and nothing that read before it can write")]
  },
  {
    safety: "the tombstone: a sign-out moves the generation on, in the database",
    rule: "Logout wins",
    file: statements,
    find: "generation = generation + 1,",
    replace: "generation = generation + ${lastSignOut === undefined ? 1 : 0},",
    killers: [inSql("signing out needs no generation, and nothing that read before it can write")]
  },
  {
    safety: "a sign-out on record, in memory",
    rule: "Logout wins",
    file: memory,
    find: "lastSignOut: generation,",
    replace: "lastSignOut: before.lastSignOut,",
    killers: [inMemory("a sign-out stays on record through the writes that follow it")]
  },
  {
    safety: "a sign-out on record, in the database",
    rule: "Logout wins",
    file: "src/layers/storage/SessionStoreSql.ts",
    find: `swap(key, before.generation, signedOut, { _tag: "SignedOut" }, generation)`,
    replace: `swap(key, before.generation, signedOut, { _tag: "SignedOut" })`,
    killers: [inSql("a sign-out stays on record through the writes that follow it")]
  },
  {
    safety: "one note of a refresh token that is sent, in memory",
    rule: "The code is spent once",
    file: memory,
    find: "if (current.presentedAt !== undefined && !again) {",
    replace: "if (false) {",
    killers: [inMemory("of a hundred that want to send one token once, one may")]
  },
  {
    safety: "one note of a refresh token that is sent, in the database",
    rule: "The code is spent once",
    file: statements,
    find: "${again ? sql`OR presentations.generation = excluded.generation` : sql``}",
    replace: "OR presentations.generation = excluded.generation",
    killers: [inSql("of a hundred that want to send one token once, one may")]
  },
  {
    safety: "generations that go on growing when the file is exchanged",
    rule: "Compare, then write",
    file: "src/layers/storage/GenerationShift.ts",
    find: "if (by === 0) return store",
    replace: "if (by >= 0) return store",
    killers: [
      quick(
        "layers/storage/SessionStoreFileExchanged",
        "generations grow on, however often the file is removed or emptied"
      )
    ]
  }
]

/** Flows, leases and secrets. */
const others: ReadonlyArray<Mutant> = [
  {
    safety: "a flow that ends once, in memory",
    rule: "One completion",
    file: "src/layers/storage/FlowStoreMemory.ts",
    find: "flow.id === id && isPending(flow) ? next(flow) : flow",
    replace: "flow.id === id ? next(flow) : flow",
    killers: [quick("layers/storage/FlowStoreMemory", "of twenty endings at the same time the first one counts")]
  },
  {
    safety: "a flow that ends once, in the database",
    rule: "One completion",
    file: "src/layers/storage/FlowStoreSql.ts",
    find: "WHERE flow_id = ${id} AND ending IS NULL AND ${where} RETURNING",
    replace: "WHERE flow_id = ${id} AND ${where} RETURNING",
    killers: [quick("layers/storage/FlowStoreSql", "of twenty endings at the same time the first one counts")]
  },
  {
    safety: "a lease that one process has at a time",
    rule: "Locks save work, generations keep safe",
    file: "src/layers/storage/FileLock.ts",
    find: "PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE",
    replace: "PRAGMA journal_mode = MEMORY",
    killers: [
      quick("layers/storage/FileLock", "one at a time: who comes later waits, and goes on when the first is done")
    ]
  },
  {
    safety: "a lease that one caller has at a time, in memory",
    rule: "Locks save work, generations keep safe",
    file: "src/layers/storage/LeasesMemory.ts",
    find: "Effect.map(tryHold(name), Option.isNone))",
    replace: "Effect.as(tryHold(name), true))",
    killers: [
      quick(
        "layers/storage/LeasesMemory",
        "one holder at a time; it is free when the holder's Scope has closed, however that was"
      )
    ]
  },
  {
    safety: "secrets sealed for the place they are in",
    rule: "Secrets never leave",
    file: "src/layers/storage/VaultAead.ts",
    find: "JSON.stringify([version, keeper, ...place])",
    replace: "JSON.stringify([version, keeper])",
    killers: [quick("layers/storage/VaultAead", "places that differ are different places")]
  },
  {
    safety: "secrets taken out of what a provider says",
    rule: "Secrets never leave",
    file: "src/layers/provider/OAuthErrors.ts",
    find: `.reduce((words, secret) => words.replaceAll(secret, "…"), text)`,
    replace: ".reduce((words) => words, text)",
    killers: [
      quick(
        "layers/provider/AuthorizationServer/WireFaults",
        "a provider that repeats secrets in its refusal does not get them into ours"
      )
    ]
  },
  {
    safety: "no redirect followed by a token request",
    rule: "Secrets never leave",
    file: "src/layers/provider/OAuthFetch.ts",
    find: `{ redirect: "manual" }`,
    replace: `{ redirect: "follow" }`,
    killers: [quick("layers/provider/AuthorizationServer/Discovery", "does not follow redirects")]
  },
  {
    safety: "no secret to a provider without TLS",
    rule: "Secrets never leave",
    file: "src/layers/provider/OAuthFetch.ts",
    find: "endpoint !== undefined && URL.canParse(endpoint) && isSecureUrl(new URL(endpoint))",
    replace: "true",
    killers: [
      quick(
        "layers/provider/AuthorizationServer/Discovery",
        "of http://example.com is refused before anything is sent there"
      )
    ]
  }
]

export const storing: ReadonlyArray<Mutant> = [...slots, ...others, {
  safety: "the patience with a busy database, by a clock that nobody sets",
  rule: "A network failure is not a sign-out",
  file: "src/layers/storage/StorePatience.ts",
  find: "while: (error) => Effect.map(Clock.monotonicTimeNanos, (now) =>",
  replace: "while: (error) => Effect.map(Clock.currentTimeNanos, (now) =>",
  killers: [
    quick("layers/storage/StorePatience", "waits for two seconds, also where the clock is set forward meanwhile")
  ]
}]
