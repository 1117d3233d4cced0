/**
 * Curves as SVG, readable in light and dark: the middles as points and a line, and from where to where most of it lies as a bar.
 */
import type { Curve } from "../result.ts"
import { figure } from "./words.ts"

const size = { width: 720, height: 400 }
const inner = { left: 72, right: 700, top: 48, bottom: 336 }

/** How often the largest value contains the smallest before a linear axis shows nothing of the latter. */
const wide = 20

interface Axis {
  readonly place: (value: number) => number
  readonly ticks: ReadonlyArray<number>
  readonly isLog: boolean
}

/** Ticks at 1, 2 and 5 of each power of ten; at its beginning only, where there are many. */
const logTicks = (low: number, high: number): ReadonlyArray<number> => {
  const decades = Math.ceil(Math.log10(high)) - Math.floor(Math.log10(low))
  const steps = decades > 3 ? [1] : [1, 2, 5]
  return Array.from({ length: decades + 1 }, (_, index) => 10 ** (Math.floor(Math.log10(low)) + index))
    .flatMap((power) => steps.map((step) => step * power))
}

const linearTicks = (high: number): ReadonlyArray<number> => {
  const rough = high / 5
  const power = 10 ** Math.floor(Math.log10(rough))
  const step = [1, 2, 5, 10].map((each) => each * power).find((each) => each >= rough) ?? power
  return Array.from({ length: Math.ceil(high / step) + 1 }, (_, index) => index * step)
}

/** An axis for these values, from one end in pixels to the other; logarithmic if they are far apart. */
const axisOf = (values: ReadonlyArray<number>, from: number, to: number, isLog: boolean): Axis => {
  const high = Math.max(...values)
  const ticks = isLog ? logTicks(Math.min(...values), high) : linearTicks(high)
  const beyond = ticks.filter((tick) => tick >= high)
  const before = ticks.filter((tick) => tick <= Math.min(...values))
  const end = Math.min(...beyond, ticks.at(-1) ?? high)
  const start = isLog ? Math.max(...before) : 0
  const at = isLog ? Math.log10 : (value: number) => value
  const place = (value: number) => from + (at(Math.max(value, start)) - at(start)) / (at(end) - at(start)) * (to - from)
  return { place, ticks: ticks.filter((tick) => tick >= start && tick <= end), isLog }
}

const px = (value: number): string => value.toFixed(1)

const escaped = (text: string): string => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;")

const style = `
    text { font: 12px system-ui, sans-serif; fill: #24292f }
    .title { font-size: 15px; font-weight: 600 }
    .grid { stroke: #d0d7de }
    .s0 { --c: #0969da } .s1 { --c: #bc4c00 } .s2 { --c: #8250df } .s3 { --c: #1a7f37 }
    .line { fill: none; stroke: var(--c); stroke-width: 2 }
    .bar { stroke: var(--c); stroke-width: 6; opacity: 0.3; stroke-linecap: round }
    .dot { fill: var(--c) }
    .back { fill: #ffffff }
    @media (prefers-color-scheme: dark) {
      text { fill: #e6edf3 }
      .grid { stroke: #30363d }
      .back { fill: #0d1117 }
      .s0 { --c: #58a6ff } .s1 { --c: #f0883e } .s2 { --c: #bc8cff } .s3 { --c: #3fb950 }
    }
  `

/** Draws a curve. */
export const svg = (curve: Curve): string => {
  const points = curve.series.flatMap((series) => series.points)
  const xs = points.map(({ x }) => x)
  const ys = points.flatMap(({ y }) => [y.p10, y.median, y.p90])
  const x = axisOf(xs, inner.left, inner.right, Math.max(...xs) > wide * Math.min(...xs))
  const y = axisOf(ys, inner.bottom, inner.top, Math.min(...ys) > 0 && Math.max(...ys) > wide * Math.min(...ys))
  const named = (name: string, axis: Axis) => escaped(axis.isLog ? `${name} (log scale)` : name)

  const grid = [
    ...y.ticks.flatMap((tick) => [
      `<line class="grid" x1="${inner.left}" x2="${inner.right}" y1="${px(y.place(tick))}" y2="${px(y.place(tick))}"/>`,
      `<text x="${inner.left - 8}" y="${px(y.place(tick) + 4)}" text-anchor="end">${figure(tick)}</text>`
    ]),
    ...x.ticks.flatMap((tick) => [
      `<line class="grid" x1="${px(x.place(tick))}" x2="${px(x.place(tick))}" y1="${inner.top}" y2="${inner.bottom}"/>`,
      `<text x="${px(x.place(tick))}" y="${inner.bottom + 18}" text-anchor="middle">${figure(tick)}</text>`
    ])
  ]
  const drawn = curve.series.flatMap((series, index) => [
    `<g class="s${index}">`,
    ...series.points.map((point) =>
      `<line class="bar" x1="${px(x.place(point.x))}" x2="${px(x.place(point.x))}" ` +
      `y1="${px(y.place(point.y.p10))}" y2="${px(y.place(point.y.p90))}"/>`
    ),
    `<polyline class="line" points="${
      series.points.map((point) => `${px(x.place(point.x))},${px(y.place(point.y.median))}`).join(" ")
    }"/>`,
    ...series.points.map((point) =>
      `<circle class="dot" cx="${px(x.place(point.x))}" cy="${px(y.place(point.y.median))}" r="4"/>`
    ),
    `<rect class="dot" x="${inner.left + index * 210}" y="380" width="12" height="4"/>`,
    `<text x="${inner.left + 18 + index * 210}" y="386">${escaped(series.name)}</text>`,
    "</g>"
  ])
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${size.width} ${size.height}" role="img">`,
    `  <title>${escaped(curve.title)}</title>`,
    `  <style>${style}</style>`,
    ...[
      `<rect class="back" width="${size.width}" height="${size.height}"/>`,
      `<text class="title" x="16" y="24">${escaped(curve.title)}</text>`,
      `<text x="16" y="40">${named(curve.y, y)}</text>`,
      ...grid,
      `<text x="${(inner.left + inner.right) / 2}" y="${inner.bottom + 36}" text-anchor="middle">${
        named(curve.x, x)
      }</text>`,
      ...drawn
    ].map((line) => `  ${line}`),
    "</svg>",
    ""
  ].join("\n")
}
