/**
 * The picture of the house, as SVG that needs no font and no script and can be read on light and dark: areas as boxes, and
 * an arrow from each area to those it imports from.
 */
import { type Box, type Boxes, lineHeight, margin, place, titleHeight } from "./boxes.ts"
import type { Area, Arrow, House } from "./house.ts"

type Side = "left" | "right"

/** An arrow between two boxes, with the sides that it leaves and meets. */
interface Line {
  readonly arrow: Arrow
  readonly from: { readonly box: Box; readonly side: Side }
  readonly to: { readonly box: Box; readonly side: Side }
}

const style = `
:root { --paper: #fff; --ink: #1f2328; --quiet: #59636e; --box: #f6f8fa; --edge: #d1d9e0; --light: 45% }
@media (prefers-color-scheme: dark) {
  :root { --paper: #0d1117; --ink: #f0f6fc; --quiet: #9198a1; --box: #151b23; --edge: #3d444d; --light: 62% }
}
text { font: 11px system-ui, sans-serif; fill: var(--quiet) }
.room { font-size: 16px; font-weight: 600; fill: var(--ink) }
.area { font-size: 13px; font-weight: 600; fill: var(--ink) }
.users { font-style: italic }
.box { fill: var(--box); stroke: var(--edge) }
.arrow { fill: none; opacity: .8 }
`

const escape = (text: string) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;")

const nameOf = ({ area, room }: Area) => area === "" ? room : `${room}/${area}`

/** How a room is headed, and what is said below it. */
const headings = {
  services: ["services", "what there is"],
  layers: ["layers", "how it is done"],
  programs: ["programs", "who runs it"]
} as const

/**
 * The lines there are. From one room to the next they go straight across; within a room they go round the side where no
 * other room's arrows end. What programs use of services is told in the boxes, since it would cross the room between.
 */
const linesOf = ({ arrows }: House, { all }: Boxes): ReadonlyArray<Line> =>
  arrows.flatMap((arrow) => {
    const from = all.find(({ area }) => area === arrow.from)
    const to = all.find(({ area }) => area === arrow.to)
    if (from === undefined || to === undefined) return []
    const { room } = arrow.from
    if (room === arrow.to.room) {
      const side: Side = room === "services" ? "left" : "right"
      return [{ arrow, from: { box: from, side }, to: { box: to, side } }]
    }
    return isAcross(arrow) ? [] : [{ arrow, from: { box: from, side: "left" }, to: { box: to, side: "right" } }]
  })

const isAcross = ({ from, to }: Arrow) => from.room === "programs" && to.room === "services"

const middle = ({ height, y }: Box) => y + height / 2

/** Where on its side of a box each line ends: in the order of where they come from, so that they cross each other little. */
const heightsOf = (lines: ReadonlyArray<Line>) => {
  const ends = lines.flatMap((line) => [
    { line, end: line.from, other: line.to },
    { line, end: line.to, other: line.from }
  ])
  const heightOf = (line: Line, end: Line["from"]) => {
    const here = ends
      .filter((each) => each.end.box === end.box && each.end.side === end.side)
      .toSorted((one, other) => middle(one.other.box) - middle(other.other.box))
    const at = here.findIndex((each) => each.line === line && each.end === end)
    return end.box.y + (end.box.height * (at + 1)) / (here.length + 1)
  }
  return new Map(lines.map((line) => [line, [heightOf(line, line.from), heightOf(line, line.to)] as const]))
}

const edgeOf = ({ box, side }: Line["from"]) => side === "left" ? box.x : box.x + box.width

/** The direction that leads away from a box. */
const out = (side: Side) => side === "left" ? -1 : 1

const round = (number: number) => Math.round(number * 10) / 10

const drawLine = (line: Line, [y1, y2]: readonly [number, number], hue: number): string => {
  const { arrow, from, to } = line
  const x1 = edgeOf(from)
  const edge = edgeOf(to)
  const width = round(1 + Math.log2(arrow.files) / 2)
  const head = 5 + width
  const x2 = edge + out(to.side) * head
  const reach = from.side === to.side ? 14 + Math.abs(y1 - y2) / 14 : Math.abs(x1 - x2) / 2
  const bend = Math.min(reach, from.side === to.side ? 46 : reach)
  const path = `M${x1} ${round(y1)}C${round(x1 + out(from.side) * bend)} ${round(y1)} ` +
    `${round(x2 + out(to.side) * bend)} ${round(y2)} ${round(x2)} ${round(y2)}`
  const tip = `M${edge} ${round(y2)}L${round(x2)} ${round(y2 - head / 2)}V${round(y2 + head / 2)}Z`
  const colour = `hsl(${hue} 60% var(--light))`
  return `<g><title>${nameOf(arrow.from)} → ${nameOf(arrow.to)}: ${arrow.files} files</title>` +
    `<path class="arrow" d="${path}" style="stroke: ${colour}; stroke-width: ${width}"/>` +
    `<path d="${tip}" style="fill: ${colour}"/></g>`
}

const drawBox = ({ area, height, lines, title, users, width, x, y }: Box): string => {
  const right = x + width - 10
  const below = (index: number) => y + titleHeight + 14 + index * lineHeight
  return `<rect class="box" x="${x}" y="${y}" width="${width}" height="${height}" rx="6"/>` +
    `<text class="area" x="${x + 10}" y="${y + 18}">${escape(title)}</text>` +
    `<text x="${right}" y="${y + 18}" text-anchor="end">${area.modules.length}</text>` +
    lines.map((line, index) => `<text x="${x + 10}" y="${below(index)}">${escape(line)}</text>`).join("") +
    users.map((line, index) =>
      `<text class="users" x="${right}" y="${below(lines.length + index)}" text-anchor="end">` +
      `${index === 0 ? "← " : ""}${escape(line)}</text>`
    ).join("")
}

/** Draws a house. The same house gives the same text. */
export const draw = (house: House): string => {
  const boxes = place(house)
  const lines = linesOf(house, boxes)
  const heights = heightsOf(lines)
  const areas = [...new Set(house.areas.map(({ area }) => area))].toSorted()
  const hueOf = ({ area }: Area) => Math.round((areas.indexOf(area) * 360) / areas.length)
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${boxes.width} ${boxes.height}" width="${boxes.width}" role="img">`,
    "<title>The rooms of the code, their areas, and which area imports from which</title>",
    `<style>${style}</style>`,
    `<rect width="${boxes.width}" height="${boxes.height}" style="fill: var(--paper)"/>`,
    ...boxes.columns.flatMap(({ room, x }) => [
      `<text class="room" x="${x}" y="${margin + 14}">${headings[room][0]}</text>`,
      `<text x="${x}" y="${margin + 31}">${headings[room][1]}</text>`
    ]),
    ...lines.map((line) => drawLine(line, heights.get(line) ?? [0, 0], hueOf(line.arrow.from))),
    ...boxes.all.map(drawBox),
    "</svg>",
    ""
  ].join("\n")
}
