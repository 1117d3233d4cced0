/**
 * The pages a person sees: choosing an account and consenting, and Google's error page. Plain HTML without scripts,
 * readable by keyboard and screen reader, light or dark as the person prefers. Whatever comes from outside is escaped.
 */
import type { LocalAccount } from "../../services/local-google/LocalGoogle.ts"
import { escape } from "../sign-in/HtmlText.ts"
import * as Scopes from "./LocalGoogleScopes.ts"

const style = `
:root { color-scheme: light dark; --ink: #1f1f1f; --soft: #5b5f65; --line: #d5d8dc; --paper: #fff; --ground: #f0f4f9; --blue: #0b57d0; --on: #fff }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e5e7ea; --soft: #aab0b8; --line: #44484e; --paper: #141517; --ground: #24262a; --blue: #a8c7fa; --on: #062e6f }
}
* { box-sizing: border-box }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; padding: 1rem; background: var(--ground); color: var(--ink); font: 1rem/1.5 system-ui, sans-serif }
main { width: 100%; max-width: 34rem; padding: 2rem; border-radius: 1.5rem; background: var(--paper); overflow-wrap: anywhere }
h1 { margin: 0 0 .5rem; font-size: 1.6rem; font-weight: 500; line-height: 1.25 }
p { margin: 0 0 1rem } small, .soft { color: var(--soft) }
fieldset { margin: 1.25rem 0 0; padding: 0; border: 0 } legend { padding: 0; font-weight: 600 }
label { display: flex; gap: .75rem; align-items: flex-start; padding: .65rem 0; border-bottom: 1px solid var(--line) }
label small { display: block } input { flex: none; width: 1.15rem; height: 1.15rem; margin: .2rem 0 0; accent-color: var(--blue) }
.actions { display: flex; justify-content: flex-end; gap: .75rem; margin-top: 1.75rem }
button { padding: .6rem 1.5rem; border: 1px solid var(--line); border-radius: 2rem; background: none; color: var(--blue); font: inherit; font-weight: 500; cursor: pointer }
button.primary { border-color: var(--blue); background: var(--blue); color: var(--on) }
:focus-visible { outline: 3px solid var(--blue); outline-offset: 2px }
.note { margin-top: 1.5rem; font-size: .85rem }`

const page = (title: string, main: string): string =>
  `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escape(title)}</title>
<style>${style}</style>
</head>
<body>
<main>
${main}
<p class="note soft">This is a stand-in for Google on this machine. No Google account is involved.</p>
</main>
</body>
</html>
`

/** The headers of every page. */
export const headers: Readonly<Record<string, string>> = {
  "content-type": "text/html; charset=utf-8",
  "cache-control": "no-store",
  "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'",
  "referrer-policy": "no-referrer"
}

/** What the person is asked. */
export interface Question {
  /** The app that asks. */
  readonly app: string
  readonly accounts: ReadonlyArray<LocalAccount>
  readonly loginHint: string | undefined
  readonly scopes: ReadonlyArray<string>
}

/**
 * The consent page: a form posted to its own address with `account` (an email), `scope` (once for each ticked box) and
 * `action` (`allow` or `deny`).
 */
export const consent = ({ accounts, app, loginHint, scopes }: Question): string => {
  const hinted = accounts.findIndex((account) => account.email === loginHint)
  const chosen = Math.max(hinted, 0)
  const unknown = loginHint !== undefined && hinted === -1
    ? `<p role="note">The app asked for <strong>${
      escape(loginHint)
    }</strong>, which is not one of the accounts here.</p>`
    : ""
  const radios = accounts.map((account, index) =>
    `<label><input type="radio" name="account" value="${escape(account.email)}" required${
      index === chosen ? " checked" : ""
    }><span>${escape(account.name)}<small>${escape(account.email)}</small></span></label>`
  )
  const boxes = scopes.filter((scope) => !Scopes.signIn.includes(scope)).map((scope) =>
    `<label><input type="checkbox" name="scope" value="${escape(scope)}" checked><span>${
      escape(Scopes.describe(scope))
    }<small>${escape(scope)}</small></span></label>`
  )
  const permissions = boxes.length === 0
    ? ""
    : `<fieldset><legend>Select what ${escape(app)} can access</legend>\n${boxes.join("\n")}\n</fieldset>`
  return page(
    `Sign in to ${app}`,
    `<h1>${escape(app)} wants access to your Google Account</h1>
${unknown}
<form method="post">
<fieldset><legend>Choose an account</legend>
${radios.join("\n")}
</fieldset>
${permissions}
<div class="actions">
<button type="submit" name="action" value="allow" class="primary">Allow</button>
<button type="submit" name="action" value="deny">Cancel</button>
</div>
</form>`
  )
}

/** The page that ends a sign-in Google refuses to redirect for; the app learns nothing of it. */
export const refusal = (status: number, error: string, detail: string): string =>
  page(
    "Access blocked",
    `<h1>Access blocked: authorization error</h1>
<p>${escape(detail)}</p>
<p class="soft">Error ${status}: ${escape(error)}</p>`
  )
