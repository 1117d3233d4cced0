/**
 * `gas_auth` served to an MCP client of the SDK in this process, over the real engine with a fake provider and a fake browser.
 */
import {
  type ClientCapabilities,
  ElicitationCompleteNotificationSchema,
  ElicitRequestSchema,
  type ElicitResult,
  ProgressNotificationSchema
} from "@modelcontextprotocol/sdk/types.js"
import { Effect, Layer, Queue, Schema } from "effect"
import { Aead } from "effect/crypto"
import * as BrowserNone from "../../src/layers/sign-in/BrowserNone.ts"
import * as DefaultAccountMemory from "../../src/layers/storage/DefaultAccountMemory.ts"
import * as VaultAead from "../../src/layers/storage/VaultAead.ts"
import * as VaultKeysMemory from "../../src/layers/storage/VaultKeysMemory.ts"
import { authStatus } from "../../src/programs/resources/authStatus.ts"
import { gasAccounts } from "../../src/programs/tools/gasAccounts.ts"
import { gasAuth } from "../../src/programs/tools/gasAuth.ts"
import { serving } from "./mcpInMemory.ts"
import { layerSignIn } from "./signIn.ts"

/** Everything behind `gas_auth`. `opens` says whether there is a browser to open the page. */
export const layer = ({ opens = true } = {}) =>
  VaultAead.layer.pipe(
    Layer.provide([VaultKeysMemory.layer, Aead.layerWebCrypto]),
    Layer.provideMerge(layerSignIn()),
    Layer.provideMerge(DefaultAccountMemory.layer),
    (signIn) => opens ? signIn : Layer.merge(signIn, BrowserNone.layer)
  )

/** The question that the client was asked, and how it is answered. */
export interface Question {
  readonly id: string
  readonly url: string
  readonly message: string
  readonly answer: (action: ElicitResult["action"]) => Effect.Effect<void>
  /** Answers with an error of the protocol that says this. */
  readonly fail: (what: string) => Effect.Effect<void>
}

const Answer = Schema.Record(Schema.String, Schema.Unknown)
const parse = Schema.decodeUnknownSync(Schema.fromJsonString(Answer))

const answerOf = (result: { readonly [key: string]: unknown }) => {
  const [block] = Array.isArray(result["content"]) ? result["content"] : []
  return { isError: result["isError"] === true, output: parse(block?.text) }
}

/** A client with these capabilities, connected. */
export const connect = Effect.fnUntraced(function*(capabilities: ClientCapabilities) {
  const services = yield* Effect.context<Layer.Success<ReturnType<typeof layer>>>()
  const server = yield* serving(
    { tools: [gasAuth, gasAccounts], resources: [authStatus] },
    Effect.succeed(services),
    capabilities
  )
  const { client } = server
  const questions = yield* Queue.unbounded<Question>()
  const completed = yield* Queue.unbounded<string>()
  const progress = yield* Queue.unbounded<{ readonly progress: number; readonly message: string | undefined }>()
  if (capabilities.elicitation !== undefined) {
    client.setRequestHandler(ElicitRequestSchema, ({ params }) => {
      if (params.mode !== "url") throw new Error("No form was expected.")
      const { elicitationId, message, url } = params
      return new Promise<ElicitResult>((resolve, reject) => {
        Queue.offerUnsafe(questions, {
          id: elicitationId,
          url,
          message,
          answer: (action) => Effect.sync(() => resolve({ action })),
          fail: (what) => Effect.sync(() => reject(new Error(what)))
        })
      })
    })
  }
  client.setNotificationHandler(
    ElicitationCompleteNotificationSchema,
    ({ params }) => void Queue.offerUnsafe(completed, params.elicitationId)
  )
  client.setNotificationHandler(
    ProgressNotificationSchema,
    ({ params }) => void Queue.offerUnsafe(progress, { progress: params.progress, message: params.message })
  )
  yield* server.connect
  return {
    ...server,
    questions,
    completed,
    progress,
    /** What `gas_accounts` answers. */
    accounts: (args: Readonly<Record<string, unknown>> = {}) =>
      Effect.map(
        Effect.promise(() => client.callTool({ name: "gas_accounts", arguments: args })),
        (result) => answerOf(result)
      ),
    /** What `gas_auth` answers; `token` is a progress token to ask for news with. */
    auth: (args: Readonly<Record<string, unknown>> = {}, token?: string) =>
      Effect.promise((signal) =>
        client.callTool(
          { name: "gas_auth", arguments: args, ...(token === undefined ? {} : { _meta: { progressToken: token } }) },
          undefined,
          { signal, timeout: 600_000 }
        )
      ).pipe(Effect.map(answerOf))
  }
})
