/**
 * The house as its sources have it: rooms, the areas in them, which area imports from which, and which layers provide which
 * service.
 */
import { readdirSync, readFileSync } from "node:fs"
import { posix } from "node:path"
import * as SourceFile from "./sourceFile.ts"

/** In the order in which they may import: each from those before it, and from itself. */
export const rooms = ["services", "layers", "programs"] as const
export type Room = typeof rooms[number]

/** What lies directly in `src`: the doors. They import from everywhere, and nobody from them. */
export type Place = Room | "doors"

export interface Module extends SourceFile.SourceFile {
  /** Below `src`, such as `layers/storage/VaultAead.ts`. */
  readonly path: string
  /** Its name without the ending. */
  readonly name: string
  readonly place: Place
  /** The folder in its room; empty for what lies in the room itself. */
  readonly area: string
  /** What it imports of `src`, as paths below `src`. */
  readonly own: ReadonlyArray<string>
  /** What it imports of packages and of Node. */
  readonly foreign: ReadonlyArray<string>
}

export interface Area {
  readonly room: Room
  readonly area: string
  readonly modules: ReadonlyArray<Module>
}

/** `files` files of one area import something of the other one. */
export interface Arrow {
  readonly from: Area
  readonly to: Area
  readonly files: number
}

/** A layer, and what it provides and needs once every name stands for a service. */
export interface Provided extends SourceFile.DeclaredLayer {
  readonly module: Module
}

export interface House {
  readonly modules: ReadonlyArray<Module>
  readonly areas: ReadonlyArray<Area>
  /** Between two areas that are not the same, within a room or between rooms. */
  readonly arrows: ReadonlyArray<Arrow>
  readonly layers: ReadonlyArray<Provided>
}

const isRoom = (name: string): name is Room => rooms.some((room) => room === name)

const moduleOf = (path: string, text: string): Module => {
  const read = SourceFile.read(path, text)
  const [first = "", ...rest] = path.split("/")
  const imports = [...new Set(read.imports)]
  return {
    ...read,
    path,
    name: posix.basename(path, ".ts"),
    place: isRoom(first) ? first : "doors",
    area: rest.slice(0, -1).join("/"),
    own: imports.filter((each) => each.startsWith(".")).map((each) => posix.join(posix.dirname(path), each)),
    foreign: imports.filter((each) => !each.startsWith("."))
  }
}

const areasOf = (modules: ReadonlyArray<Module>): ReadonlyArray<Area> =>
  rooms.flatMap((room) => {
    const inside = modules.filter(({ place }) => place === room)
    return [...new Set(inside.map(({ area }) => area))].toSorted().map((area) => ({
      room,
      area,
      modules: inside.filter((module) => module.area === area)
    }))
  })

const arrowsOf = (areas: ReadonlyArray<Area>): ReadonlyArray<Arrow> =>
  areas.flatMap((from) =>
    areas.filter((to) => to !== from).flatMap((to): ReadonlyArray<Arrow> => {
      const paths = new Set(to.modules.map(({ path }) => path))
      const files = from.modules.filter(({ own }) => own.some((path) => paths.has(path))).length
      return files === 0 ? [] : [{ from, to, files }]
    })
  )

/** Every name of a type stands for a service, or for a union that is written here or in the file of a namespace. */
const layersOf = (modules: ReadonlyArray<Module>): ReadonlyArray<Provided> => {
  const byPath = new Map(modules.map((module) => [module.path, module]))
  const resolved = (module: Module, name: string): ReadonlyArray<string> => {
    const [first = "", second] = name.split(".")
    const at = second === undefined ? undefined : module.namespaces.get(first)
    const home = at === undefined ? module : byPath.get(posix.join(posix.dirname(module.path), at))
    const union = home?.unions.get(second ?? first)
    return union === undefined || home === undefined ? [second ?? first] : union.flatMap((each) => resolved(home, each))
  }
  const all = (module: Module, names: ReadonlyArray<string>) => [
    ...new Set(names.flatMap((name) => resolved(module, name)))
  ]
  return modules.filter(({ place }) => place === "layers").flatMap((module) =>
    module.layers.map((layer) => ({
      module,
      name: layer.name,
      provides: all(module, layer.provides),
      needs: all(module, layer.needs)
    }))
  )
}

/** The house that these files are, by their paths below `src`. */
export const of = (files: ReadonlyMap<string, string>): House => {
  const modules = [...files].map(([path, text]) => moduleOf(path, text)).toSorted((one, other) =>
    one.path < other.path ? -1 : 1
  )
  const areas = areasOf(modules)
  return { modules, areas, arrows: arrowsOf(areas), layers: layersOf(modules) }
}

/** The house as it stands. */
export const here = (): House => {
  const source = new URL("../../src/", import.meta.url)
  const names = readdirSync(source, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".ts"))
  return of(
    new Map(names.map((name) => {
      const path = name.replaceAll("\\", "/")
      return [path, readFileSync(new URL(path, source), "utf8")]
    }))
  )
}
