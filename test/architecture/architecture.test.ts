/**
 * The arrows of the house go one way, and `docs/architecture.md` shows the house as it is.
 */
import { assert, describe, it } from "@effect/vitest"
import { readFileSync } from "node:fs"
import * as House from "./house.ts"
import { withTable } from "./page.ts"
import { draw } from "./picture.ts"

const house = House.here()

/** Line ends are those of the machine. */
const docs = (file: string) =>
  readFileSync(new URL(`../../docs/${file}`, import.meta.url), "utf8").replaceAll("\r\n", "\n")

const placeOf = (path: string): House.Place => House.rooms.find((room) => path.startsWith(`${room}/`)) ?? "doors"

/** Which rooms each may import from, itself among them. */
const allowed: Readonly<Record<House.Place, ReadonlyArray<House.Place>>> = {
  services: ["services"],
  layers: ["services", "layers"],
  programs: ["services", "layers", "programs"],
  doors: ["services", "layers", "programs", "doors"]
}

/** Imports against the arrow, as `file → what it imports`. */
const against = ({ modules }: House.House) =>
  modules.flatMap(({ own, path, place }) =>
    own.filter((to) => !allowed[place].includes(placeOf(to))).map((to) => `${path} → ${to}`)
  )

/** What services import that is neither theirs nor a stable module of Effect. */
const outsiders = ({ modules }: House.House) =>
  modules.filter(({ place }) => place === "services").flatMap(({ foreign, path }) =>
    foreign.filter((name) => !/^effect(\/[\w-]+)*$/.test(name)).map((name) => `${path} → ${name}`)
  )

const houseOf = (files: Readonly<Record<string, string>>) => House.of(new Map(Object.entries(files)))

/** Two areas, one of which imports this. */
const drawn = (imports: string) =>
  draw(houseOf({ "services/a/One.ts": "export const one = 1", "layers/b/Two.ts": imports }))

describe("the rooms", () => {
  it("are found: every area of a room has files, and layers that provide what services declare", () => {
    for (const room of House.rooms) assert.isAbove(house.areas.filter((area) => area.room === room).length, 3)
    const declared = new Set(house.modules.flatMap(({ services }) => services))
    assert.isAbove(declared.size, 25)
    assert.isAbove(house.layers.filter(({ provides }) => provides.some((name) => declared.has(name))).length, 35)
  })

  it("import along the arrow: services ← layers ← programs, and nobody from the doors", () => {
    assert.deepStrictEqual(against(house), [])
  })

  it("let no import against the arrow pass, however it is written", () => {
    const wrong = houseOf({
      "services/a/One.ts": "import type { two } from \"../../layers/a/Two.ts\"",
      "layers/a/Two.ts": "export * from \"../../programs/three.ts\"",
      "programs/three.ts": "export const three = () => import(\"../index.ts\")",
      "index.ts": "export * from \"./programs/three.ts\""
    })
    assert.deepStrictEqual(against(wrong), [
      "layers/a/Two.ts → programs/three.ts",
      "programs/three.ts → index.ts",
      "services/a/One.ts → layers/a/Two.ts"
    ])
  })

  it("have services that know of Effect and of nothing else: no Node, no platform, no package", () => {
    assert.deepStrictEqual(outsiders(house), [])
    const wrong = houseOf({
      "services/One.ts": "import \"node:fs\"; import \"effect/Layer\"; import type {} from \"@effect/platform-node\""
    })
    assert.deepStrictEqual(outsiders(wrong), ["services/One.ts → node:fs", "services/One.ts → @effect/platform-node"])
  })

  it("have layers that say in their type what they provide and need", () => {
    const untyped = house.modules.filter(({ place, untyped: names }) => place === "layers" && names.length > 0)
    assert.deepStrictEqual(untyped.map(({ path }) => path), [])
  })
})

describe("what is read of a file", () => {
  const { layers } = houseOf({
    "services/One.ts": "export class One extends Context.Service<One, {}>()(\"One\") {}",
    "layers/Both.ts": `
      import * as Other from "./Other.ts"
      type Needs = A | Other.Requirements
      export const layer: Layer.Layer<One | Two.Two, Error, Needs> = Layer.effect(One, make)
      export const layerWith = (text: string): Layer.Layer<One> => Layer.succeed(One, text)
      const layerOwn: Layer.Layer<Three> = Layer.empty`,
    "layers/Other.ts": "export type Requirements = B | C.C",
    "layers/Nothing.ts": "export const layer: Layer.Layer<never, never, One> = Layer.effectDiscard(listen)"
  })

  it("are the layers it exports, with every service their types stand for", () => {
    assert.deepStrictEqual(
      layers.map(({ module, name, needs, provides }) => [module.name, name, provides, needs]),
      [
        ["Both", "layer", ["One", "Two"], ["A", "B", "C"]],
        ["Both", "layerWith", ["One"], []],
        ["Nothing", "layer", [], ["One"]]
      ]
    )
  })

  it("is told where it does not parse", () => {
    assert.throws(() => houseOf({ "layers/One.ts": "export const = 1" }), /^layers\/One\.ts: /)
  })
})

describe("docs/architecture.md", () => {
  it("has the table of services and layers that the sources come to (npm run diagram)", () => {
    const page = docs("architecture.md")
    assert.strictEqual(page, withTable(page, house))
  })

  it("has the picture of the areas that the sources come to (npm run diagram)", () => {
    assert.strictEqual(docs("architecture/areas.svg"), draw(house))
  })

  it("would be another if an area imported from one more", () => {
    assert.notStrictEqual(drawn("import \"../../services/a/One.ts\""), drawn("export const two = 2"))
  })
})
