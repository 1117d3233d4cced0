/**
 * What can be done to an account, from outside: by callers in the windows, by a person, by somebody else, by time and by the
 * system.
 */
import { Schema } from "effect"

export type Window = 0 | 1
export type Windows = readonly [Window, ...ReadonlyArray<Window>]

const of = <Tag extends string>(tag: Tag, windows: Windows) =>
  Schema.TaggedStruct(tag, { window: Schema.Literals(windows) })

/** Where there are these windows. */
export const commandIn = (...windows: Windows) => {
  /** Somebody asks to be signed in, and waits for that; where somebody has asked before, joins them. */
  const start = of("Start", windows)
  /** The person says yes at the newest address there is, and the browser goes where it is sent. */
  const callback = Schema.TaggedStruct("Callback", {})
  return Schema.Union([
    start,
    callback,
    /** One of those who wait goes away: counted from the first one, and round again. */
    Schema.TaggedStruct("Leave", { caller: Schema.Literals([0, 1, 2]) }),
    /** The person says no. */
    Schema.TaggedStruct("Deny", {}),
    /** Somebody answers in the person's place, with a state that is none of this sign-in. */
    Schema.TaggedStruct("Forge", { says: Schema.Literals(["yes", "no"]) }),
    /** The person says yes, and pastes into a window where the browser was sent. */
    of("Paste", windows),
    of("Cancel", windows),
    of("Logout", windows),
    /** The token is refused, and another one asked for. */
    of("Refresh", windows),
    /** More time passes than a person has, or than a token lasts. */
    Schema.TaggedStruct("Expire", {}),
    /** SIGTERM, and another process in its place. */
    of("Restart", windows),
    /** SIGKILL, and another process in its place. */
    of("Kill", windows),
    // Oftener than the rest: without them there is nothing that the others could be done to.
    start,
    start,
    start,
    start,
    start,
    callback,
    callback
  ])
}
export type Command = ReturnType<typeof commandIn>["Type"]

/** What may show the same, and is easier to read. */
export const simpler = (command: Command): ReadonlyArray<Command> => [
  ...command._tag === "Paste" ? [{ _tag: "Callback" as const }] : [],
  ...command._tag === "Kill" ? [{ ...command, _tag: "Restart" as const }] : [],
  ..."window" in command && command.window === 1 ? [{ ...command, window: 0 as const }] : [],
  ..."says" in command && command.says === "no" ? [{ ...command, says: "yes" as const }] : [],
  ..."caller" in command && command.caller > 0 ? [{ ...command, caller: 0 as const }] : []
]

/** Of two windows, the first one that a command is given to is the first. */
export const inOrder = (commands: ReadonlyArray<Command>): ReadonlyArray<Command> => {
  const first = commands.find((command) => "window" in command)
  return first !== undefined && "window" in first && first.window === 1
    ? commands.map((command) => "window" in command ? { ...command, window: command.window === 1 ? 0 : 1 } : command)
    : commands
}

export const textOf = ({ _tag, ...data }: Command): string => [_tag, ...Object.values(data)].join(" ")
