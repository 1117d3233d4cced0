/**
 * `mcp-gas completions`: what a shell needs to complete this command.
 */
import { Console, Effect } from "effect"
import { Argument, Command, Completions } from "effect/cli"

/** Prints the completions of `command`. */
export const completions = (command: Command.Command.Any) =>
  Command.make(
    "completions",
    { shell: Argument.Literals("shell", ["bash", "zsh", "fish", "powershell"]) },
    Effect.fnUntraced(function*({ shell }) {
      yield* Console.log(Completions.generate(command.name, shell, Completions.fromCommand(command)))
    })
  ).pipe(
    Command.withDescription("Print the completions of a shell"),
    Command.withExamples([
      { command: "source <(mcp-gas completions bash)", description: "Complete in this bash from now on" }
    ])
  )
