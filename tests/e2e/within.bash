# Sourced by tests, which have a function `fail`.

# within SECONDS COMMAND…: waits until it succeeds
within() {
  local deadline=$((SECONDS + $1))
  shift
  until "$@"; do
    [ $SECONDS -lt $deadline ] || fail "not within time: $*"
    sleep 0.02 # between two looks at what nothing announces
  done
}
