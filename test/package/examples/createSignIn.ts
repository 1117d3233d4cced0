// From the docstring of createSignIn in src/programs/embedding/createSignIn.ts, by `npm run docs`.
import assert from "node:assert/strict"
import { createSignIn } from "../../../src/promise.ts"

const signIn = createSignIn({
  name: "acme-mcp",
  issuer: "https://accounts.example.com",
  clientId: "my-client",
  scopes: ["openid", "email"],
  storage: "memory"
})

const { authenticated } = await signIn.status()
assert.equal(authenticated, false)
await assert.rejects(signIn.accessToken(), { code: "sign_in_required" })
await signIn.close()
