/**
 * Safeties of starting and joining: one flow for a key, whoever asks when, and whoever leaves.
 */
import { atRandom, explored, type Mutant, quick } from "./mutant.ts"

const flows = "src/layers/sign-in/AuthFlowsFibers.ts"
const starting = "src/layers/sign-in/AuthFlowStart.ts"
const entries = "src/layers/sign-in/AuthFlowEntries.ts"

export const joining: ReadonlyArray<Mutant> = [
  {
    safety: "the lock around looking for a flow and registering one",
    rule: "Join, never serialise",
    file: starting,
    find: "yield* lock.withLock(`flow ${key}`)(enter(key))",
    replace: "yield* enter(key)",
    killers: [
      quick(
        "layers/sign-in/AuthFlows/joining",
        "with a store that takes its time, still one begins and the others join"
      )
    ]
  },
  {
    safety: "one permit, not many, in each lock",
    rule: "Join, never serialise",
    file: "src/layers/sign-in/KeyedLockMemory.ts",
    find: "Semaphore.make(1)",
    replace: "Semaphore.make(1_000)",
    killers: [quick("layers/sign-in/KeyedLockMemory", "at most one effect of a key runs at a time")]
  },
  {
    safety: "the second look for a flow, under the lock",
    rule: "Join, never serialise",
    file: starting,
    find: `if (Option.isSome(found)) return { _tag: "Join", entry: found.value } as const`,
    replace: "",
    killers: [
      quick(
        "layers/sign-in/AuthFlows/withoutLeases",
        "of simultaneous callers in one window one begins, and the others join"
      )
    ]
  },
  {
    safety: "the lock around the first look for a flow, which a sign-out holds",
    rule: "Logout wins",
    file: starting,
    find: "yield* lock.withLock(`flow ${key}`)(current(key))",
    replace: "yield* current(key)",
    killers: [explored("startingAgain", "as soon as the account is signed out")]
  },
  {
    safety: "the lock that a sign-out holds from the tombstone until the flow is ended",
    rule: "Logout wins",
    file: flows,
    find: "yield* lock.withLock(`flow ${key}`)(signedOut)",
    replace: "yield* signedOut",
    killers: [explored("startingAgain", "as soon as the account is signed out")]
  },
  {
    safety: "joining no flow that has settled",
    rule: "Join, never serialise",
    file: entries,
    find: "!Deferred.isDoneUnsafe(entry.outcome) && !Deferred.isDoneUnsafe(entry.condemned)",
    replace: "!Deferred.isDoneUnsafe(entry.condemned)",
    killers: [
      quick(
        "layers/sign-in/AuthFlows/lingering",
        "a flow that lingers is nobody's to join: a failed one is followed by a new one"
      )
    ]
  },
  {
    safety: "joining no flow that is being ended",
    rule: "Join, never serialise",
    file: entries,
    find: "!Deferred.isDoneUnsafe(entry.outcome) && !Deferred.isDoneUnsafe(entry.condemned)",
    replace: "!Deferred.isDoneUnsafe(entry.outcome)",
    killers: [explored("startingAgain", "as soon as the account is signed out")]
  },
  {
    safety: "waiting until a flow that was ended is gone, before the next one begins",
    rule: "Logout wins",
    file: starting,
    find: `if (Option.isSome(left)) return { _tag: "Wait", entry: left.value } as const`,
    replace: "",
    killers: [atRandom("startingAgain", "as soon as the account is signed out")]
  },
  {
    safety: "the uninterruptible step from looking to registering",
    rule: "A caller leaving is not a cancellation",
    file: starting,
    find: "entry: yield* begin(key) } as const\n  }, Effect.uninterruptible)",
    replace: "entry: yield* begin(key) } as const\n  })",
    killers: [explored("leaving", "the only caller leaves, and somebody else comes")]
  },
  {
    safety: "the flow's fiber in the layer's Scope, not its caller's",
    rule: "A caller leaving is not a cancellation",
    file: entries,
    find: "Effect.forkIn(Effect.ensuring(live(entry), over), scope)",
    replace: "Effect.forkChild(Effect.ensuring(live(entry), over))",
    killers: [
      quick(
        "layers/sign-in/AuthFlows/leaving",
        "the beginner may leave while the flow opens: it opens all the same, and can be joined and finished"
      )
    ]
  },
  {
    safety: "settling the flow of a fiber that died or never began",
    rule: "One completion",
    file: entries,
    find: "Deferred.doneUnsafe(entry.opened, lost)\n        Deferred.doneUnsafe(entry.outcome, lost)",
    replace: "",
    killers: [
      quick(
        "layers/sign-in/AuthFlows/defects",
        "in answer reaches every waiter, and the port is free when they hear of it"
      )
    ]
  },
  {
    safety: "forgetting a flow only if it still is the newest",
    rule: "Join, never serialise",
    file: entries,
    find: "Option.contains(HashMap.get(all, key), entry) ? HashMap.remove(all, key) : all",
    replace: "HashMap.remove(all, key)",
    killers: [
      quick(
        "layers/sign-in/AuthFlows/withoutLeases",
        "a flow that was begun while the page of the one before stays can be joined when that has gone"
      )
    ]
  },
  {
    safety: "the deadline that is armed before anybody hears of the flow",
    rule: "One completion",
    file: "src/layers/sign-in/AuthFlowOpen.ts",
    find: "yield* Effect.sleep(options.timeout).pipe(",
    replace: "yield* Effect.never.pipe(",
    killers: [
      quick(
        "layers/sign-in/AuthFlows/deadline",
        "is five minutes after the flow began, and the port refuses connections when waiters hear of it"
      )
    ]
  },
  {
    safety: "the browser that is asked for by the first caller alone",
    rule: "No browser by surprise",
    file: "src/layers/sign-in/AuthFlowTab.ts",
    find: "if (!first) return undefined",
    replace: "",
    killers: [
      quick(
        "layers/sign-in/AuthFlows/heldFlows",
        "a browser is opened once, for whoever wants one, also where none can be claimed"
      )
    ]
  },
  {
    safety: "no browser for a caller who wants none",
    rule: "No browser by surprise",
    file: starting,
    find: "if (options.openBrowser) {",
    replace: "{",
    killers: [quick("layers/sign-in/AuthFlows/joining", "a browser opens once, for the first caller who wants one")]
  },
  {
    safety: "the brake on a second tab, in memory",
    rule: "No browser by surprise",
    file: "src/layers/storage/FlowStoreMemory.ts",
    find: "if (left > 0 && since >= 0) return",
    replace: "if (false) return",
    killers: [quick("layers/sign-in/AuthFlows/tabBrake", "cancelling and starting over and over opens no second tab")]
  },
  {
    safety: "the brake on a second tab, in the database",
    rule: "No browser by surprise",
    file: "src/layers/storage/FlowStoreSql.ts",
    find: "WHERE tabs.claimed_at <= ${now - millis} OR tabs.claimed_at > ${now}",
    replace: "",
    killers: [
      quick(
        "layers/storage/FlowStoreSql",
        "another flow of the account waits until it has had its rest, to the millisecond"
      )
    ]
  }
]
