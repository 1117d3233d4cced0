/**
 * The resources that the conformance suite's server scenarios ask for, as data for our own server.
 */
import { Effect, Stream } from "effect"
import type { Resource } from "../../src/services/tools/Resource.ts"

const resourceOf = (name: string): Resource<never> => ({
  uri: `test://${name}`,
  name,
  title: "Conformance",
  description: "Asked for by a conformance scenario.",
  mimeType: "application/json",
  read: Effect.succeed({ said: "This is the content of the resource." }),
  changes: Stream.concat(Stream.make(undefined), Stream.never)
})

export const resources = [resourceOf("static-text"), resourceOf("watched-resource")]
