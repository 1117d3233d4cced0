#!/usr/bin/env bash
# Publishes the version in package.json to npm, unless it is there: a release that stopped halfway is run again from any
# job. A version that is there without provenance came from no release, and nothing may be built on it.
set -euo pipefail
cd "$(dirname "$0")/.."

package=$(node --print "const { name, version } = require('./package.json'); name + '@' + version")

# An error where there is no such version. If npm could not be asked, the same is said by what comes next.
there=$(npm view "$package" version 2> /dev/null || true)
if [ -z "$there" ]; then
  npm publish --provenance --access public
  exit
fi

attested=$(npm view "$package" dist.attestations)
if [ -z "$attested" ]; then
  echo "$package is on npm without provenance, so no release has put it there. Look into it, and release another version." >&2
  exit 1
fi
echo "$package is on npm already, with provenance: it is not published again."
