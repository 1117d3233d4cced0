/**
 * A docstring taken apart: what it says, its examples, and whether it is for readers of the API at all.
 */

/** What is written in front of a declaration. */
export interface Docstring {
  /** Markdown, without the examples. */
  readonly text: string
  /** The code of each `@example`, which is a whole program. */
  readonly examples: ReadonlyArray<string>
  /** Marked `@internal`: exported for this package's own files, and nothing that others may rely on. */
  readonly isInternal: boolean
}

const fence = /^```ts\n(.*?)^```$/gms

/** Takes what stands between `/*` and its end apart; none unless it is a docstring. */
export const parse = (comment: string): Docstring | undefined => {
  if (!comment.startsWith("*")) return undefined
  const lines = comment.slice(1).split("\n").map((line) => line.replace(/^\s*\* ?/, "").trimEnd())
  const isInternal = lines.includes("@internal")
  const [text = "", ...examples] = lines.filter((line) => line !== "@internal").join("\n").split(/^@example\b/m)
  return {
    text: text.trim(),
    examples: examples.flatMap((example) => [...example.matchAll(fence)].map(([, code = ""]) => code)),
    isInternal
  }
}

/** The first sentence, on one line. */
export const firstSentence = ({ text }: Docstring): string => {
  const [paragraph = ""] = text.split(/\n\n|\n(?=- )/)
  const line = paragraph.replaceAll("\n", " ")
  return /^.*?\.(?= [A-Z`]|$)/.exec(line)?.[0] ?? line
}
