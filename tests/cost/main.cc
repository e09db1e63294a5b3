// forkmill_cost runs the traces and prints "CASE tasks allocations" for each case. tests/cost/run runs it under
// callgrind, which counts the instructions.
#include <cstdio>
#include <exception>

#include "tests/cost/traces.h"

int main() try {
  using namespace forkmill::cost;
  Meter meter;
  trace_codec(meter);
  trace_broker(meter);
  trace_rights(meter);
  trace_session(meter);
  trace_futures(meter);
  trace_worker(meter);
  trace_ring(meter);
  return 0;
} catch (const std::exception& error) {
  std::fprintf(stderr, "forkmill_cost: %s\n", error.what());
  return 1;
}
