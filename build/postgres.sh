#!/usr/bin/env bash
# postgres.sh COMMAND… runs COMMAND with DATAI_TEST_POSTGRES set to the URL of a
# PostgreSQL server of its own, which ends with the command. If the variable is
# set already, that server is used and none is started.
# postgres.sh --find prints the folder of PostgreSQL's server programs.
set -euo pipefail

find_bin() { # also where Debian keeps the server programs, outside PATH
  local dir
  for dir in "$(dirname "$(command -v initdb 2>/dev/null || echo /nowhere/initdb)")" \
    "$(pg_config --bindir 2>/dev/null || true)" \
    $(printf '%s\n' /usr/lib/postgresql/*/bin | sort -rV); do
    if [ -x "$dir/initdb" ] && [ -x "$dir/pg_ctl" ] && [ -x "$dir/postgres" ]; then
      echo "$dir"
      return
    fi
  done
  return 1
}

if [ "${1:-}" = --find ]; then
  find_bin
  exit
fi
if [ -n "${DATAI_TEST_POSTGRES:-}" ]; then
  echo "postgres: using the server that DATAI_TEST_POSTGRES names"
  exec "$@"
fi

bin=$(find_bin) || { echo "postgres: no server programs found; install the package postgresql" >&2; exit 1; }
dir=$(mktemp -d "${TMPDIR:-/tmp}/datai-postgres.XXXXXX")
child=

as_owner=() # PostgreSQL refuses to run as root
if [ "$(id -u)" = 0 ]; then
  owner=postgres
  id "$owner" >/dev/null 2>&1 || owner=nobody
  chown "$owner" "$dir"
  as_owner=(setpriv "--reuid=$owner" "--regid=$(id -g "$owner")" --clear-groups)
fi
server() { (cd "$dir" && "${as_owner[@]}" env -u PGDATA -u PGHOST -u PGPORT -u PGUSER HOME="$dir" "$@"); }

cleanup() {
  trap '' INT TERM HUP
  if [ -n "$child" ]; then kill -TERM -- "-$child" 2>/dev/null || true; fi
  server "$bin/pg_ctl" stop -D "$dir/data" -m immediate -s >/dev/null 2>&1 || true
  rm -rf "$dir"
}
trap cleanup EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

# Loopback and a random password, as the machine may have other users. The
# server sorts as a Chinese one does, so that a forgotten COLLATE "C" shows.
password=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
printf '%s\n' "$password" >"$dir/password"
chmod 644 "$dir/password" # the folder itself is closed to others
locale=(--locale=C.UTF-8)
if "$bin/initdb" --help | grep -q -e --icu-locale; then
  locale+=(--locale-provider=icu --icu-locale=zh-CN)
fi
server "$bin/initdb" -D "$dir/data" -U datai -E UTF8 "${locale[@]}" -A scram-sha-256 \
  --pwfile="$dir/password" --no-sync >"$dir/initdb.log" 2>&1 || { cat "$dir/initdb.log" >&2; exit 1; }

start() { # on a random port; a taken one is found out by the failed start
  local try
  for try in 1 2 3 4 5; do
    port=$((20000 + RANDOM % 12000))
    # Not durable on purpose: fast, and for tests only.
    if server "$bin/pg_ctl" start -w -s -D "$dir/data" -l "$dir/server.log" -o \
      "-p $port -c listen_addresses=127.0.0.1 -c unix_socket_directories='' -c fsync=off -c synchronous_commit=off -c full_page_writes=off -c max_connections=200" \
      >/dev/null 2>&1; then return; fi
  done
  cat "$dir/server.log" >&2
  return 1
}
start
export DATAI_TEST_POSTGRES="postgres://datai:$password@127.0.0.1:$port/postgres?sslmode=disable"
echo "postgres: started $("$bin/postgres" --version | sed 's/.*) //') on 127.0.0.1:$port"

# The command gets a process group of its own, so that an interrupt ends it and
# everything it started before the server goes.
set -m
"$@" &
child=$!
set +m
status=0
wait "$child" || status=$?
child=
exit "$status"
