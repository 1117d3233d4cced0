/**
 * A disk that is full, for one process and the database of the sign-ins, while a file is there.
 *
 * Every statement that writes a row fails then with what SQLite itself makes of a full disk (SQLITE_FULL), and SQLite undoes
 * what it has done of it. It runs out of room where that can be arranged without being root, and for all processes at once:
 * triggers of this connection, seen by no other, have each write put something into a temporary table for which there is no
 * page left. A file system that is really full would not do: the log that SQLite writes to has room in it for a long time,
 * since it is written from its beginning again and again.
 */
import { existsSync } from "node:fs"
import { DatabaseSync } from "node:sqlite"

const database = "sessions.db"
const writes = ["INSERT", "UPDATE", "DELETE"] as const

/** Has this process look for the file before every statement. */
export const arm = (fullWhile: string): void => {
  const full = new WeakSet<DatabaseSync>()
  const { prepare } = DatabaseSync.prototype

  const tables = (db: DatabaseSync) =>
    prepare.call(db, "SELECT name FROM main.sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'").all()
      .map(({ name }) => String(name))

  const fill = (db: DatabaseSync) => {
    const triggers = tables(db).flatMap((table) =>
      writes.map((write) =>
        `CREATE TEMP TRIGGER full_${table}_${write} BEFORE ${write} ON main.${table}
          BEGIN INSERT INTO temp.quota VALUES (zeroblob(1000000)); END;`
      )
    )
    db.exec(`PRAGMA temp_store = MEMORY; CREATE TEMP TABLE quota (used BLOB); PRAGMA temp.max_page_count = 1;
      ${triggers.join("\n")}`)
    full.add(db)
  }

  const free = (db: DatabaseSync) => {
    const triggers = prepare.call(db, "SELECT name FROM temp.sqlite_master WHERE type = 'trigger'").all()
    for (const { name } of triggers) db.exec(`DROP TRIGGER temp.${String(name)}`)
    db.exec("DROP TABLE temp.quota")
    full.delete(db)
  }

  const look = (db: DatabaseSync) => {
    // What is done inside a transaction would be undone with it.
    if (db.location()?.endsWith(database) !== true || db.isTransaction) return
    const isFull = existsSync(fullWhile)
    if (isFull && !full.has(db)) fill(db)
    else if (!isFull && full.has(db)) free(db)
  }

  // A statement is prepared once and run often.
  DatabaseSync.prototype.prepare = function(...given) {
    const statement = prepare.apply(this, given)
    const { all } = statement
    return Object.assign(statement, {
      all: (...params: Parameters<typeof all>) => {
        look(this)
        return all.apply(statement, params)
      }
    })
  }
}
