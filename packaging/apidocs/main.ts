/**
 * Makes the API pages and the programs of their examples from the docstrings, and removes those that nothing stands
 * behind any more.
 */
import { mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs"
import * as Examples from "./Examples.ts"
import * as Page from "./Page.ts"

const root = new URL("../../", import.meta.url)
const pages = Page.pages()
const made = [...Page.files(pages), ...Examples.files(pages)]

for (const folder of [Page.folder, Examples.folder]) {
  const url = new URL(`${folder}/`, root)
  mkdirSync(url, { recursive: true })
  for (const name of readdirSync(url)) {
    if (!made.some(({ path }) => path === `${folder}/${name}`)) rmSync(new URL(name, url))
  }
}
for (const { path, text } of made) writeFileSync(new URL(path, root), text)
