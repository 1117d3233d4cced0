/**
 * What is exported and says nothing of itself.
 */
import type { Page } from "./Page.ts"

/** The names of all entries on these pages, and of members of them, that have no docstring; and of functions that give nobody knows what. */
export const gaps = (pages: ReadonlyArray<Page>): ReadonlyArray<string> =>
  pages.flatMap(({ sections }) =>
    sections.flatMap(({ entries, file }) =>
      entries.flatMap((entry) => [
        ...entry.docstring === undefined ? [`${file.path}: ${entry.name}`] : [],
        ...entry.saysResult ? [] : [`${file.path}: what ${entry.name} returns`],
        ...entry.members.flatMap(({ docstring, name }) =>
          docstring === undefined ? [`${file.path}: ${entry.name}.${name}`] : []
        )
      ])
    )
  )
