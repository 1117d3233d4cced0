/**
 * Programs on the real sign-in layers as the explorer runs them: a world, processes, a race, and a look at what is left.
 */
import { Effect, Exit, Layer, Scope } from "effect"
import { fibers, inAnyOrder, inOrder, isHurried } from "../../src/layers/exploring/ScheduleChoices.ts"
import { named } from "../../src/layers/exploring/ScheduleNotes.ts"
import * as ExploredInvariants from "./exploredInvariants.ts"
import * as ExploredProcess from "./exploredProcess.ts"
import * as ExploredScene from "./exploredScene.ts"
import * as ExploredWorld from "./exploredWorld.ts"

type Deeds = Readonly<Record<string, Effect.Effect<unknown>>>

/** How many schedules are run. */
export interface Extent {
  /** How many of the schedules with one departure are enough; all unless said. */
  readonly limit?: number
  /** How many times as many random schedules as others, because its runs are short or long. */
  readonly times?: number
}

/** What everybody was told, by who they are. */
export type Answers = Readonly<Record<string, unknown>>

export interface Program {
  readonly name: string
  /** How far to go, where that is not as far as with others. */
  readonly extent?: Extent
  /** Memory unless said. */
  readonly stores?: ExploredWorld.Stores
  /** Whether the stores fail at some call. */
  readonly faulty?: boolean
  /** Whether there is another process, and both can be killed. */
  readonly windows?: boolean
  /** The only port there is, for one that is alone. */
  readonly port?: number
  /** Whether a sign-in may run out of time although nobody is in a hurry: because nobody answers, or only just in time. */
  readonly mayTimeOut?: boolean
  /** Somebody has signed in before, and the token has expired; or is good for an hour. */
  readonly signedIn?: "stale" | "fresh"
  /** Who does what at the same time. */
  readonly race: (scene: ExploredScene.Scene) => Deeds
  /** Who else is there: left to themselves until the others are done, and then sent home. */
  readonly beside?: (scene: ExploredScene.Scene) => Deeds
  /** What is wrong, if anything is, when everybody has been answered and nothing moves any more. */
  readonly wrong?: (scene: ExploredScene.Scene, answers: Answers) => Effect.Effect<ReadonlyArray<string | false>>
}

/** A person signs in before it begins, and the token grows as old as it is to be. */
const signedInBefore = Effect.fnUntraced(function*(scene: ExploredScene.Scene, age: "stale" | "fresh") {
  yield* Effect.all([ExploredScene.signIn(scene.process), scene.person], { concurrency: "unbounded" })
  yield* Effect.sleep(age === "stale" ? "2 hours" : "1 minute")
})

const raced = Effect.fnUntraced(function*({ beside, race }: Program, scene: ExploredScene.Scene) {
  for (const [name, deed] of Object.entries(beside?.(scene) ?? {})) yield* Effect.forkScoped(named(name)(deed))
  const racing: Deeds = Object.fromEntries(
    Object.entries(race(scene)).map(([name, deed]) => [name, named(name)(deed)])
  )
  const answers = yield* Effect.all(racing, { concurrency: "unbounded" })
  // For browsers that are about to be shown a page.
  yield* Effect.sleep("100 millis")
  return answers
}, Effect.scoped)

const nothingIs = (wrong: ReadonlyArray<string | false>) => {
  const all = wrong.filter((text) => text !== false)
  return all.length > 0 ? Effect.die(new Error(all.join("; "))) : Effect.void
}

/** The program as the explorer runs it: dies of what is wrong. */
export const explored = (program: Program): Effect.Effect<void> =>
  inOrder(Effect.gen(function*() {
    const { faulty = false, signedIn, stores = "memory", windows = false } = program
    const shared = yield* Scope.make()
    const world = yield* Layer.buildWithScope(Layer.fresh(ExploredWorld.layer(stores, faulty)), shared)
    const bare = yield* fibers
    const process = yield* windows ? ExploredProcess.startMortal(world) : ExploredProcess.start(world, program.port)
    const other = windows ? yield* ExploredProcess.startMortal(world) : process
    const scene = ExploredScene.make(world, process, other)
    if (signedIn !== undefined) yield* signedInBefore(scene, signedIn)
    const before = yield* fibers
    scene.begin()
    const answers = yield* inAnyOrder(raced(program, scene))
    const mayBeLate = program.mayTimeOut === true || (yield* isHurried)
    // Longer than an answered page stays, and than anybody is patient with a store.
    yield* Effect.sleep("5 seconds")
    yield* nothingIs([
      ...ExploredInvariants.disagreements(scene, Object.values(answers)),
      ...ExploredInvariants.unfounded(scene, Object.values(answers)),
      ...mayBeLate ? [] : ExploredInvariants.impatient(Object.values(answers)),
      ...ExploredInvariants.repetitions(scene),
      ...yield* ExploredInvariants.leftovers(scene, before),
      ...yield* ExploredInvariants.tokens(scene),
      ...program.wrong === undefined ? [] : yield* program.wrong(scene, answers)
    ])
    yield* process.end
    yield* other.end
    // For what hung in a process that was killed.
    if (windows) yield* Effect.sleep("10 minutes")
    yield* nothingIs(yield* ExploredInvariants.remains(scene, bare))
    yield* Scope.close(shared, Exit.void)
  }))
