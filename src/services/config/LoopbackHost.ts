/**
 * Which hosts are this machine, and which URLs may be shown to a browser.
 *
 * One place for both questions, because every exception from `https:` that this package makes is made for a loopback
 * host and for nothing else.
 */

/**
 * Whether a host name, as `URL.hostname` spells it, means this machine without asking a name server: 127.0.0.0/8,
 * `[::1]`, or `localhost`. A name that merely resolves to the loopback address does not count, since its owner can
 * point it elsewhere.
 */
export const isLoopbackHost = (hostname: string): boolean =>
  /^(?:localhost|\[::1\]|127(?:\.(?:25[0-5]|2[0-4]\d|1?\d?\d)){3})$/i.test(hostname)

/** Whether what is exchanged with this URL stays private: `https:`, or `http:` on a loopback host. */
export const isSecureUrl = (url: URL): boolean =>
  url.protocol === "https:" || (url.protocol === "http:" && isLoopbackHost(url.hostname))

/**
 * Whether a text may be handed to a browser as a URL, just as it stands: an absolute `https:` URL, or an `http:` URL of
 * a loopback host, without white space or control characters. Such a text can be taken neither for an option of the
 * program it is passed to, nor for a file, nor for a scheme that starts something else than a page.
 */
export const isSafeToOpen = (text: string): boolean => {
  if (!/^https?:\/\/[^\s\p{Cc}]+$/iu.test(text)) return false
  const url = URL.parse(text)
  return url !== null && isSecureUrl(url)
}
