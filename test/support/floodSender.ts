/**
 * Run as a process of its own: sends forged callbacks to the address it is given as fast as they are answered. Told a
 * number, it sends as many; told `stop`, it sends no more. It reports how each kind of answer was counted when the last
 * one is in.
 */
import { connect } from "node:net"
import process from "node:process"

const url = new URL(process.argv[2] ?? "")
const connections = 32

/** As long as a real state, and another one each time. */
const guess = (number: number): string => String(number).padStart(43, "A")

const queries: ReadonlyArray<(number: number) => string> = [
  (number) => `code=${number}&state=${guess(number)}`,
  (number) => `error=access_denied&state=${guess(number)}`,
  (number) => `code=${number}`,
  (number) => `state=${guess(number)}&state=${number}&code=x&error=y`
]

let next = 0
let last = 0
let open = 0
let answers: Record<string, number> = {}

const forge = (): void => {
  const query = queries[next % queries.length]?.(next) ?? ""
  next++
  open++
  const socket = connect({ host: url.hostname, port: Number(url.port) })
  let status = "none"
  socket.once("data", (part) => (status = part.toString("latin1", 9, 12)))
  // What comes after the status is only made way for.
  socket.resume()
  socket.once("error", (error: NodeJS.ErrnoException) => (status = error.code ?? "error"))
  socket.once("close", () => {
    open--
    answers[status] = (answers[status] ?? 0) + 1
    if (next < last) return forge()
    if (open > 0) return
    process.send?.(answers)
    answers = {}
  })
  socket.end(`GET ${url.pathname}?${query} HTTP/1.1\r\nHost: ${url.host}\r\n\r\n`)
}

process.on("message", (told) => {
  if (typeof told !== "number") {
    last = next
    return
  }
  last = next + told
  for (let more = Math.min(connections - open, told); more > 0; more--) forge()
})
process.on("disconnect", () => process.exit())
