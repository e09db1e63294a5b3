// Target `client`: a client whose broker says anything (client_world.h).
#include "tests/fuzz/client_world.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  forkmill::fuzz::Feed feed{data, size};
  forkmill::fuzz::ClientWorld world{feed};
  while (!feed.done()) world.step();
  world.end();
  return 0;
}
