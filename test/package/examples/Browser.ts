// From the docstring of Browser in src/services/sign-in/Browser.ts, by `npm run docs`.
import { Console, Effect, Layer } from "effect"
import { Browser } from "../../../src/index.ts"

const OnTheTerminal = Layer.succeed(Browser, {
  opens: true,
  open: (url) => Console.log(`Please open ${url}`)
})

const program = Effect.flatMap(Browser, ({ open }) => open("https://accounts.example.com/authorize"))

await Effect.runPromise(Effect.provide(program, OnTheTerminal))
// → Please open https://accounts.example.com/authorize
