/**
 * The licences of what is bundled into the command: whoever hands it on has to hand them on too.
 */
import { Schema } from "effect"
import { readdirSync, readFileSync } from "node:fs"
import type { Plugin } from "rolldown"

/** The file beside the command. */
export const fileName = "THIRD-PARTY-NOTICES.txt"

const Described = Schema.fromJsonString(Schema.Struct({
  name: Schema.String,
  version: Schema.String,
  license: Schema.String
}))

/** The directory of the package that a module is of; nothing for our own. */
const packageOf = (module: string): ReadonlyArray<string> =>
  /^.*[\\/]node_modules[\\/](?:@[^\\/]+[\\/])?[^\\/]+/.exec(module.replace(/^\0/, ""))?.slice(0, 1) ?? []

const notice = (directory: string): string => {
  const { license, name, version } = Schema.decodeSync(Described)(readFileSync(`${directory}/package.json`, "utf8"))
  const texts = readdirSync(directory)
    .filter((file) => /^(licen[cs]e|notice|copying)/i.test(file))
    .map((file) => readFileSync(`${directory}/${file}`, "utf8").trim())
  return [`${name} ${version} (${license})`, ...texts].join("\n\n")
}

/** Writes the notice of each package that a module in the bundle is of, in order. */
export const notices: Plugin = {
  name: "notices",
  generateBundle(_options, bundle) {
    const modules = Object.values(bundle).flatMap((part) => part.type === "chunk" ? part.moduleIds : [])
    const said = [...new Set(modules.flatMap(packageOf))].map(notice).toSorted()
    this.emitFile({ type: "asset", fileName, source: `${said.join(`\n\n${"-".repeat(80)}\n\n`)}\n` })
  }
}
