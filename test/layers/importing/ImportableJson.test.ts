import { assert, describe, it } from "@effect/vitest"
import { Effect, Option, Redacted, Struct } from "effect"
import { inspect } from "node:util"
import * as ImportableJson from "../../../src/layers/importing/ImportableJson.ts"
import { clientLabel, type Importable } from "../../../src/services/importing/Importable.ts"

/** In every secret of every file here, and in no answer. */
const hush = "hush"

const decode = (content: unknown, user?: string) =>
  ImportableJson.decode("/a/file", typeof content === "string" ? content : JSON.stringify(content), user)

const plain = (found: Importable) => {
  const { client: { clientId, clientSecret } } = found
  const client = { clientId, clientSecret: Option.getOrUndefined(Option.map(clientSecret, Redacted.value)) }
  if (found._tag === "Client") return client
  const { from, refreshToken, scopes } = found
  return { from, ...client, refreshToken: Redacted.value(refreshToken), scopes }
}

const entry = (name: string) => ({
  type: "authorized_user",
  client_id: `client of ${name}`,
  client_secret: `${hush} secret of ${name}`,
  refresh_token: `${hush} token of ${name}`,
  access_token: `${hush} access`,
  token_type: "Bearer",
  expiry_date: 1_700_000_000_000,
  id_token: `${hush} id`
})

const found = (name: string, from: "clasp" | "gcloud" = "clasp") => ({
  from,
  clientId: `client of ${name}`,
  clientSecret: `${hush} secret of ${name}`,
  refreshToken: `${hush} token of ${name}`,
  scopes: []
})

const secretless = Struct.omit(entry("ada"), ["client_secret"])

const single = {
  token: { access_token: hush, refresh_token: `${hush} token`, scope: "openid email", token_type: "Bearer" },
  oauth2ClientSettings: { clientId: "client", clientSecret: `${hush} secret`, redirectUri: "http://localhost" },
  isLocalCreds: false
}

const read: ReadonlyArray<readonly [what: string, content: unknown, expected: object, user?: string]> = [
  [
    "a client file",
    { installed: { client_id: "client", project_id: "p", client_secret: `${hush} secret`, redirect_uris: [] } },
    { clientId: "client", clientSecret: `${hush} secret` }
  ],
  ["a client file without a secret", { installed: { client_id: "client" } }, {
    clientId: "client",
    clientSecret: undefined
  }],
  ["the usual sign-in of clasp 3", { tokens: { ada: entry("ada"), default: entry("d") } }, found("d")],
  ["the only sign-in of clasp 3, whatever its name is", { tokens: { ada: entry("ada") } }, found("ada")],
  [
    "a sign-in of clasp 3 by its name, beside one that is broken",
    { tokens: { default: { refresh_token: hush }, ada: entry("ada") } },
    found("ada"),
    "ada"
  ],
  [
    "a sign-in of clasp 3 with the name of something that every object has",
    `{"tokens":{"__proto__":${JSON.stringify(entry("p"))}}}`,
    found("p")
  ],
  ["a sign-in of clasp 3 whose client has no secret", { tokens: { default: secretless } }, {
    ...found("ada"),
    clientSecret: undefined
  }],
  ["the sign-in of an earlier clasp", single, {
    from: "clasp",
    clientId: "client",
    clientSecret: `${hush} secret`,
    refreshToken: `${hush} token`,
    scopes: ["openid", "email"]
  }],
  ["application default credentials", { ...entry("ada"), quota_project_id: "a-project" }, found("ada", "gcloud")],
  ["a client with an empty secret as one without", { ...entry("ada"), client_secret: "" }, {
    ...found("ada", "gcloud"),
    clientSecret: undefined
  }]
]

const many = Object.fromEntries(Array.from({ length: 30 }, (__, index) => [`user-${index}`, entry("x")]))
const names = { tokens: { ada: entry("ada"), "grace@example.com": entry("grace") } }

const refused: ReadonlyArray<
  readonly [what: string, content: unknown, problem: RegExp, remedy: RegExp, user?: string]
> = [
  [
    "a client of a web application",
    { web: { client_id: "c", client_secret: hush } },
    /Web application/u,
    /Desktop app/u
  ],
  ["a client file without a client", { installed: { client_secret: hush } }, /"client_id"/u, /again/u],
  [
    "a client file that is larger than one that could be used",
    { installed: { client_id: "c", client_secret: hush.repeat(20_000) } },
    /64 KiB/u,
    /client_secret/u
  ],
  ["sign-ins of clasp 3 of which none is the usual one", names, /several.*"ada", "grace@example.com"/u, /--user/u],
  ["thirty of them, listing twenty", { tokens: many }, /"user-19", and 10 more/u, /--user/u],
  ["a name that none of them has", names, /no sign-in called "bob", but "ada", "grace@example.com"/u, /--user/u, "bob"],
  ["a name that every object has", names, /no sign-in called "toString"/u, /--user/u, "toString"],
  ["a file of clasp 3 in which nobody is signed in", { tokens: {} }, /no sign-in/u, /clasp login/u],
  ["a file of clasp 3 that holds a list", { tokens: hush }, /no sign-in/u, /clasp login/u],
  [
    "a sign-in of clasp 3 without a refresh token",
    { tokens: { default: { client_id: "c" } } },
    /lacks/u,
    /clasp login/u
  ],
  ["the sign-in of an earlier clasp without its client", { token: single.token }, /which client/u, /clasp login/u],
  [
    "the sign-in of an earlier clasp with half of its client",
    { ...single, oauth2ClientSettings: { clientSecret: hush } },
    /lacks/u,
    /clasp login/u
  ],
  ["the sign-in of the earliest clasp", single.token, /which client/u, /clasp 3/u],
  [
    "the key of a service account",
    { type: "service_account", private_key: hush, client_email: "a@b.iam.gserviceaccount.com" },
    /service account/u,
    /mcp-gas login/u
  ],
  ["an external account", { type: "external_account", audience: hush }, /"external_account"/u, /mcp-gas login/u],
  ["credentials of a kind nobody knows", { type: `${hush} kind` }, /another kind/u, /mcp-gas login/u],
  ["credentials without a refresh token", { type: "authorized_user", client_secret: hush }, /lacks/u, /gcloud/u],
  ["JSON of another shape", { password: hush }, /nothing that can be imported/u, /\.clasprc\.json/u],
  ["JSON that is no object", [hush], /nothing that can be imported/u, /\.clasprc\.json/u],
  ["null", null, /nothing that can be imported/u, /\.clasprc\.json/u],
  ["text", `client_secret=${hush}`, /not JSON/u, /\.clasprc\.json/u],
  ["a file that is half written", `{"tokens":{"default":{"refresh_token":"${hush}`, /not JSON/u, /again/u],
  ["a name where there is nothing to choose from", single, /with a name/u, /--user/u, "ada"]
]

describe("ImportableJson", () => {
  for (const [what, content, expected, user] of read) {
    it.effect(`reads ${what}`, () =>
      Effect.gen(function*() {
        const importable = yield* decode(content, user)
        assert.deepStrictEqual<object>(plain(importable), expected)
        assert.notInclude(inspect(importable, { depth: 20, showHidden: true }) + JSON.stringify(importable), hush)
      }))
  }

  for (const [what, content, problem, remedy, user] of refused) {
    it.effect(`refuses ${what}, and repeats nothing of it`, () =>
      Effect.gen(function*() {
        const error = yield* Effect.flip(decode(content, user))
        assert.strictEqual(error._tag, "ImportRefused")
        assert.match(error.message, problem)
        assert.match(error.remedy, remedy)
        assert.notInclude(inspect(error, { depth: 20, showHidden: true }) + String(error.stack), hush)
      }))
  }

  it("a client is labelled by the program it belongs to, if that is known", () => {
    const google = ".apps.googleusercontent.com"
    assert.deepStrictEqual(
      [
        `1072944905499-vm2v2i5dvn0a0d2o4ca36i1vge8cvbn0${google}`,
        `764086051850-6qr4p6gpi6hn506pt8ejuq83di341hur${google}`,
        "mine",
        "toString"
      ].map(clientLabel),
      ["clasp", "gcloud", "mine", "toString"]
    )
  })
})
