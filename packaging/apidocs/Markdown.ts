/**
 * Entries of the API pages as Markdown.
 */
import type * as Docstring from "./Docstring.ts"
import type { Entry, Member, Told } from "./Entry.ts"
import type { Section } from "./Page.ts"

/** Blocks with an empty line between them. */
export const blocks = (each: ReadonlyArray<string>): string => `${each.filter((block) => block !== "").join("\n\n")}\n`

/**
 * The anchors that forges make of the headings of a page, by the text of the heading: a number tells those apart that differ
 * in nothing but what an anchor leaves out.
 */
export const anchors = (page: string): ReadonlyMap<string, string> => {
  const taken = new Map<string, number>()
  const prose = page.replaceAll(/^```.*?^```/gms, "")
  return new Map([...prose.matchAll(/^#+ (.*)$/gm)].map(([, heading = ""]) => {
    const plain = heading.toLowerCase().replaceAll(/[^\p{L}\p{N} _-]/gu, "").replaceAll(" ", "-")
    const before = taken.get(plain) ?? 0
    taken.set(plain, before + 1)
    return [heading, before === 0 ? plain : `${plain}-${before}`]
  }))
}

const code = (text: string): string => text === "" ? "" : `\`\`\`ts\n${text}\n\`\`\``

const oneLine = (text: string): string => text.replaceAll(/\s*\n\s*/g, " ")

const words = (docstring: Docstring.Docstring | undefined): ReadonlyArray<string> =>
  docstring === undefined ? [] : [docstring.text, ...docstring.examples.map((example) => code(example.trimEnd()))]

const quoted = (texts: ReadonlyArray<string>): string => texts.map((text) => `“${text}”`).join(" or ")

const toldBy = ({ code: itsCode, message, remedy, tag }: Told): string =>
  [
    `- \`_tag\`: \`"${tag}"\`${itsCode === undefined ? "" : `, \`code\`: \`"${itsCode}"\``}`,
    ...message.length === 0 ? [] : [`- message: ${quoted(message)}`],
    ...remedy.length === 0 ? [] : [`- remedy: ${quoted(remedy)}`]
  ].join("\n")

const field = ({ docstring, name, type }: Member): string =>
  `- \`${name}\`: \`${oneLine(type)}\`${docstring === undefined ? "" : `. ${oneLine(docstring.text)}`}`

const member = (of: Entry, { docstring, name, type }: Member): ReadonlyArray<string> => [
  `#### ${of.name}.${name}`,
  code(type),
  ...words(docstring)
]

const parts = (entry: Entry): ReadonlyArray<string> => {
  if (entry.showsMembers || entry.members.length === 0) return []
  if (entry.kind === "service") return entry.members.flatMap((each) => member(entry, each))
  return [`Fields:`, entry.members.map(field).join("\n")]
}

const entryBlocks = (entry: Entry): ReadonlyArray<string> => [
  `### ${entry.name}`,
  `_${entry.kind}_`,
  code(entry.signature),
  ...words(entry.docstring),
  ...entry.told === undefined ? [] : [toldBy(entry.told)],
  ...parts(entry)
]

/** A section of a page. */
export const section = ({ entries, file, namespace, title }: Section): ReadonlyArray<string> =>
  entries.length === 0 ? [] : [
    `## ${namespace === undefined ? `${title}.ts` : `The namespace ${title}`}`,
    ...words(file.about),
    ...entries.flatMap(entryBlocks),
    `Source: [${file.path}](../../${file.path})`
  ]
