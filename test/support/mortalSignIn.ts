/**
 * The sign-in engine in a process of its own that can be told where to die. Run by `mortal.ts`.
 */
import { Effect, Schema } from "effect"
import process from "node:process"
import { run } from "./mortalEngine.ts"
import { Order, type Report } from "./mortalOrder.ts"

const order = Schema.decodeUnknownSync(Schema.fromJsonString(Order))(process.argv[2])

const report = (said: Report) =>
  Effect.callback<void>((resume) => {
    process.send?.(said, () => resume(Effect.void))
  })

const passed = new Map<string, number>()

/** Dies here if this is the place; tells of it, if anybody wants to know the places there are. */
const place = (name: string) =>
  Effect.suspend(() => {
    const count = (passed.get(name) ?? 0) + 1
    passed.set(name, count)
    const numbered = `${name}${count === 1 ? "" : ` (${count})`}`
    if (numbered === order.dieAt) process.kill(process.pid, "SIGKILL")
    return order.dieAt === undefined ? report({ _tag: "Place", name: numbered }) : Effect.void
  })

const open = (url: string) => report({ _tag: "Opened", url })

await Effect.runPromise(Effect.flatMap(run(order, { place, open }), report))
process.disconnect?.()
