import { assert, describe, it } from "@effect/vitest"
import { isLoopbackHost, isSafeToOpen } from "../../../src/services/config/LoopbackHost.ts"

describe("isLoopbackHost", () => {
  for (const host of ["127.0.0.1", "127.255.255.255", "127.1.2.3", "localhost", "LOCALHOST", "[::1]"]) {
    it(`${host} is this machine`, () => assert.isTrue(isLoopbackHost(host)))
  }
  const others = ["", "128.0.0.1", "0.0.0.0", "127.0.0.256", "127.0.0.1.evil.example", "localhost.evil.example"]
    .concat(["evil-localhost", "[::]", "[::2]", "::ffff:127.0.0.1", "127.0.0.1\n", "10.127.0.0.1", "127.0.0"])
  for (const host of others) {
    it(`${JSON.stringify(host)} is not`, () => assert.isFalse(isLoopbackHost(host)))
  }
})

describe("isSafeToOpen", () => {
  const safe = ["https://accounts.google.com/o/oauth2/v2/auth?a=b&c=%20d#e", "HTTPS://example.com", "http://[::1]:80/x"]
    .concat(["http://localhost:4000", "http://127.0.0.1/a?b=$(id);c&d='e'", "http://127.1/short-for-127.0.0.1"])
  for (const url of safe) {
    it(`${url} may be opened`, () => assert.isTrue(isSafeToOpen(url)))
  }
  const unsafe = ["", "http://example.com", "http://127.0.0.1.evil.example", "http://localhost@evil.example/"]
    .concat(["file:///etc/passwd", "javascript:alert(1)", "ms-settings:", "ftp://127.0.0.1", "--help", "/etc/passwd"])
    .concat(["https:example.com", "https://", " https://example.com", "https://example.com/a b"])
    .concat(["https://example.com/\u0000", "https://example.com\n--help", "https://[broken"])
  for (const url of unsafe) {
    it(`${JSON.stringify(url)} may not`, () => assert.isFalse(isSafeToOpen(url)))
  }
})
