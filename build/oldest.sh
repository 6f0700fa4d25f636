#!/usr/bin/env bash
# oldest.sh prints the path of Chromium 109, the oldest browser that is
# supported, and fetches it once: the npm package @sparticuz/chromium (MIT) packs
# the program of that version for x86-64. It prints nothing on other machines.
set -euo pipefail
version=109.0.6
sum=f614c4d370d79eb5938863697e32df9868487e689501ead23e29c36fec796c174ce0a1783cc335359d00f95ed629ace803e09ab125ffa2c1caf0ad0cb8eeaeaa
if [ "$(uname -sm)" != "Linux x86_64" ]; then exit 0; fi
dir=${XDG_CACHE_HOME:-$HOME/.cache}/datai/chromium-$version
if [ ! -x "$dir/chromium" ]; then
  work=$(mktemp -d)
  trap 'rm -rf "$work"' EXIT
  (cd "$work" && npm pack --silent "@sparticuz/chromium@$version" >/dev/null)
  echo "$sum  $work/sparticuz-chromium-$version.tgz" | sha512sum --check --quiet >&2
  tar -xzf "$work/sparticuz-chromium-$version.tgz" -C "$work" package/bin/chromium.br
  node -e 'const fs = require("fs"), zlib = require("zlib"), [from, to] = process.argv.slice(1);
    fs.writeFileSync(to, zlib.brotliDecompressSync(fs.readFileSync(from)), { mode: 0o755 });' \
    "$work/package/bin/chromium.br" "$work/chromium"
  mkdir -p "$dir"
  mv "$work/chromium" "$dir/chromium"
fi
echo "$dir/chromium"
