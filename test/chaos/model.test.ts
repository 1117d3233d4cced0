/**
 * The model of the chaos run finds what must not be, and nothing else.
 */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber } from "effect"
import { TestClock } from "effect/testing"
import type { Told } from "../support/windowTalk.ts"
import type { Mishap } from "./excuses.ts"
import * as Model from "./model.ts"
import * as Weather from "./weather.ts"

const session = (flowId: string, how = "Began"): Told => ({ _tag: "Session", how, flowId, accessToken: "token" })
const failed = (code: string): Told => ({ _tag: "Failed", code, message: code })
const done = (what: string): Told => ({ _tag: "Done", what })
const heard = (...told: ReadonlyArray<Told>): Model.Heard => ({ told, isBraked: false })
const gone: Model.Heard = { told: "gone", isBraked: false }
const during = (...mishaps: ReadonlyArray<Mishap>): Model.Overlap => new Set(mishaps)
const calm = during()

const isIn = (flowId: string, doubt = false): Model.Account => ({ _tag: "In", flowId, doubt })

const fine = ({ broken }: Model.Verdict) => assert.deepStrictEqual(broken, [])
const broken = (verdict: Model.Verdict, what: RegExp) => {
  assert.isTrue(verdict.broken.some((one) => what.test(one)), JSON.stringify(verdict))
}

const everything = during("kill", "pause", "fault", "full", "jump")

const of = (one: Model.Heard, overlap: Model.Overlap, account: Model.Account = Model.out): Model.Verdict => ({
  account,
  broken: Model.failures(account, [one], overlap)
})

describe("a look", () => {
  it("finds a login that has come back, whatever happened", () => {
    broken(Model.looked(Model.out, heard(session("a")), calm), /signed in again/)
    broken(Model.looked(Model.out, heard(session("a")), everything), /signed in again/)
  })

  it("finds a session that is lost, unless it was in doubt", () => {
    broken(Model.looked(isIn("a"), heard(done("NeedsSignIn")), calm), /has become NeedsSignIn/)
    fine(Model.looked(isIn("a", true), heard(done("NeedsSignIn")), calm))
  })

  it("finds a session that was signed out by nobody, whatever happened", () => {
    broken(Model.looked(isIn("a", true), heard(done("SignedOut")), everything), /has become SignedOut/)
    broken(Model.looked(isIn("a", true), heard(done("Never")), everything), /has become Never/)
  })

  it("finds another session in its place, and a signed-out account that was written over", () => {
    broken(Model.looked(isIn("a", true), heard(session("b")), everything), /another flow/)
    broken(Model.looked(Model.out, heard(done("NeedsSignIn")), everything), /has become NeedsSignIn/)
  })

  it("allows what has to be so", () => {
    fine(Model.looked(Model.out, heard(done("SignedOut")), calm))
    fine(Model.looked(isIn("a"), heard(session("a")), calm))
    fine(Model.looked(isIn("a"), gone, during("kill")))
  })
})

describe("failures", () => {
  it("are excused by what may be behind them, and by nothing else", () => {
    broken(of(heard(failed("store_unavailable")), calm), /store_unavailable/)
    broken(of(heard(failed("store_unavailable")), during("kill", "fault", "jump")), /store_unavailable/)
    fine(of(heard(failed("store_unavailable")), during("full")))
    broken(of(heard(failed("flow_timed_out")), during("kill", "pause", "fault", "full")), /flow_timed_out/)
    fine(of(heard(failed("flow_timed_out")), during("jump")))
    broken(of(heard(failed("sign_in_required")), calm, isIn("a")), /sign_in_required/)
    fine(of(heard(failed("sign_in_required")), calm, isIn("a", true)))
  })

  it("have no excuse where nobody answers, or a refused token is handed out again", () => {
    broken(of(heard(failed("no_answer")), everything, isIn("a", true)), /no_answer/)
    broken(of(heard(failed("never_done")), everything, isIn("a", true)), /never_done/)
    broken(of(heard(failed("refused_again")), everything, isIn("a", true)), /refused_again/)
  })

  it("of a provider may be told for a while after it failed, by those who were told to wait", () => {
    broken(of(heard(failed("provider_unreachable")), calm), /provider_unreachable/)
    fine(of({ told: [failed("provider_unreachable")], isBraked: true }, calm))
  })

  it("find a window that dies by itself", () => {
    broken(of(gone, during("pause", "fault", "full", "jump")), /died by itself/)
  })
})

describe("a sign-in", () => {
  const consented = new Set(["a"])
  const both = new Set(["a", "b"])

  it("leaves the account signed in by a flow that was consented to", () => {
    const told = [heard(session("a"), session("a", "Joined"))]
    const verdict = Model.signedIn(Model.out, { heard: told, overlap: calm, consented, left: session("a") })
    fine(verdict)
    assert.deepStrictEqual(verdict.account, isIn("a"))
  })

  it("finds callers who got different sessions when it was calm", () => {
    const what = { heard: [heard(session("a")), heard(session("b"))], consented: both, left: session("b") }
    broken(Model.signedIn(Model.out, { ...what, overlap: calm }), /different sessions/)
    fine(Model.signedIn(Model.out, { ...what, overlap: during("pause") }))
  })

  it("finds a session that nobody consented to, whatever happened", () => {
    const old = { heard: [heard(session("old"))], consented, left: session("old"), overlap: everything }
    broken(Model.signedIn(Model.out, old), /nobody consented to/)
    broken(Model.signedIn(isIn("mine", true), { ...old, heard: [gone] }), /nobody consented to/)
  })

  it("finds a session that callers were told of and that is not there", () => {
    const what = { heard: [heard(session("a"))], overlap: everything, consented, left: done("SignedOut") }
    broken(Model.signedIn(Model.out, what), /although its callers were told a session/)
    broken(Model.signedIn(isIn("mine", true), { ...what, heard: [gone] }), /was signed in and has become SignedOut/)
  })

  it("finds a person who was asked without need", () => {
    const what = { heard: [heard(session("a"))], consented, left: session("a") }
    broken(Model.signedIn(isIn("mine"), { ...what, overlap: calm }), /once more/)
    fine(Model.signedIn(isIn("mine", true), { ...what, overlap: calm }))
  })

  it("may come to nothing where its windows were killed", () => {
    const what = { heard: [gone], overlap: during("kill"), consented, left: done("SignedOut") }
    const verdict = Model.signedIn(Model.out, what)
    fine(verdict)
    assert.deepStrictEqual(verdict.account, Model.out)
  })
})

describe("a refresh", () => {
  const told = { heard: heard(session("a", "Read")), overlap: calm, isAccepted: true }

  it("finds another sign-in, and a token that the provider refuses", () => {
    fine(Model.refreshed(isIn("a"), told))
    broken(Model.refreshed(isIn("b"), told), /another sign-in/)
    broken(Model.refreshed(isIn("a"), { ...told, isAccepted: false }), /is refused/)
    broken(Model.refreshed(isIn("a"), { ...told, isAccepted: false, overlap: during("kill", "full") }), /is refused/)
    fine(Model.refreshed(isIn("a"), { ...told, isAccepted: false, overlap: during("jump") }))
  })

  it("leaves a doubt where it was cut off, and takes it away where it succeeds in peace", () => {
    const cut = Model.refreshed(isIn("a"), { heard: gone, overlap: during("kill"), isAccepted: undefined })
    fine(cut)
    assert.deepStrictEqual(cut.account, isIn("a", true))
    assert.deepStrictEqual(Model.refreshed(cut.account, told).account, isIn("a"))
  })

  it("finds one that failed without need", () => {
    const heardOf = heard(failed("sign_in_required"))
    broken(Model.refreshed(isIn("a"), { heard: heardOf, overlap: calm, isAccepted: undefined }), /sign_in_required/)
  })
})

describe("a cancellation", () => {
  const flow: Told = { _tag: "Flow", how: "Pending", flowId: "a", authUrl: "", redirectUri: "" }

  it("finds a flow that goes on, and an account that is signed in", () => {
    const what = { started: heard(flow), overlap: calm, left: done("nothing") }
    fine(Model.cancelled(Model.out, what))
    broken(Model.cancelled(Model.out, { ...what, left: flow, overlap: during("kill", "pause") }), /goes on/)
    broken(Model.cancelled(Model.out, { ...what, started: heard(session("a")) }), /nobody signed it in/)
  })
})

describe("a sign-out meanwhile", () => {
  const what = {
    heard: [heard(failed("flow_cancelled"))],
    outs: [heard(done("Cancelled"))],
    overlap: calm,
    older: new Set(["a"]),
    consented: new Set(["a", "b"]),
    left: done("SignedOut")
  }

  it("leaves the account signed out, or signed in by what began after it", () => {
    const verdict = Model.overtaken(isIn("mine"), what)
    fine(verdict)
    assert.deepStrictEqual(verdict.account, Model.out)
    fine(Model.overtaken(Model.out, { ...what, left: session("b") }))
  })

  it("finds what began before it and was stored after it, whatever happened", () => {
    broken(Model.overtaken(Model.out, { ...what, overlap: everything, left: session("a") }), /before it was signed out/)
    broken(Model.overtaken(isIn("mine"), { ...what, overlap: everything, left: session("mine") }), /before it was/)
    broken(Model.overtaken(isIn("mine"), { ...what, overlap: everything, left: done("NeedsSignIn") }), /NeedsSignIn/)
  })
})

describe("the weather", () => {
  it.effect("tells what goes on at any moment of a deed, and nothing that was over before", () =>
    Effect.gen(function*() {
      const { during: happening, watched } = yield* Weather.make
      const before = yield* Effect.forkChild(happening("full")(Effect.sleep("1 second")), { startImmediately: true })
      yield* TestClock.adjust("2 seconds")
      yield* Fiber.join(before)
      const spanning = yield* Effect.forkChild(happening("jump")(Effect.sleep("10 seconds")), {
        startImmediately: true
      })
      const deed = yield* Effect.forkChild(watched(Effect.sleep("5 seconds")), { startImmediately: true })
      yield* TestClock.adjust("1 second")
      const within = yield* Effect.forkChild(happening("pause")(Effect.sleep("1 second")), { startImmediately: true })
      yield* TestClock.adjust("20 seconds")
      const { overlap } = yield* Fiber.join(deed)
      yield* Effect.all([Fiber.join(spanning), Fiber.join(within)])
      assert.deepStrictEqual([...overlap].toSorted(), ["jump", "pause"])
      assert.deepStrictEqual([...(yield* watched(Effect.void)).overlap], [])
    }))
})
