/**
 * Comparing scopes that were asked for with scopes that were granted.
 */

/** Google answers a request for the short OpenID scopes with these longer names for them. */
const synonyms: Readonly<Record<string, string>> = {
  email: "https://www.googleapis.com/auth/userinfo.email",
  profile: "https://www.googleapis.com/auth/userinfo.profile"
}

/** What tells who signs in, and permits nothing else: by its short name and its long one. */
export const signIn: ReadonlyArray<string> = ["openid", ...Object.keys(synonyms), ...Object.values(synonyms)]

/** Says that something may go on after the person left; not a permission, and granted without being mentioned. */
const unmentioned = "offline_access"

/**
 * The scopes of `requested` that `granted` does not cover, in their order.
 *
 * @example
 * ```ts
 * import { Console, Effect } from "effect"
 * import { Scopes } from "mcp-gas"
 *
 * const granted = ["openid", "https://www.googleapis.com/auth/userinfo.email"]
 *
 * await Effect.runPromise(Console.log(Scopes.missing(["openid", "email", "profile"], granted))) // → [ 'profile' ]
 * ```
 */
export const missing = (
  requested: ReadonlyArray<string>,
  granted: ReadonlyArray<string>
): ReadonlyArray<string> => {
  const has = (scope: string | undefined) => scope !== undefined && granted.includes(scope)
  return requested.filter((scope) => scope !== unmentioned && !has(scope) && !has(synonyms[scope]))
}
