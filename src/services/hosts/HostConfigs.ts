/**
 * The config files of hosts: what would have to change for this server to be in one, and changing it.
 *
 * Such a file is the person's own, and often holds secrets of other servers. So it is looked at first, changed only as it
 * was seen, and everything that is not this server's entry stays as it is, to the character.
 */
import { Context, type Effect, type Option, type Redacted, Schema } from "effect"
import type { Explained } from "../Explained.ts"
import type { HostId, HostServer } from "./Host.ts"

/** What is there cannot be changed safely: it does not parse, or something else is where the entry belongs. Untouched. */
export class HostConfigMalformed extends Schema.TaggedError<HostConfigMalformed>()("HostConfigMalformed", {
  path: Schema.String,
  /** One sentence, without anything of the file's content. */
  problem: Schema.String,
  /** Where in the file the entry belongs, as a person reads it. */
  place: Schema.String,
  /** What belongs there, with everything around it. */
  snippet: Schema.String
}) implements Explained {
  readonly code = "host_config_malformed"
  override get message(): string {
    return `${this.path} cannot be changed: ${this.problem}`
  }
  get remedy(): string {
    return `Mend the file and try again, or put the entry into it by hand, at ${this.place}.`
  }
}

/** The file is another than the one that was looked at: nothing was written. */
export class HostConfigChanged extends Schema.TaggedError<HostConfigChanged>()("HostConfigChanged", {
  path: Schema.String
}) implements Explained {
  readonly code = "host_config_changed"
  override get message(): string {
    return `${this.path} was changed by something else meanwhile, and was left alone.`
  }
  get remedy(): string {
    return "Try again; it helps to close the host first."
  }
}

/** There is an entry of the name that is not this server's, or has more in it, and nobody has said to replace it. Untouched. */
export class HostEntryTaken extends Schema.TaggedError<HostEntryTaken>()("HostEntryTaken", {
  path: Schema.String,
  /** Where in the file the entry is, as a person reads it. */
  place: Schema.String
}) implements Explained {
  readonly code = "host_entry_taken"
  override get message(): string {
    return `${this.path} has another entry already, at ${this.place}, which was left alone.`
  }
  get remedy(): string {
    return "Look at it, and if it may go, have it replaced with --replace; the file as it was is kept beside it."
  }
}

/** The file system refuses the file or what is done to it; what was there is there. */
export class HostConfigUnavailable extends Schema.TaggedError<HostConfigUnavailable>()("HostConfigUnavailable", {
  /** One sentence: what was run into. */
  problem: Schema.String,
  /** One sentence: what the person can do. */
  remedy: Schema.String,
  cause: Schema.optionalKey(Schema.Defect())
}) implements Explained {
  readonly code = "host_config_unavailable"
  override get message(): string {
    return this.problem
  }
}

/** What stands between a config and the server being in it. The texts are whole files. */
export type HostChange =
  /** The entry is there and says what it should. */
  | { readonly _tag: "Unchanged"; readonly before: Redacted.Redacted<string> }
  /** There is no file. */
  | { readonly _tag: "Create"; readonly after: Redacted.Redacted<string> }
  /** There is a file, without an entry of the name. */
  | { readonly _tag: "Add"; readonly before: Redacted.Redacted<string>; readonly after: Redacted.Redacted<string> }
  /** The entry is there, with other variables: they are brought up to date, and those that are not set anew stay. */
  | { readonly _tag: "Update"; readonly before: Redacted.Redacted<string>; readonly after: Redacted.Redacted<string> }
  /** There is an entry of the name that is another server's, or has more in it than variables: all of that would go. */
  | { readonly _tag: "Replace"; readonly before: Redacted.Redacted<string>; readonly after: Redacted.Redacted<string> }

export interface HostPlan {
  readonly host: HostId
  /** Absolute path of the config, as the host names it: it may be a link. */
  readonly path: string
  readonly exists: boolean
  readonly change: HostChange
  /** Where in the file the entry belongs, as a person reads it. */
  readonly place: string
  /** What a person would put into the file by hand: the entry, with everything around it. Ends without a line break. */
  readonly snippet: string
}

export interface HostWritten {
  /** What was written: the plan's path, or the file that it links to. None if there was nothing to change. */
  readonly file: Option.Option<string>
  /** Where the file as it was before has been kept; none if there was none, or nothing to change. */
  readonly backup: Option.Option<string>
}

export interface HostOptions {
  /** Another file in place of the user's own, such as one of a project: relative to the working directory, or absolute. */
  readonly file: Option.Option<string>
}

export interface HostWriteOptions {
  /** Whether an entry that a plan would replace may go; unless given, it may not. */
  readonly replace?: boolean
}

export class HostConfigs extends Context.Service<HostConfigs, {
  /** What a person would put into the config of a host by hand. Looks at no file. */
  readonly snippet: (host: HostId, server: HostServer) => string
  /**
   * What would have to change in the config of a host for `server` to be in it under the name `gas`. Reads that one file
   * and changes nothing.
   *
   * An entry of this server keeps the variables that `server` does not set, but for another OAuth client. Any other entry
   * of the name is replaced as a whole. Everything else is kept as it stands: other entries, comments, the order of keys,
   * indentation, trailing commas, line ends, a byte order mark. That is checked by parsing both texts; what cannot be done
   * this way is refused. No text of the file is in an error or in the snippet.
   */
  readonly plan: (
    host: HostId,
    server: HostServer,
    options: HostOptions
  ) => Effect.Effect<HostPlan, HostConfigMalformed | HostConfigUnavailable>
  /**
   * Does what a plan says, and nothing if that is `Unchanged`. A `Replace` has to be allowed, or fails with
   * `HostEntryTaken`. The directory is made if it is missing.
   *
   * The file is replaced in one step, so whoever reads it sees all of the old or all of the new, and only if it still is
   * what the plan has seen. It keeps its rights and its owner, and a link stays a link: the file it leads to is changed.
   * Before, what was there is copied beside that file, with the same rights, under a name that tells the time; a copy
   * never takes the place of another. A file that did not exist is made readable for this user alone.
   */
  readonly write: (
    plan: HostPlan,
    options?: HostWriteOptions
  ) => Effect.Effect<HostWritten, HostEntryTaken | HostConfigChanged | HostConfigUnavailable>
}>()("mcp-gas/services/hosts/HostConfigs") {}
