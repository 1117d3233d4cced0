/**
 * The one error of an import that is about the file, or about the place where what it holds should go.
 */
import { Schema } from "effect"
import type { Explained } from "../Explained.ts"

/** Nothing was imported. Neither sentence repeats anything of the file but the names of the sign-ins in it. */
export class ImportRefused extends Schema.TaggedError<ImportRefused>()("ImportRefused", {
  /** One sentence: what is in the way. */
  problem: Schema.String,
  /** One sentence: what the person can do. */
  remedy: Schema.String
}) implements Explained {
  readonly code = "import_refused"
  override get message(): string {
    return this.problem
  }
}
