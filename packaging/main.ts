/**
 * Makes the MCPB bundle in `dist` and says where it is.
 */
import { NodeRuntime, NodeServices } from "@effect/platform-node"
import { Console, Effect, Layer } from "effect"
import * as ServerProcessMcpStdio from "../src/layers/tools/ServerProcessMcpStdio.ts"
import * as Bundle from "./bundle.ts"

Bundle.make(Bundle.usualPlace).pipe(
  Effect.flatMap((place) => Console.log(place)),
  Effect.tapError(({ message }) => Console.error(message)),
  Effect.tapDefect((defect) => Console.error(defect)),
  Effect.provide(Layer.merge(ServerProcessMcpStdio.layer, NodeServices.layer)),
  NodeRuntime.runMain({ disableErrorReporting: true })
)
