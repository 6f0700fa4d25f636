#!/usr/bin/env bash
# test.sh [STAGE…] runs the named stages, or all of them in the order below. A
# stage that fails does not stop those after it; the end lists them all.
set -uo pipefail
cd "$(dirname "$0")/.."

stages=(build gofmt generated vet lint typescript race test e2e oldest fuzz)
lint_version=v2.15.0

# The race detector costs minutes of compiling and running, so it watches the
# packages that share memory between goroutines.
racy='^datai/(match|store|matchmaker|intake|web|cmd/datai)(/|$)'

# What runs whole programs, hundreds of times, runs them as they are built for
# people; what they share inside one process the other tests watch.
whole='^(TestScripts|TestKilledServer)$'

# SQLite is C turned into Go: what it does with its memory is not ours to watch,
# and watching it takes three times as long. Neither package has type parameters,
# whose code it would share with packages that are watched.
unwatched=(-gcflags='modernc.org/sqlite/lib=-race=false -d=checkptr=0' -gcflags='modernc.org/memory=-race=false -d=checkptr=0')

# One way of compiling serves all stages but race and fuzz.
export CGO_ENABLED=0
export TZ=Asia/Shanghai # any other zone than UTC: a forgotten conversion shows

stage_build() { make -s --no-print-directory assets && go build -o bin/ ./cmd/...; }

go_files() { # not those of npm packages or of test data
  find . \( -name node_modules -o -name testdata -o -name '.?*' \) -prune -o -name '*.go' -print0
}

stage_gofmt() {
  local files
  files=$(go_files | xargs -0 gofmt -l) || return
  if [ -n "$files" ]; then
    echo "not formatted; run gofmt -w on:"
    echo "$files"
    return 1
  fi
}

templ_sums() { # of the generated files, and the names of those to generate
  find . -name node_modules -prune -o \( -name '*_templ.go' -exec sha256sum {} + \) -o \
    \( -name '*.templ' -print \) | LC_ALL=C sort
}

stage_generated() { # templ also removes what has no source any more
  local before after
  before=$(templ_sums)
  go tool templ generate || return
  after=$(templ_sums)
  if [ "$before" != "$after" ]; then
    echo "the generated code was out of date; it is regenerated now, commit it:"
    diff <(echo "$before") <(echo "$after")
    return 1
  fi
}

stage_vet() { go vet ./...; }

stage_lint() { # built once for a version of Go, then kept
  local dir
  dir=${XDG_CACHE_HOME:-$HOME/.cache}/datai/golangci-lint-$lint_version-$(go env GOVERSION)
  if [ ! -x "$dir/golangci-lint" ]; then
    echo "building golangci-lint $lint_version, once"
    GOBIN=$dir go install "github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$lint_version" || return
  fi
  "$dir/golangci-lint" run ./...
}

stage_typescript() {
  if [ ! -e web/assets/package.json ]; then
    echo "no web/assets/package.json, so there are no scripts to check"
    return
  fi
  make -s --no-print-directory web/assets/node_modules/.package-lock.json && (cd web/assets && npx --no-install tsc --noEmit -p .)
}

packages() { # packages -e PATTERN or -v -e PATTERN, as for grep
  go list ./... | grep -E "$@"
}

stage_race() { packages -e "$racy" | CGO_ENABLED=1 xargs -r go test -race "${unwatched[@]}" -timeout 20m -skip "$whole"; }
stage_test() {
  local failed=0
  packages -v -e "$racy" -e '^datai/e2e(/|$)' | xargs -r go test -timeout 10m || failed=1
  go test -timeout 20m -run "$whole" ./cmd/datai || failed=1
  return $failed
}
stage_e2e() { packages -e '^datai/e2e(/|$)' | xargs -r go test -timeout 10m -count 1; }

# What people do most, in the oldest browser that is supported.
stage_oldest() {
  local browser
  browser=$(build/oldest.sh) || return
  if [ -z "$browser" ]; then
    echo "there is no Chromium 109 for this machine; nothing ran"
    return
  fi
  go test ./e2e -timeout 10m -count 1 -run 'TestAnswersComeAsOneTypes|TestWithoutScripts|TestKeyboardAlone|TestFiltersActAtOnce|TestOfficerBringsASheetToTheShelf|TestAVisitorAsksOnAPhone|TestATermRanksAtOnce' -args -browser "$browser"
}

# What Go before 1.27 may say of a target at the end of its time (https://go.dev/issue/75804): nothing was found.
time_is_up=$'\n    context deadline exceeded\nFAIL'

fuzz_one() { # fuzz_one PROGRAM FOLDER NAME, with one worker
  local out status
  out=$(cd "$2" && "$1" -test.run '^$' -test.fuzz "^$3\$" -test.fuzztime "${FUZZTIME:-10s}" -test.parallel 1 -test.fuzzminimizetime 1s -test.fuzzcachedir "$(go env GOCACHE)/fuzz/$2" 2>&1)
  status=$?
  printf '%s %s\n%s\n' "$2" "$3" "$out"
  [[ $out == *"$time_is_up" && $(grep -c '^ ' <<<"$out") == 1 ]] && return
  return $status
}

# Each package is compiled once; as many targets run as there are processors.
stage_fuzz() {
  local file name folder program dir failed=0
  dir=$(mktemp -d)
  while IFS=: read -r file name; do
    folder=$(dirname "$file")
    program=$dir/${folder//\//_}
    if [ ! -e "$program" ]; then
      go test -c -fuzz . -o "$program" "./$folder" || { failed=1; continue; }
    fi
    printf '%s %s %s\n' "$program" "$folder" "$name" >>"$dir/targets"
  done < <(grep -roE --include='*_test.go' --exclude-dir=node_modules '^func Fuzz[A-Za-z0-9_]+' . | sed 's/func //; s|^\./||' | LC_ALL=C sort)
  export -f fuzz_one
  export time_is_up
  xargs -P "$(nproc)" -L 1 bash -c 'fuzz_one "$@"' fuzz <"$dir/targets" || failed=1
  rm -rf "$dir"
  return $failed
}

if [ $# -gt 0 ]; then stages=("$@"); fi
summary=() failures=()
for stage in "${stages[@]}"; do
  echo
  echo "== $stage"
  begin=$SECONDS
  if ("stage_$stage"); then verdict=ok; else
    verdict=FAIL
    failures+=("$stage")
  fi
  summary+=("$(printf '%-5s %-11s %4d s' "$verdict" "$stage" $((SECONDS - begin)))")
done

echo
printf '%s\n' "${summary[@]}"
echo "stages: $((${#stages[@]} - ${#failures[@]})) passed, ${#failures[@]} failed"
if [ ${#failures[@]} -gt 0 ]; then
  echo "failed: ${failures[*]}"
  exit 1
fi
