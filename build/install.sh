#!/usr/bin/env bash
# Installs what the tests need besides Go, Node.js and make, and says so first.
# It installs only what is missing, only with apt-get, and only where it may
# (as root, or with a sudo that asks no password). Otherwise it fails and names
# the packages.
set -euo pipefail
cd "$(dirname "$0")/.."

have() { command -v "$1" >/dev/null 2>&1; }

missing=()
need() { # need PACKAGE COMMAND…: the package is missing if no command is there
  local package=$1 name
  shift
  for name in "$@"; do
    if have "$name"; then return; fi
  done
  missing+=("$package")
}

for name in go node npm; do
  have "$name" || { echo "install: $name is missing; install Go, Node.js and npm first (CONTRIBUTING.md)" >&2; exit 1; }
done

need git git
need gcc gcc # the race detector needs cgo
[ -e /usr/include/stdlib.h ] || missing+=(libc6-dev)
need strace strace
if [ -z "${DATAI_TEST_POSTGRES:-}" ] && ! build/postgres.sh --find >/dev/null; then
  missing+=(postgresql)
fi
need chromium chromium chromium-browser google-chrome google-chrome-stable
if ! have fc-list || [ -z "$(fc-list :lang=zh)" ]; then
  missing+=(fontconfig fonts-noto-cjk) # pages are measured as Chinese readers see them
fi

if [ ${#missing[@]} -eq 0 ]; then exit 0; fi

as_root=()
if [ "$(id -u)" != 0 ]; then as_root=(sudo -n); fi
if ! have apt-get || { [ "$(id -u)" != 0 ] && ! sudo -n true 2>/dev/null; }; then
  echo "install: the tests need these packages (Debian's names): ${missing[*]}" >&2
  echo "install: install them as root, for example: apt-get install ${missing[*]}" >&2
  exit 1
fi

echo "install: installing with apt-get what the tests need: ${missing[*]}"
export DEBIAN_FRONTEND=noninteractive
install() { "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "${missing[@]}"; }
if ! install >/dev/null 2>&1; then # no list of packages yet, or an old one
  "${as_root[@]}" apt-get update -q
  install
fi
