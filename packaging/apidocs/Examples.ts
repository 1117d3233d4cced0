/**
 * The examples of the docstrings as programs of this repository: type-checked with it, and run by a test.
 */
import { type Door, doors } from "./Door.ts"
import type { Entry } from "./Entry.ts"
import type { MadeFile, Page } from "./Page.ts"

/** Where the programs are. */
export const folder = "test/package/examples"

/** How far it is from there to the root. */
const upwards = "../../../"

/** An example imports the package by its name; here it is the sources that the name stands for. */
const fromSources = (code: string): string =>
  doors.reduce(
    (text, { file, specifier }: Door) => text.replaceAll(` from "${specifier}"`, ` from "${upwards}${file}"`),
    code
  )

const docstringsOf = (entry: Entry) => [
  { name: entry.name, docstring: entry.docstring },
  ...entry.members.map(({ docstring, name }) => ({ name: `${entry.name}.${name}`, docstring }))
]

/** One program for each example on these pages. */
export const files = (pages: ReadonlyArray<Page>): ReadonlyArray<MadeFile> =>
  pages.flatMap(({ sections }) =>
    sections.flatMap(({ entries, file }) =>
      entries.flatMap(docstringsOf).flatMap(({ docstring, name }) =>
        (docstring?.examples ?? []).map((code, at) => ({
          path: `${folder}/${name}${at === 0 ? "" : `.${at + 1}`}.ts`,
          text: `// From the docstring of ${name} in ${file.path}, by \`npm run docs\`.\n${fromSources(code)}`
        }))
      )
    )
  )

const said = /\/\/ → (.*)$/gm

/** What an example says that it prints, line by line. */
export const expected = (text: string): ReadonlyArray<string> => [...text.matchAll(said)].map(([, line = ""]) => line)
