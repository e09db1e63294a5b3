# Sourced by the tests here, with the path of `forkmill` as $1. A check that fails ends the test with what it saw.
set -u
forkmill=$1
unset NO_COLOR FORKMILL_DATA
work=$(mktemp -d "${TMPDIR:-/tmp}/forkmill-e2e.XXXXXX")
started=()
cleanup() {
  for pid in "${started[@]}"; do kill -KILL "$pid" 2>/dev/null; done
  rm -rf "$work"
}
trap cleanup EXIT

fail() {
  local text=$*
  echo "FAILED ($(basename "$0") line ${BASH_LINENO[1]}): ${text:0:500}" >&2
  for stream in out err; do
    [ -s "$work/$stream" ] && { echo "--- $stream" >&2; head -c 4000 "$work/$stream" >&2; }
  done
  exit 1
}
# run STATUS COMMAND…: runs it with its output in $work/out and $work/err
run() {
  local expected=$1 status=0
  shift
  "$@" >"$work/out" 2>"$work/err" || status=$?
  [ "$status" -eq "$expected" ] || fail "exit status $status instead of $expected: $*"
}
prints() { [ "$(cat "$work/out")" = "$1" ] || fail "printed something else than '$1'"; }
complains() { grep -qF -- "$1" "$work/err" || fail "did not say '$1'"; }
silent() { [ ! -s "$work/err" ] || fail "said something"; }
. "$(dirname "${BASH_SOURCE[0]}")/within.bash"
# background COMMAND…: runs it with its output in $work/out and $work/err, which are empty when this returns; its pid in $pid
background() {
  : >"$work/out" && : >"$work/err"
  "$@" <&0 >>"$work/out" 2>>"$work/err" &
  pid=$!
  started+=("$pid")
}
# ends_with STATUS: waits for $pid
ends_with() {
  local status=0
  wait "$pid" || status=$?
  [ "$status" -eq "$1" ] || fail "exit status $status instead of $1"
}
gone() { ! kill -0 "$1" 2>/dev/null; }
# make_gate FILE: what reads a line of FILE waits there until let_through lets it go on
make_gate() { mkfifo "$1" && exec {gate}<>"$1"; }
# let_through COUNT: lets as many readers of the last gate go on, also those that come later
let_through() { for ((i = 0; i < $1; i++)); do echo >&"$gate"; done; }
