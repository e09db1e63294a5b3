// Target `core`: a conversation of several peers with the broker's core (broker_world.h).
#include "tests/fuzz/broker_world.h"
#include "tests/fuzz/require.h"
#include "tests/sim/world/violation.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  forkmill::fuzz::Feed feed{data, size};
  try {
    forkmill::fuzz::BrokerWorld world{feed};
    while (!feed.done()) world.step();
    world.end();
  } catch (const forkmill::sim::Violation& violation) {
    forkmill::fuzz::require(false, violation.what());
  }
  return 0;
}
