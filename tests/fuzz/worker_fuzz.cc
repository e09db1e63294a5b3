// Target `worker`: a worker whose broker says anything (worker_world.h).
#include "tests/fuzz/worker_world.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  forkmill::fuzz::Feed feed{data, size};
  forkmill::fuzz::WorkerWorld world{feed};
  while (!feed.done()) world.step();
  world.end();
  return 0;
}
