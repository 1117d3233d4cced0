/**
 * The pages a person sees at the end of a sign-in: small, script-free, readable without styles, light and dark.
 */
import type { CallbackPage } from "../../services/sign-in/CallbackServer.ts"
import type { LoopbackReply } from "../../services/sign-in/LoopbackListener.ts"
import type { Account } from "../../services/sign-in/Session.ts"
import { escape } from "./HtmlText.ts"

/** What is said on a page. */
interface Words {
  readonly status: number
  readonly tone: "good" | "bad" | "neutral"
  readonly title: string
  readonly text: string
  readonly next: string
}

const style = `
:root { color-scheme: light dark; --ink: #1f2328; --paper: #fff; --quiet: #59636e; --good: #1a7f37; --bad: #cf222e }
@media (prefers-color-scheme: dark) {
  :root { --ink: #f0f6fc; --paper: #0d1117; --quiet: #9198a1; --good: #3fb950; --bad: #f85149 }
}
body { margin: 0; min-height: 100vh; display: grid; place-items: center; background: var(--paper); color: var(--ink);
  font: 1rem/1.5 system-ui, sans-serif }
main { max-width: 34rem; padding: 2rem; overflow-wrap: anywhere }
h1 { font-size: 1.5rem; line-height: 1.25; margin: 0 0 .75rem; padding-left: .75rem; border-left: .25rem solid var(--quiet) }
.good h1 { border-color: var(--good) }
.bad h1 { border-color: var(--bad) }
p { margin: 0 0 .75rem }
.next { color: var(--quiet) }
`

/** Nothing is loaded, framed, stored or told to another site; the code in the address goes nowhere. */
const headers = {
  "content-type": "text/html; charset=utf-8",
  "content-security-policy":
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cache-control": "no-store"
}

const reply = (words: Words): LoopbackReply => ({
  status: words.status,
  headers,
  body: `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escape(words.title)}</title>
<style>${style}</style>
</head>
<body>
<main class="${words.tone}">
<h1>${escape(words.title)}</h1>
<p>${escape(words.text)}</p>
<p class="next">${escape(words.next)}</p>
</main>
</body>
</html>
`
})

const closeTab = "You can close this tab and go back to your client."

const who = (account: Account): string => {
  if (account.email === undefined) return account.name ?? "The account"
  return account.name === undefined ? account.email : `${account.name} (${account.email})`
}

const wordsOf = (server: string, page: CallbackPage): Words => {
  switch (page._tag) {
    case "SignedIn":
      return {
        status: 200,
        tone: "good",
        title: "Signed in",
        text: `${who(page.account)} is now signed in to ${server}.`,
        next: closeTab
      }
    case "SignedOut":
      return {
        status: 410,
        tone: "neutral",
        title: "Signed out",
        text: `${who(page.account)} was signed in to ${server}, and has been signed out again.`,
        next: "Ask your client to sign in again when you want to. You can close this tab."
      }
    case "Denied":
      return {
        status: 200,
        tone: "neutral",
        title: "Sign-in declined",
        text: `You did not allow access, so nothing was signed in to ${server}.`,
        next: "If that was not what you meant, ask your client to sign in again. You can close this tab."
      }
    case "Failed":
      return {
        status: 400,
        tone: "bad",
        title: "Sign-in failed",
        text: page.error.message,
        next: `${page.error.remedy} You can close this tab.`
      }
    case "Expired":
      return {
        status: 410,
        tone: "bad",
        title: "Sign-in expired",
        text: "This sign-in took too long and has ended.",
        next: "Ask your client to sign in again. You can close this tab."
      }
    case "Cancelled":
      return {
        status: 410,
        tone: "neutral",
        title: "Sign-in cancelled",
        text: `This sign-in was ended before it was finished, so nothing was signed in to ${server}.`,
        next: "Ask your client to sign in again when you want to. You can close this tab."
      }
  }
}

/** The page that says how a flow ended. `server` is the name of what was signed in to. */
export const outcome = (server: string, page: CallbackPage): LoopbackReply => reply(wordsOf(server, page))

/** The page for a browser whose response came after another one had decided the flow: how it ended, and that it had. */
export const alreadyDone = (server: string, page: CallbackPage): LoopbackReply => {
  const words = wordsOf(server, page)
  return reply({
    ...words,
    title: "Already done",
    text: `This sign-in was finished in another tab, and nothing more came of this one. ${words.text}`
  })
}

/** The page for a request that is not the answer to this flow. It says nothing about the flow. */
export const notThisSignIn: LoopbackReply = reply({
  status: 400,
  tone: "bad",
  title: "Not this sign-in",
  text: "This address does not belong to the sign-in that is under way.",
  next: "Go back to the page your client opened, or ask it to sign in again. You can close this tab."
})

/** Sends a browser on to the address of its page, which is asked for anew: nothing of the old address goes along. */
export const seeOther = (location: string): LoopbackReply => ({
  status: 303,
  headers: { ...headers, location },
  body: ""
})

/** A reply without a page, for what is no person's request. */
export const bare = (status: number, extra: Readonly<Record<string, string>> = {}): LoopbackReply => ({
  status,
  headers: { ...extra, "cache-control": "no-store", "x-content-type-options": "nosniff" },
  body: ""
})
