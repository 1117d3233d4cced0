// From the docstring of Scopes.missing in src/services/provider/Scopes.ts, by `npm run docs`.
import { Console, Effect } from "effect"
import { Scopes } from "../../../src/index.ts"

const granted = ["openid", "https://www.googleapis.com/auth/userinfo.email"]

await Effect.runPromise(Console.log(Scopes.missing(["openid", "email", "profile"], granted))) // → [ 'profile' ]
