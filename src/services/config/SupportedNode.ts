/**
 * Which versions of Node this package runs on. Imports nothing: it is asked before anything else is loaded.
 */

/** The oldest that has all that is used, as in `engines` of package.json. */
export const oldestNode = "22.19"

/** Whether a Node of this version, without a `v`, has all of it. */
export const isSupported = (node: string): boolean => {
  const [major = 0, minor = 0] = node.split(".").map(Number)
  const [oldestMajor = 0, oldestMinor = 0] = oldestNode.split(".").map(Number)
  return major > oldestMajor || (major === oldestMajor && minor >= oldestMinor)
}
