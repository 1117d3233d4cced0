/**
 * What a terminal shows, as a picture: text with the escape sequences for colours, drawn as SVG.
 */

/** How wide the terminal is, in characters. */
const columns = 100

const lineHeight = 20
const charWidth = 8.4
const margin = 16

interface Style {
  readonly colour: string
  readonly bold: boolean
  readonly dim: boolean
}

const plain: Style = { colour: "#d7dae0", bold: false, dim: false }

/** Select Graphic Rendition (ECMA-48 section 8.3.117), as far as the command uses it. */
const after = (style: Style, code: number): Style => {
  switch (code) {
    case 0:
      return plain
    case 1:
      return { ...style, bold: true }
    case 2:
      return { ...style, dim: true }
    case 22:
      return { ...style, bold: false, dim: false }
    case 31:
      return { ...style, colour: "#f47067" }
    case 32:
      return { ...style, colour: "#57ab5a" }
    case 33:
      return { ...style, colour: "#daaa3f" }
    case 36:
      return { ...style, colour: "#56d4dd" }
    case 39:
      return { ...style, colour: plain.colour }
    default:
      throw new Error(`The picture knows no colour ${code}.`)
  }
}

interface Char {
  readonly char: string
  readonly style: Style
}

/** The characters, with the style that each is in. */
const charsOf = (text: string): ReadonlyArray<Char> => {
  let style = plain
  // oxlint-disable-next-line no-control-regex
  return text.split(/(\u001b\[[\d;]*m)/u).flatMap((part) => {
    // oxlint-disable-next-line no-control-regex
    const codes = /^\u001b\[([\d;]*)m$/u.exec(part)?.[1]
    if (codes === undefined) return [...part].map((char) => ({ char, style }))
    for (const code of codes.split(";")) style = after(style, Number(code))
    return []
  })
}

/** Lines as wide as the terminal at most. */
const rowsOf = (chars: ReadonlyArray<Char>): ReadonlyArray<ReadonlyArray<Char>> => {
  const rows: Array<Array<Char>> = [[]]
  for (const each of chars) {
    const row = rows.at(-1) ?? []
    if (each.char === "\n") rows.push([])
    else if (row.length === columns) rows.push([each])
    else row.push(each)
  }
  return rows
}

/** With spaces that no renderer draws together. */
const escape = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll(" ", "\u00a0")

const spansOf = (row: ReadonlyArray<Char>): string => {
  const runs: Array<{ text: string; readonly style: Style }> = []
  for (const { char, style } of row) {
    const last = runs.at(-1)
    if (last !== undefined && last.style === style) last.text += char
    else runs.push({ text: char, style })
  }
  return runs.map(({ style: { bold, colour, dim }, text }) =>
    `<tspan fill="${colour}"${bold ? " font-weight=\"bold\"" : ""}${dim ? " opacity=\"0.7\"" : ""}>${
      escape(text)
    }</tspan>`
  ).join("")
}

/** The picture of a terminal that shows this text and nothing else; `title` is for those who cannot see it. */
export const draw = (title: string, text: string): string => {
  const rows = rowsOf(charsOf(text.trimEnd()))
  const width = Math.ceil(columns * charWidth + 2 * margin)
  const height = rows.length * lineHeight + 2 * margin
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" role="img">`,
    `<title>${title}</title>`,
    `<rect width="${width}" height="${height}" rx="8" fill="#22272e"/>`,
    `<g font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, monospace" font-size="14">`,
    ...rows.map((row, index) =>
      `<text x="${margin}" y="${margin + (index + 1) * lineHeight - 5}">${spansOf(row)}</text>`
    ),
    "</g>",
    "</svg>",
    ""
  ].join("\n")
}
