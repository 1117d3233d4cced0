/**
 * Which files of a folder others lead to.
 */
import { existsSync, readFileSync } from "node:fs"
import { dirname, join } from "node:path"

const specifiers = (text: string): ReadonlyArray<string> =>
  [...text.matchAll(/\b(?:from|import)\s*\(?\s*["'`](\.{1,2}\/[^"'`]+)["'`]/g)].flatMap(([, each]) => each ?? [])

/** A module's program and its declaration, whichever of them a specifier names. */
const bothOf = (path: string) => {
  const stem = path.replace(/(\.d)?\.ts$|\.js$/, "")
  return [`${stem}.js`, `${stem}.d.ts`]
}

/**
 * The files that are reached from some by relative imports, these included, as paths in the folder. A module is its program
 * and its declaration, if it has one: what imports one of them reaches both.
 */
export const reachable = (folder: string, from: ReadonlyArray<string>): ReadonlyArray<string> => {
  const present = (path: string) => bothOf(path).filter((file) => existsSync(join(folder, file)))
  const reached = new Set(from.flatMap(present))
  // What is added while a set is walked is walked too.
  for (const file of reached) {
    for (const specifier of specifiers(readFileSync(join(folder, file), "utf8"))) {
      for (const each of present(join(dirname(file), specifier))) reached.add(each)
    }
  }
  return [...reached]
}
