# Sourced by tests that count what has passed, after `set -euo pipefail`. Makes a folder, $work, which is gone at the end
# as are the processes in $pids. A test that fails shows the ends of the logs in that folder.
work=$(mktemp -d "${TMPDIR:-/tmp}/forkmill-$(basename "$0").XXXXXX")
pids=()
passed=0
# A test that makes more than files and processes defines it again, and takes that away.
clean_up() { :; }
finish() {
  local status=$?
  trap - EXIT
  for pid in "${pids[@]}"; do kill -KILL "$pid" 2>/dev/null || true; done
  clean_up
  [ "$status" -eq 0 ] || tail -n 40 "$work"/*.log "$work"/*.err "$work"/*/*.log >&2 2>/dev/null || true
  rm -rf "$work"
  exit "$status"
}
trap finish EXIT
fail() { echo "FAILED: $*" >&2; exit 1; }
ok() { passed=$((passed + 1)); }
. "$(dirname "${BASH_SOURCE[0]}")/within.bash"
gone() { ! kill -0 "$1" 2>/dev/null; }
# said FILE TEXT
said() { grep -qF -- "$2" "$1" 2>/dev/null; }
# refuses STATUS TEXT COMMAND…: runs it, which must end by itself with this status, and say this
refuses() {
  local status=$1 text=$2 got=0
  shift 2
  [ "$(type -t "$1")" != file ] || set -- timeout 60 "$@" # `timeout` runs no function
  "$@" >"$work/refused.log" 2>&1 || got=$?
  [ "$got" -eq "$status" ] || { cat "$work/refused.log" >&2; fail "$*: exit status $got instead of $status"; }
  said "$work/refused.log" "$text" || { cat "$work/refused.log" >&2; fail "$* does not say '$text'"; }
  ok
}
