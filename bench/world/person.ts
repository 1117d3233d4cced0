/**
 * A person with a browser, as far as a sign-in can tell: goes to the address, is sent on, sends the form that a page is made
 * of, reads the last page to its end. Keeps connections to the provider open as browsers do.
 */
import { Agent, request } from "node:http"

const browser = new Agent({ keepAlive: true })

/** No sign-in sends a browser on more often. */
const patience = 6

const formIn = (page: string): { readonly action: string; readonly body: string } | undefined => {
  const action = /<form action="([^"]+)">/.exec(page)?.[1]
  if (action === undefined) return undefined
  const body = new URLSearchParams()
  for (const [, name = "", value = ""] of page.matchAll(/<input name="([^"]+)" value="([^"]*)">/g)) {
    body.append(name, value)
  }
  return { action, body: body.toString() }
}

const formHeaders = { "content-type": "application/x-www-form-urlencoded" }

/** Visits an address and goes where that leads; whoever listened there may be gone before its last page is read. */
export const visit = (url: string, form?: string, left = patience): void => {
  const sent = request(
    url,
    { agent: browser, method: form === undefined ? "GET" : "POST", headers: form === undefined ? {} : formHeaders },
    (response) => {
      const chunks: Array<Buffer> = []
      response.on("data", (chunk: Buffer) => chunks.push(chunk)).once("end", () => {
        if (left === 0) return
        const { location } = response.headers
        if (location !== undefined) return visit(new URL(location, url).href, undefined, left - 1)
        const next = formIn(Buffer.concat(chunks).toString())
        if (next !== undefined) visit(next.action, next.body, left - 1)
      })
    }
  )
  sent.on("error", () => {}).end(form)
}
