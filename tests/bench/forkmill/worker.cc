// The worker of the benchmarks: as small as a worker can be, so that what is measured is forkmill.
#include <forkmill/worker.h>
#include <signal.h>
#include <unistd.h>

#include <fstream>

#include "tests/bench/forkmill/tasks.h"
#include "tests/bench/measure/numbered.h"

int main(int argc, char** argv) {
  using namespace forkmill::bench;
  forkmill::Worker worker{argc, argv};
  worker.on(kEcho, [](std::string payload) {
    work_on(payload);
    return payload;
  });
  worker.on(kSquare, [](std::int64_t n) { return n * n; });
  worker.on(kNow, [] { return monotonic_ns(); });
  worker.on(kDie, [](const std::string& path) {
    std::ofstream{path} << monotonic_ns();
    kill(getpid(), SIGKILL);
  });
  return worker.run();
}
