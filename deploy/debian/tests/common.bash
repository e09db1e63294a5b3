# Sourced by the tests of the packages, which run as root in a container of debian:12-slim.
set -euo pipefail
export DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8
work=/tmp/test
mkdir -p "$work"

passed() { printf '  passed: %s\n' "$*"; }
fail() {
  printf '  FAILED: %s\n' "$*" >&2
  for log in "$work"/*.log; do
    [ -s "$log" ] && { echo "--- $log" >&2; tail -n 30 "$log" >&2; }
  done
  exit 1
}
trap 'fail "line $LINENO: $BASH_COMMAND"' ERR

# within SECONDS COMMAND…: runs the command again until it succeeds
within() {
  local end=$((SECONDS + $1))
  shift
  until "$@"; do
    [ $SECONDS -lt $end ] || return 1
    sleep 0.1
  done
}
# apt ARGUMENT…: apt-get with its output in a log
apt() { apt-get -y -o Dpkg::Use-Pty=0 "$@" >"$work/apt.log" 2>&1 || fail "apt-get $*"; }
# The files of the packages of a revision: packages REVISION NAME…
packages() {
  local revision=$1 name
  shift
  for name in "$@"; do echo /packages/"${name}"_*-"${revision}"_*.deb; done
}
apt update
