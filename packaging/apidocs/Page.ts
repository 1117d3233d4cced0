/**
 * The API pages as files: one for each door and area, and an index of them all.
 */
import * as Docstring from "./Docstring.ts"
import { doors } from "./Door.ts"
import * as Entry from "./Entry.ts"
import * as Exported from "./Exported.ts"
import * as Markdown from "./Markdown.ts"

/** A file in `docs/api`, or in a folder of its own. */
export interface MadeFile {
  /** From the root of the repository on. */
  readonly path: string
  readonly text: string
}

/** Where the pages are. */
export const folder = "docs/api"

/** One page: what a door has of one area. */
export interface Page {
  readonly exported: Exported.Exported
  /** None: what belongs to no area. */
  readonly area: string | undefined
  readonly sections: ReadonlyArray<Section>
  /** What has its place on the page of an earlier door. */
  readonly elsewhere: ReadonlyArray<Elsewhere>
}

/** Entries that are on another page. */
export interface Elsewhere {
  readonly page: Pick<Page, "exported" | "area">
  readonly names: ReadonlyArray<string>
}

/** What one file contributes to a page. */
export interface Section extends Pick<Exported.Section, "file" | "namespace"> {
  readonly title: string
  readonly entries: ReadonlyArray<Entry.Entry>
}

const areaOf = (path: string): string | undefined => /^src\/(?:services|layers|programs)\/([^/]+)\//.exec(path)?.[1]

const baseName = (path: string): string => path.replace(/^.*\//, "").replace(/\.ts$/, "")

const sectionOf = ({ declared, file, namespace }: Exported.Section): Section => ({
  file,
  namespace,
  title: namespace ?? baseName(file.path),
  entries: declared
    .map((each) => Entry.of(each, namespace === undefined ? each.name : `${namespace}.${each.name}`))
    .filter(({ docstring }) => docstring?.isInternal !== true)
})

type Places = Map<string, Elsewhere["page"]>

/** Each entry is on one page: that of the first door it comes in by. */
const pageOf = (exported: Exported.Exported, area: string | undefined, places: Places): Page => {
  const ofArea = exported.sections.filter(({ file }) => areaOf(file.path) === area)
  const here = { exported, area }
  const told = new Map<Elsewhere["page"], Array<string>>()
  const sections = ofArea.map((section) => ({
    ...section,
    declared: section.declared.filter(({ file, name }) => {
      const identity = `${file.path}#${name}`
      const place = places.get(identity)
      if (place === undefined) {
        places.set(identity, here)
        return true
      }
      const names = told.get(place) ?? []
      told.set(place, [...names, section.namespace === undefined ? name : `${section.namespace}.${name}`])
      return false
    })
  }))
  return {
    exported,
    area,
    sections: sections.map(sectionOf).filter(({ entries }) => entries.length > 0),
    elsewhere: [...told].map(([page, names]) => ({ page, names }))
  }
}

/** All pages, door by door, in the order of the sources. */
export const pages = (): ReadonlyArray<Page> => {
  const places: Places = new Map()
  return doors.flatMap((door) => {
    const exported = Exported.from(door, doors)
    const areas = new Set(exported.sections.map(({ file }) => areaOf(file.path)))
    return [...areas].map((area) => pageOf(exported, area, places))
  })
}

/** `mcp-gas-mcp.tools.md` */
const fileName = ({ area, exported }: Elsewhere["page"]): string =>
  `${[exported.door.specifier.replaceAll("/", "-"), ...area === undefined ? [] : [area]].join(".")}.md`

const titleOf = ({ area, exported }: Elsewhere["page"]): string =>
  [exported.door.specifier, area].filter(Boolean).join(": ")

const notice = "<!-- Made from the docstrings by `npm run docs`. -->"

const elsewhere = ({ names, page }: Elsewhere): string =>
  `Also here, and told of in [${titleOf(page)}](${fileName(page)}): ${names.map((name) => `\`${name}\``).join(", ")}.`

const pageText = (page: Page): string =>
  Markdown.blocks([
    notice,
    `# ${titleOf(page)}`,
    `Of [the API](README.md): what \`import … from "${page.exported.door.specifier}"\` has of this area.`,
    ...page.elsewhere.map(elsewhere),
    ...page.sections.flatMap((section) => Markdown.section(section))
  ])

const contents = (page: Page): string => {
  const anchors = Markdown.anchors(pageText(page))
  return page.sections
    .flatMap(({ entries }) => entries)
    .map(({ docstring, kind, name }) =>
      `- [\`${name}\`](${fileName(page)}#${anchors.get(name) ?? ""}) (${kind})${
        docstring === undefined ? "" : `: ${Docstring.firstSentence(docstring)}`
      }`
    )
    .join("\n")
}

const indexText = (all: ReadonlyArray<Page>): string =>
  Markdown.blocks([
    notice,
    "# The API",
    "What the package exports, by what it is imported from. A signature is written as in the source; a name with a dot is " +
    "exported by the namespace in front of it. Errors that tell a person something have a `code`, a `message` and a `remedy`.",
    ...doors.flatMap((door) => {
      const ofDoor = all.filter(({ exported }) => exported.door === door)
      const [first] = ofDoor
      return [
        `## ${door.specifier}`,
        ...first?.exported.about === undefined ? [] : [first.exported.about.text],
        ...(first?.exported.alsoOf ?? []).map(({ specifier }) => `Has everything that \`${specifier}\` has.`),
        ...ofDoor.flatMap((page) => [`### [${titleOf(page)}](${fileName(page)})`, contents(page)])
      ]
    })
  ])

/** The files of the pages, the index first. */
export const files = (all: ReadonlyArray<Page>): ReadonlyArray<MadeFile> => [
  { path: `${folder}/README.md`, text: indexText(all) },
  ...all.map((page) => ({ path: `${folder}/${fileName(page)}`, text: pageText(page) }))
]
