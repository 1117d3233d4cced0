/**
 * Text that goes into a page.
 */

const escapes: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  "\"": "&quot;",
  "'": "&#39;"
}

/** The text as HTML that shows just that text, in an element or in a quoted attribute. */
export const escape = (text: string): string => text.replace(/[&<>"']/g, (character) => escapes[character] ?? character)
