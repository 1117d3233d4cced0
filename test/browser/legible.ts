/**
 * Whether the page in a tab can be read: by machines, in the light and in the dark, on a narrow screen, enlarged.
 */
import { assert } from "@effect/vitest"
import { Effect } from "effect"
import type { Page } from "playwright-core"
import { titleOf } from "./tab.ts"

const structure = `({
  language: document.documentElement.lang,
  title: document.title,
  headings: document.querySelectorAll("h1").length,
  landmarks: document.querySelectorAll("main").length,
  scripts: document.scripts.length
})`

/**
 * The words that are hard to read: with less contrast than 4.5 to 1 (WCAG 1.4.3), or beyond the edges of the window. Text
 * is measured, not boxes: a word that is too long sticks out of a box that fits.
 */
const hardToRead = `(() => {
  const channels = (colour) => colour.match(/[\\d.]+/g).map(Number)
  const luminance = (colour) => {
    const [r, g, b] = channels(colour).slice(0, 3).map((part) => part / 255)
      .map((part) => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4)
    return 0.2126 * r + 0.7152 * g + 0.0722 * b
  }
  const behind = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const { backgroundColor } = getComputedStyle(at)
      if (channels(backgroundColor)[3] !== 0) return backgroundColor
    }
    return "rgb(255, 255, 255)"
  }
  const contrast = (element) => {
    const [dark, light] = [getComputedStyle(element).color, behind(element)].map(luminance).sort((a, b) => a - b)
    return (light + 0.05) / (dark + 0.05)
  }
  const range = document.createRange()
  const isOutside = (text) => {
    range.selectNodeContents(text)
    return [...range.getClientRects()].some(({ left, right }) => left < 0 || right > document.documentElement.clientWidth)
  }
  const texts = []
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
  while (walker.nextNode()) if (walker.currentNode.data.trim() !== "") texts.push(walker.currentNode)
  const { clientWidth, scrollWidth } = document.documentElement
  return {
    read: texts.length > 1,
    faint: texts.filter((text) => contrast(text.parentElement) < 4.5).map(({ data }) => data),
    outside: texts.filter(isOutside).map(({ data }) => data),
    scrollsSideways: scrollWidth > clientWidth
  }
})()`

const legible = { read: true, faint: [], outside: [], scrollsSideways: false }

/** Its tab is called as it is headed, unless another title is given. The tab is left in the light, and as large as it was. */
export const isLegible = Effect.fnUntraced(function*(tab: Page, title?: string) {
  const name = title ?? (yield* titleOf(tab))
  const seen = (expression: string) => Effect.promise(() => tab.evaluate(expression))
  const resized = (width: number, height: number) => Effect.promise(() => tab.setViewportSize({ width, height }))
  const paper = seen("getComputedStyle(document.body).backgroundColor")

  assert.deepStrictEqual(yield* seen(structure), { language: "en", title: name, headings: 1, landmarks: 1, scripts: 0 })
  const papers = new Set<unknown>()
  for (const colorScheme of ["dark", "light"] as const) {
    yield* Effect.promise(() => tab.emulateMedia({ colorScheme }))
    papers.add(yield* paper)
    yield* resized(800, 420)
    assert.deepStrictEqual(yield* seen(hardToRead), legible, `${name}, ${colorScheme}`)
    yield* resized(320, 640)
    assert.deepStrictEqual(yield* seen(hardToRead), legible, `${name}, ${colorScheme}, 320 pixels wide`)
  }
  assert.strictEqual(papers.size, 2, `${name} looks the same in the dark`)
  yield* resized(640, 420)
  yield* seen("void (document.documentElement.style.fontSize = '200%')")
  assert.deepStrictEqual(yield* seen(hardToRead), legible, `${name}, text twice as large`)
  yield* seen("void (document.documentElement.style.fontSize = '')")
  yield* resized(800, 420)
})
