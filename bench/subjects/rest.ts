/**
 * What a whole sign-in has besides the tokens: who it was, and one write to a database. The same for all but this package,
 * which has its own.
 */
import { Effect } from "effect"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"

/** Keeps what a sign-in came to. The write is on the disk when it returns. */
export type Store = (name: string, account: string, tokens: string) => void

/** A database in a folder, which promises what this package's promises of a commit (WAL, `synchronous=FULL`). */
export const storeIn = (home: string) =>
  Effect.map(
    Effect.acquireRelease(
      Effect.sync(() => {
        const db = new DatabaseSync(join(home, "bare.db"))
        db.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL")
        db.exec("CREATE TABLE sessions (name TEXT PRIMARY KEY, account TEXT, tokens TEXT)")
        return db
      }),
      (db) => Effect.sync(() => db.close())
    ),
    (db): Store => {
      const insert = db.prepare("INSERT INTO sessions VALUES (?, ?, ?)")
      return (name, account, tokens) => void insert.run(name, account, tokens)
    }
  )

/** Who the access token belongs to, as the provider has it. */
export const userinfo = async (origin: string, accessToken: string): Promise<string> => {
  const answer = await fetch(`${origin}/userinfo`, { headers: { authorization: `Bearer ${accessToken}` } })
  return answer.text()
}
