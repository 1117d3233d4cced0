/**
 * A report of the doctor's as a person or a program reads it.
 */
import { Effect, Schema } from "effect"
import { styleText } from "node:util"
import { type Finding, type Level, worst } from "../services/doctor/Finding.ts"
import { Report } from "./doctor.ts"

const symbols: Readonly<Record<Level, string>> = { ok: "✓", warning: "!", problem: "✗" }
const colours = { ok: "green", warning: "yellow", problem: "red" } as const

type Styled = (style: Parameters<typeof styleText>[0], text: string) => string

const plain: Styled = (_style, text) => text
const coloured: Styled = (style, text) => styleText(style, text, { validateStream: false })

const lines = (finding: Finding, width: number, styled: Styled): ReadonlyArray<string> => {
  const found = `${styled(colours[finding.level], symbols[finding.level])} ${
    finding.area.padEnd(width)
  }  ${finding.found}`
  // Below what was found, and so that an eye that goes down the symbols does not meet it.
  return finding.level === "ok" ? [found] : [found, `${" ".repeat(width + 4)}${styled("dim", `→ ${finding.remedy}`)}`]
}

const counted = (findings: ReadonlyArray<Finding>, level: Level): string => {
  const { length } = findings.filter((finding) => finding.level === level)
  return `${length} ${level}${length === 1 ? "" : "s"}`
}

const summary = (findings: ReadonlyArray<Finding>, styled: Styled): string => {
  const level = worst(findings)
  const text = level === "ok"
    ? "Everything is in order."
    : `${counted(findings, "problem")}, ${counted(findings, "warning")}.`
  return styled(colours[level], text)
}

/**
 * For a terminal: a line for each finding, with its remedy below, aligned; what it comes to as the last line. With escape sequences
 * where `colours` are wanted, and without any otherwise.
 */
export const words = ({ findings, node, version }: Report, options: { readonly colours: boolean }): string => {
  const styled = options.colours ? coloured : plain
  const width = Math.max(0, ...findings.map(({ area }) => area.length))
  return [
    styled("bold", `mcp-gas ${version} on Node ${node}`),
    "",
    ...findings.flatMap((finding) => lines(finding, width, styled)),
    "",
    summary(findings, styled)
  ].join("\n")
}

const encode = Schema.encodeEffect(Schema.fromJsonString(Report))

/** For a program: `{ version, node, findings }` on one line. */
export const json = (report: Report): Effect.Effect<string> => Effect.orDie(encode(report))
