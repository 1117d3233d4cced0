/**
 * An `https:` origin on the loopback address whose certificate nobody has vouched for.
 */
import { Effect } from "effect"
import { createPrivateKey } from "node:crypto"
import { createServer } from "node:https"

/** Good for 127.0.0.1 and for a hundred years; all that is wrong with it is that it has signed itself. */
const certificate =
  "MIIBijCCATCgAwIBAgIUcGBlV2Z23criTgf9Mk0ZmB0ByZQwCgYIKoZIzj0EAwIwETEPMA0GA1UEAwwGbm9ib2R5MCAXDTI2MTEyNjAyMTI0MVoYDzIx" +
  "MjYxMTAyMDIxMjQxWjARMQ8wDQYDVQQDDAZub2JvZHkwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAAQmIj5PTOLSMJE94u5R83ClKqNrBKGKaryFKgnD" +
  "fVwtkf0ys7Q6xzQBJoBPdb4Llo89Ep9aUlc2GAJn4tViemkto2QwYjAdBgNVHQ4EFgQUAZ5wga/mzITQjPDoBPFR6ZTndn4wHwYDVR0jBBgwFoAUAZ5w" +
  "ga/mzITQjPDoBPFR6ZTndn4wDwYDVR0TAQH/BAUwAwEB/zAPBgNVHREECDAGhwR/AAABMAoGCCqGSM49BAMCA0gAMEUCIGey2Msp9+Cf9+I0XvlZOpfv" +
  "4cSFGshHwRUl9YcNQq5SAiEA4NqZh6yGR2IZtt1rtBZ/o7g7FJurNkzgr7mdXunrsFY="

/** The key of that certificate. It opens nothing. */
const key =
  "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgR/6CIywrENEVoEbjvQdzz2sgFTq47cF9PjAYSl8Si1qhRANCAAQmIj5PTOLSMJE94u5R" +
  "83ClKqNrBKGKaryFKgnDfVwtkf0ys7Q6xzQBJoBPdb4Llo89Ep9aUlc2GAJn4tViemkt"

/** `https://127.0.0.1:<port>` until the Scope closes; `visit` is called for each request that gets through. */
export const selfSigned = (visit: () => void) =>
  Effect.acquireRelease(
    Effect.callback<ReturnType<typeof createServer>>((resume) => {
      const server = createServer({
        cert: `-----BEGIN CERTIFICATE-----\n${certificate}\n-----END CERTIFICATE-----\n`,
        key: createPrivateKey({ key: Buffer.from(key, "base64"), format: "der", type: "pkcs8" })
          .export({ format: "pem", type: "pkcs8" })
      }, (_request, response) => {
        visit()
        response.end("{}")
      })
      server.listen(0, "127.0.0.1", () => resume(Effect.succeed(server)))
    }),
    (server) =>
      Effect.callback<void>((resume) => {
        server.close(() => resume(Effect.void))
        server.closeAllConnections()
      })
  ).pipe(Effect.flatMap((server) => {
    const address = server.address()
    return address === null || typeof address === "string"
      ? Effect.die("listening, but not on a port")
      : Effect.succeed(`https://127.0.0.1:${address.port}`)
  }))
