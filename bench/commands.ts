/**
 * Servers as a host sees them: from spawning to the answer to `initialize`, from the end of stdin to the end of the process,
 * and the most memory in between (`VmHWM`, told by Linux).
 */
import { Effect } from "effect"
import * as McpClient from "./measure/mcpClient.ts"
import { type Spread, spreadOf } from "./measure/spread.ts"
import { compare, type RowResult } from "./result.ts"
import * as Ours from "./subjects/ours.ts"
import * as Servers from "./subjects/servers.ts"
import { Outside } from "./world/outside.ts"

/** One life of a server: it is asked what it has, and left. */
const life = (name: Servers.Name, home: string) =>
  Effect.gen(function*() {
    const { origin } = yield* Outside
    const server = yield* McpClient.connect(Servers.command(name, home, origin))
    yield* server.tools
    const peak = yield* server.peakBytes
    return { start: server.initializeMillis, close: yield* server.closeMillis, peak: peak / 1e6 }
  }).pipe(Effect.scoped)

type Life = Effect.Success<ReturnType<typeof life>>

const measures = [
  { of: "start", what: "from start to `initialize`", unit: "ms" },
  { of: "close", what: "from the end of stdin to the end", unit: "ms" },
  { of: "peak", what: "peak memory", unit: "MB" }
] as const

export const run = Effect.fnUntraced(function*(isQuick: boolean) {
  const home = yield* Ours.folder
  const turns = isQuick ? 3 : 9
  const lives = new Map<Servers.Name, Array<Life>>(Servers.names.map((name) => [name, []]))
  // The first ones read everything from the disk.
  yield* Effect.forEach(Servers.names, (name) => life(name, home), { discard: true })
  yield* Effect.forEach(Array.from({ length: turns }), (_, turn) =>
    Effect.forEach(
      turn % 2 === 0 ? Servers.names : Servers.names.toReversed(),
      (name) => Effect.map(life(name, home), (one) => void lives.get(name)?.push(one)),
      { discard: true }
    ), { discard: true })

  const spread = (name: Servers.Name, of: keyof Life): Spread => spreadOf((lives.get(name) ?? []).map((one) => one[of]))
  const result: RowResult = {
    comparisons: measures.flatMap(({ of, unit, what }) =>
      Servers.names.flatMap((name) =>
        name === "mcp-gas" ? [] : [
          compare({
            id: `command-${of}-${name}`,
            what,
            unit,
            better: "less",
            ours: spread("mcp-gas", of),
            against: { who: `\`${name}\``, spread: spread(name, of) },
            goal: { text: "ahead", ratio: 1 }
          })
        ]
      )
    ),
    curves: []
  }
  return result
}, Effect.scoped)
