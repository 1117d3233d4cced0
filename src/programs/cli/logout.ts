/**
 * `mcp-gas logout`: signs out in every window, and revokes the access at the provider.
 */
import { Console, Effect } from "effect"
import { Command } from "effect/cli"
import { loggedOut } from "../tools/authToolAnswers.ts"
import { account, keyOf } from "./options.ts"

export const logout = Command.make(
  "logout",
  { account },
  Effect.fnUntraced(function*({ account: named }) {
    const { message } = yield* loggedOut(yield* keyOf(named))
    yield* Console.log(message)
  })
).pipe(Command.withDescription("Sign out, in every window, and revoke the access at Google"))
