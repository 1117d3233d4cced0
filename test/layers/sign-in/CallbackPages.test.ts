import { assert, describe, it } from "@effect/vitest"
import * as CallbackPages from "../../../src/layers/sign-in/CallbackPages.ts"
import { AccountKey } from "../../../src/services/sign-in/AccountKey.ts"
import type { CallbackPage } from "../../../src/services/sign-in/CallbackServer.ts"
import { AccountMismatch, AuthorizationRefused, ScopesMissing } from "../../../src/services/sign-in/FlowFailure.ts"
import type { LoopbackReply } from "../../../src/services/sign-in/LoopbackListener.ts"
import { Account } from "../../../src/services/sign-in/Session.ts"

const hostile = `<script>alert("1")</script><img src=x onerror='alert(1)'>&lt;</main>`
const escaped =
  "&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;&lt;img src=x onerror=&#39;alert(1)&#39;&gt;&amp;lt;&lt;/main&gt;"

const hostilePages: Record<string, CallbackPage> = {
  "an account name": { _tag: "SignedIn", account: new Account({ name: hostile, email: "ada@example.com" }) },
  "an account name without email": { _tag: "SignedIn", account: new Account({ name: hostile }) },
  "an email": { _tag: "SignedIn", account: new Account({ email: hostile }) },
  "an error code": { _tag: "Failed", error: new AuthorizationRefused({ error: hostile }) },
  "an error description": {
    _tag: "Failed",
    error: new AuthorizationRefused({ error: "invalid_request", description: hostile })
  },
  "a scope": { _tag: "Failed", error: new ScopesMissing({ missing: [hostile], granted: [] }) },
  "the account that consented": {
    _tag: "Failed",
    error: new AccountMismatch({ expected: AccountKey.make("ada@example.com"), actual: hostile })
  },
  "a remedy": { _tag: "Failed", error: { code: "x", message: "A cause.", remedy: hostile } }
}

const pages: Record<string, LoopbackReply> = {
  ...Object.fromEntries(
    ([
      { _tag: "SignedIn", account: new Account({ name: "Ada", email: "ada@example.com" }) },
      { _tag: "SignedOut", account: new Account({ name: "Ada", email: "ada@example.com" }) },
      { _tag: "Denied" },
      { _tag: "Failed", error: { code: "x", message: "A cause.", remedy: "A remedy." } },
      { _tag: "Expired" },
      { _tag: "Cancelled" }
    ] satisfies ReadonlyArray<CallbackPage>).map((page) => [page._tag, CallbackPages.outcome("Test Server", page)])
  ),
  "AlreadyDone": CallbackPages.alreadyDone("Test Server", { _tag: "Denied" }),
  "NotThisSignIn": CallbackPages.notThisSignIn
}

const shown = (account: Account) => CallbackPages.outcome("Test Server", { _tag: "SignedIn", account }).body

describe("CallbackPages", () => {
  for (const [what, page] of Object.entries(hostilePages)) {
    it(`${what} with markup in it is shown as text`, () => {
      const { body } = CallbackPages.outcome("Test Server", page)
      assert.include(body, escaped)
      assert.notInclude(body, "<script")
      assert.notInclude(body, "<img")
      assert.strictEqual(body.split("</main>").length, 2)
    })
  }

  it("a server name with markup in it is shown as text", () => {
    const { body } = CallbackPages.outcome(hostile, { _tag: "Denied" })
    assert.include(body, escaped)
    assert.notInclude(body, "<script")
  })

  for (const [what, { body, headers }] of Object.entries(pages)) {
    it(`the page ${what} loads, runs, keeps and tells nothing`, () => {
      const policy = headers["content-security-policy"] ?? ""
      assert.include(policy, "default-src 'none'")
      for (const directive of ["base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'"]) {
        assert.include(policy, directive)
      }
      assert.notMatch(policy, /script-src|unsafe-eval|\*/)
      assert.strictEqual(headers["x-content-type-options"], "nosniff")
      assert.strictEqual(headers["referrer-policy"], "no-referrer")
      assert.strictEqual(headers["cache-control"], "no-store")
      assert.strictEqual(headers["content-type"], "text/html; charset=utf-8")
      assert.notMatch(
        body,
        /<(?:script|iframe|object|embed|form|link|img|a)\b|\bon\w+\s*=|javascript:|https?:|@import|url\(/i
      )
    })

    it(`the page ${what} is a whole document with one heading, in English, for any width`, () => {
      assert.match(body, /^<!doctype html>\n<html lang="en">/)
      assert.include(body, `<meta name="viewport" content="width=device-width, initial-scale=1">`)
      assert.strictEqual(body.match(/<h1>/g)?.length, 1)
      const title = /<title>(.*)<\/title>/.exec(body)?.[1]
      assert.strictEqual(/<h1>(.*)<\/h1>/.exec(body)?.[1], title)
      assert.include(body, "You can close this tab")
    })
  }

  it("only a sign-in that succeeded looks like one", () => {
    const looksGood = Object.entries(pages).filter(([, { body }]) => /class="good"|Signed in/.test(body))
    assert.deepStrictEqual(looksGood.map(([what]) => what), ["SignedIn"])
  })

  it("a status tells programs what a page tells people", () => {
    assert.deepStrictEqual(
      Object.fromEntries(Object.entries(pages).map(([what, { status }]) => [what, status])),
      {
        SignedIn: 200,
        SignedOut: 410,
        Denied: 200,
        Failed: 400,
        Expired: 410,
        Cancelled: 410,
        AlreadyDone: 200,
        NotThisSignIn: 400
      }
    )
  })

  it("who signed in is named as far as the provider says", () => {
    assert.include(shown(new Account({ name: "Ada", email: "ada@example.com" })), "Ada (ada@example.com) is now")
    assert.include(shown(new Account({ email: "ada@example.com" })), "<p>ada@example.com is now")
    assert.include(shown(new Account({ name: "Ada" })), "<p>Ada is now")
    assert.include(shown(new Account({ sub: "1815" })), "<p>The account is now")
  })

  it("a bare reply has no body to be mistaken for a page, and is not kept", () => {
    const { body, headers, status } = CallbackPages.bare(405, { allow: "GET" })
    assert.deepStrictEqual([status, body], [405, ""])
    assert.deepStrictEqual(headers, {
      "allow": "GET",
      "cache-control": "no-store",
      "x-content-type-options": "nosniff"
    })
  })
})
