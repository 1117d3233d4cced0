/**
 * Numbers as databases give them.
 */
import { Schema, SchemaGetter } from "effect"

/** BIGINT comes as text, or as a bigint, from drivers that mind its size. */
export const BigInteger = Schema.Union([Schema.Finite, Schema.NonEmptyString, Schema.BigInt]).pipe(
  Schema.decodeTo(Schema.Int, { decode: SchemaGetter.transform(Number), encode: SchemaGetter.passthrough() })
)
