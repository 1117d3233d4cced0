/**
 * The scripted person as an HTTP client: reads the local Google's consent page like a browser without a screen.
 */
import { Effect, Layer, Ref } from "effect"
import { type Cookies, FetchHttpClient, HttpClient, HttpClientRequest, type HttpClientResponse } from "effect/http"
import { type ConsentAnswer, Person, PersonLost } from "../../services/local-google/Person.ts"

const maxRedirects = 10

const entities: Readonly<Record<string, string>> = {
  "&lt;": "<",
  "&gt;": ">",
  "&quot;": "\"",
  "&#39;": "'",
  "&amp;": "&"
}

const unescape = (text: string): string =>
  text.replace(/&(?:lt|gt|quot|#39|amp);/g, (entity) => entities[entity] ?? entity)

const attribute = (tag: string, name: string): string | undefined => {
  const value = new RegExp(`\\s${name}\\s*=\\s*(?:"([^"]*)"|'([^']*)'|([^\\s>]+))`, "i").exec(tag)
  const found = value?.[1] ?? value?.[2] ?? value?.[3]
  return found === undefined ? undefined : unescape(found)
}

/** What a page says in words: its status, its heading and the first paragraph after that. */
const saying = (status: number, html: string): string => {
  const heading = /<h1\b[^>]*>([^]*?)<\/h1>/i.exec(html)
  const paragraph = /<p\b[^>]*>([^]*?)<\/p>/i.exec(html.slice(heading?.index ?? 0))
  const words = [heading?.[1], paragraph?.[1]].filter((part) => part !== undefined)
    .map((part) => unescape(part.replace(/<[^>]*>/g, "")))
  return `a page with status ${status}${words.length === 0 ? "" : ` that says "${words.join(" ")}"`}`
}

interface ConsentForm {
  readonly action: string
  readonly accounts: ReadonlyArray<{ readonly email: string; readonly checked: boolean }>
  readonly scopes: ReadonlyArray<string>
}

const parseForm = (html: string): ConsentForm | undefined => {
  const form = /<form\b[^>]*>/i.exec(html)?.[0]
  if (form === undefined) return undefined
  const inputs = html.match(/<input\b[^>]*>/gi) ?? []
  const named = (name: string) => inputs.filter((input) => attribute(input, "name") === name)
  const accounts = named("account").map((input) => ({
    email: attribute(input, "value") ?? "",
    checked: /\schecked(?:[\s=>]|$)/i.test(input)
  }))
  if (accounts.length === 0) return undefined
  return {
    action: attribute(form, "action") ?? "",
    accounts,
    scopes: named("scope").map((input) => attribute(input, "value") ?? "")
  }
}

/** What the browser would send for this answer. */
const fill = Effect.fnUntraced(function*(form: ConsentForm, answer: ConsentAnswer) {
  if (answer._tag === "Deny") return [["action", "deny"]] as const
  const account = answer.email === undefined
    ? form.accounts.find(({ checked }) => checked) ?? form.accounts[0]
    : form.accounts.find(({ email }) => email === answer.email)
  if (account === undefined) {
    return yield* new PersonLost({ step: "choose the account", found: `no account ${answer.email ?? ""} on the page` })
  }
  const unticked = answer.untick ?? []
  const missing = unticked.find((scope) => !form.scopes.includes(scope))
  if (missing !== undefined) {
    return yield* new PersonLost({ step: "un-tick a permission", found: `no box for ${missing} on the page` })
  }
  return [
    ["action", "allow"],
    ["account", account.email],
    ...form.scopes.filter((scope) => !unticked.includes(scope)).map((scope) => ["scope", scope] as const)
  ] as const
})

/** Where a response sends the browser, if it does. */
const redirectOf = (response: HttpClientResponse.HttpClientResponse, from: string): string | undefined => {
  const location = response.status >= 300 && response.status < 400 ? response.headers["location"] : undefined
  return location === undefined ? undefined : URL.parse(location, from)?.href
}

const read = (step: string, page: HttpClientResponse.HttpClientResponse) =>
  Effect.mapError(page.text, () => new PersonLost({ step, found: "a page that broke off" }))

/** The page at the end of a chain of redirects, or the address where `isEnd` said to stop. */
interface Walk {
  readonly url: string
  readonly page: HttpClientResponse.HttpClientResponse | undefined
}

/**
 * Provides `Person`. Each consent and each visit has its own cookies, as a fresh private window has. Needs an
 * `HttpClient` that leaves redirects alone or is the fetch one. No request shows up in traces: their addresses hold
 * codes and states.
 */
export const layer: Layer.Layer<Person, never, HttpClient.HttpClient> = Layer.effect(
  Person,
  Effect.gen(function*() {
    const http = yield* HttpClient.HttpClient

    const browser = Effect.gen(function*() {
      const cookies = yield* Ref.make<ReadonlyArray<Cookies.Cookie>>([])
      const client = http.pipe(
        HttpClient.withCookiesRef(cookies),
        HttpClient.mapRequest(HttpClientRequest.accept("text/html"))
      )
      const load = (step: string, request: HttpClientRequest.HttpClientRequest) =>
        client.execute(request).pipe(
          Effect.provideService(FetchHttpClient.RequestInit, { redirect: "manual" }),
          Effect.provideService(HttpClient.TracerDisabledWhen, () => true),
          Effect.provideService(HttpClient.TracerPropagationEnabled, false),
          Effect.mapError((error) => new PersonLost({ step, found: `no answer (${error.reason._tag})` }))
        )
      return Effect.fnUntraced(function*(
        step: string,
        first: HttpClientRequest.HttpClientRequest,
        isEnd: (url: string) => boolean
      ) {
        let request = first
        for (let redirects = 0; redirects <= maxRedirects; redirects++) {
          const response = yield* load(step, request)
          const next = redirectOf(response, request.url)
          if (next === undefined) return { url: request.url, page: response } satisfies Walk
          if (isEnd(next)) return { url: next, page: undefined } satisfies Walk
          request = HttpClientRequest.get(next)
        }
        return yield* new PersonLost({ step, found: `more than ${maxRedirects} redirects` })
      })
    })

    return Person.of({
      consent: Effect.fn("Person.consent")(function*(authorizationUrl, answer) {
        const redirectUri = URL.parse(authorizationUrl)?.searchParams.get("redirect_uri")
        const end = URL.parse(redirectUri ?? "")
        if (end === null) {
          return yield* new PersonLost({ step: "read the authorization URL", found: "no redirect_uri in it" })
        }
        const isEnd = (url: string) => {
          const { origin, pathname } = new URL(url)
          return origin === end.origin && pathname === end.pathname
        }
        const walk = yield* browser
        const asked = yield* walk("open the consent page", HttpClientRequest.get(authorizationUrl), isEnd)
        if (asked.page === undefined) return asked.url
        const html = yield* read("read the consent page", asked.page)
        const form = asked.page.status === 200 ? parseForm(html) : undefined
        if (form === undefined) {
          return yield* new PersonLost({ step: "find the consent form", found: saying(asked.page.status, html) })
        }
        const fields = yield* fill(form, answer)
        const action = new URL(form.action === "" ? asked.url : form.action, asked.url).href
        const answered = yield* walk(
          "answer the consent page",
          HttpClientRequest.post(action).pipe(HttpClientRequest.bodyUrlParams(fields)),
          isEnd
        )
        if (answered.page === undefined) return answered.url
        const after = yield* read("read what followed", answered.page)
        return yield* new PersonLost({ step: "return to the app", found: saying(answered.page.status, after) })
      }),
      visit: Effect.fn("Person.visit")(function*(url) {
        const walk = yield* browser
        const { page, url: at } = yield* walk("open the page", HttpClientRequest.get(url), () => false)
        if (page === undefined) return yield* Effect.die(new Error("stopped without a reason to stop"))
        return { url: at, status: page.status, text: yield* read("read the page", page) }
      })
    })
  })
)
