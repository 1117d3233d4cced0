import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js"
import { StdioServerTransport } from "@modelcontextprotocol/sdk/server/stdio.js"
import { createSignIn } from "mcp-gas/promise"

const { ACME_CLIENT_ID = "", ACME_CLIENT_SECRET, ACME_HOME, ACME_ISSUER = "https://accounts.acme.example" } =
  process.env
const signIn = createSignIn({
  name: "acme-mcp",
  issuer: ACME_ISSUER,
  clientId: ACME_CLIENT_ID,
  scopes: ["openid", "email"],
  ...(ACME_CLIENT_SECRET && { clientSecret: ACME_CLIENT_SECRET }),
  ...(ACME_HOME && { directory: ACME_HOME })
})

const server = new McpServer({ name: "acme-mcp", version: "1.0.0" })
await signIn.authTool("acme_auth", { service: "Acme" }).register(server)

server.registerTool("acme_whoami", { description: "Who is signed in at Acme." }, async () => {
  const token = await signIn.accessToken()
  const answer = await fetch(`${ACME_ISSUER}/v1/userinfo`, { headers: { authorization: `Bearer ${token}` } })
  return { content: [{ type: "text", text: await answer.text() }] }
})

await server.connect(new StdioServerTransport())
process.stdin.once("end", () => signIn.close())
