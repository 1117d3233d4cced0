/**
 * `mcp-gas completions`: what a shell needs to complete this command.
 */
import { Console, Effect } from "effect"
import { Argument, Command, Completions } from "effect/cli"

const own = Command.make("completions", {
  shell: Argument.Literals("shell", ["bash", "zsh", "fish", "powershell"]).pipe(
    Argument.withDescription("bash, zsh, fish or powershell")
  )
}).pipe(
  Command.withDescription("Print the completions of a shell"),
  Command.withExamples([
    { command: "source <(mcp-gas completions bash)", description: "Complete in this bash from now on" }
  ])
)

/** Prints the completions of the whole command; `whole` makes it with this part of it. */
export const completions = (whole: (part: typeof own) => Command.Command.Any) =>
  Command.withHandler(
    own,
    Effect.fnUntraced(function*({ shell }) {
      const command = whole(own)
      yield* Console.log(Completions.generate(command.name, shell, Completions.fromCommand(command)))
    })
  )
