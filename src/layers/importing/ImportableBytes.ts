/**
 * Reading a file that another program, or the person, has put somewhere. It is read once, to a limit, and never written.
 */
import { Effect, type FileSystem, type PlatformError, Stream } from "effect"
import { ImportRefused } from "../../services/importing/ImportRefused.ts"
import { quote } from "../config/ConfigEnvSettings.ts"

/** More than any file that can be imported has. */
const largest = 1024 * 1024

const tooLarge = (file: string) =>
  new ImportRefused({
    problem: `${quote(file)} is larger than 1 MiB, so it holds nothing that can be imported.`,
    remedy: "Check the path: a client file or a file of sign-ins has a few kilobytes."
  })

const unreadable = (file: string) => ({ reason }: PlatformError.PlatformError): ImportRefused => {
  switch (reason._tag) {
    case "NotFound":
      return new ImportRefused({ problem: `There is no file at ${quote(file)}.`, remedy: "Correct the path." })
    case "PermissionDenied":
      return new ImportRefused({
        problem: `${quote(file)} may not be read by this user.`,
        remedy: "Make the file readable for yourself."
      })
    default:
      return new ImportRefused({
        problem: `${quote(file)} could not be read (${reason._tag}).`,
        remedy: "Check the path, and that the file can be read on this machine."
      })
  }
}

/** What is in the file; fails if that is more than a mebibyte, or if it is no regular file. */
export const read = Effect.fnUntraced(function*(
  fs: FileSystem.FileSystem,
  file: string
): Effect.fn.Return<Uint8Array<ArrayBuffer>, ImportRefused> {
  // Looked at before it is opened: reading a pipe waits for whoever writes to it, perhaps for ever.
  const { type } = yield* Effect.mapError(fs.stat(file), unreadable(file))
  if (type !== "File") {
    return yield* new ImportRefused({
      problem: `${quote(file)} is ${type === "Directory" ? "a directory" : "not a regular file"}.`,
      remedy: "Give the path of the file itself."
    })
  }
  // Never more than one byte too many, whatever size it tells: it may be growing, and some files tell none.
  const parts = yield* Effect.mapError(
    Stream.runCollect(fs.stream(file, { bytesToRead: largest + 1 })),
    unreadable(file)
  )
  const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const part of parts) {
    bytes.set(part, at)
    at += part.length
  }
  return bytes.length > largest ? yield* tooLarge(file) : bytes
})
