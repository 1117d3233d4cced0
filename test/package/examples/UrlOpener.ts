// From the docstring of UrlOpener in src/services/sign-in/UrlOpener.ts, by `npm run docs`.
import { Console, Effect } from "effect"
import { defaultAccountKey, FlowId, type UrlOpener } from "../../../src/index.ts"

// For `flows.start(key, { openBrowser: true, opener: byChat })`.
const byChat: UrlOpener = ({ authorizationUrl, key }) =>
  Console.log(`To sign ${key} in, go to ${authorizationUrl}`).pipe(Effect.as("opened" as const))

const page = {
  flowId: FlowId.make("flow-1"),
  key: defaultAccountKey,
  authorizationUrl: "https://accounts.example.com/authorize"
}

await Effect.runPromise(Effect.scoped(byChat(page)))
// → To sign default in, go to https://accounts.example.com/authorize
