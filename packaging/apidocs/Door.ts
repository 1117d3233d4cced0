/**
 * The doors of the package: what it can be imported by, and the source file behind each. Taken from `package.json` and
 * `tsconfig.build.json`, so that a new door has its pages without being named here.
 */
import * as packageJson from "../../package.json" with { type: "json" }
import * as build from "../../tsconfig.build.json" with { type: "json" }

export interface Door {
  /** What is imported: `mcp-gas/mcp`. */
  readonly specifier: string
  /** Its source: `src/mcp.ts`. */
  readonly file: string
}

const { rootDir, outDir } = build.default.compilerOptions

/** In the order of `exports`. */
export const doors: ReadonlyArray<Door> = Object.entries(packageJson.default.exports).flatMap(([subpath, target]) => {
  if (typeof target === "string") return []
  // By its types, since what runs may be a bundle.
  const file = target.types.replace(`./${outDir}/`, `${rootDir}/`).replace(/\.d\.ts$/, ".ts")
  if (!build.default.files.includes(file)) throw new Error(`${file} is exported and not built.`)
  return [{ specifier: subpath.replace(/^\./, packageJson.default.name), file }]
})
