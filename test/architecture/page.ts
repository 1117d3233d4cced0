/**
 * The table of `docs/architecture.md`: each service, the layers that provide it, and what those ask for.
 */
import type { House, Module, Provided } from "./house.ts"

const link = (text: string, path: string) => `[\`${text}\`](../src/${path})`

/** What a layer is called where it is used: by its file, and by its own name if that is not `layer`. */
const nameOf = ({ module, name }: Provided) => name === "layer" ? module.name : `${module.name}.${name}`

const same = (one: ReadonlyArray<string>, other: ReadonlyArray<string>) => one.join() === other.join()

/** The layers that provide a service, one for each file and each set of needs: a `layerWith` beside a `layer` is not told twice. */
const providersOf = ({ layers }: House, service: string): ReadonlyArray<Provided> => {
  const found = layers.filter(({ provides }) => provides.includes(service))
  return found.filter((layer) =>
    layer.name === "layer" ||
    !found.some((other) => other.name === "layer" && other.module === layer.module && same(other.needs, layer.needs))
  )
}

const rowsOf = (house: House, { area, path, place }: Module, service: string): ReadonlyArray<ReadonlyArray<string>> => {
  const first = [place === "services" ? area : `${area} (its own)`, link(service, path)]
  const providers = providersOf(house, service)
  if (providers.length === 0) return [[...first, "—", ""]]
  return providers.map((layer, index) => [
    ...(index === 0 ? first : ["", ""]),
    link(nameOf(layer), layer.module.path),
    layer.needs.toSorted().join(", ")
  ])
}

const heads = ["area", "service", "provided by", "which needs"]

/** Columns as the formatter has them. */
const table = (rows: ReadonlyArray<ReadonlyArray<string>>): string => {
  const widths = heads.map((head, column) => Math.max(head.length, ...rows.map((row) => row[column]?.length ?? 0)))
  const line = (row: ReadonlyArray<string>) => `| ${row.map((text, at) => text.padEnd(widths[at] ?? 0)).join(" | ")} |`
  return [line(heads), line(widths.map((width) => "-".repeat(width))), ...rows.map(line)].join("\n")
}

const begin = "<!-- services -->"
const end = "<!-- end of services -->"

/** The page with the table of this house in it, between the comments that mark its place. */
export const withTable = (page: string, house: House): string => {
  const from = page.indexOf(begin)
  const to = page.indexOf(end)
  if (from < 0 || to < from) throw new Error(`the page has no ${begin} and ${end} in this order`)
  const inOrder = [
    ...house.modules.filter(({ place }) => place === "services"),
    ...house.modules.filter(({ place }) => place !== "services")
  ]
  const rows = inOrder.flatMap((module) => module.services.flatMap((service) => rowsOf(house, module, service)))
  return `${page.slice(0, from + begin.length)}\n\n${table(rows)}\n\n${page.slice(to)}`
}
