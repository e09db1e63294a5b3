// Client::map() when not everything can be submitted. No broker is needed.
#include <ranges>

#include "tests/unit/client/promised.h"

namespace map_test {

using namespace forkmill;
using namespace forkmill::tests;

namespace {

constexpr Task<int(int)> kTwice{"test.twice"};

ClientOptions full_at(std::size_t most) {
  ClientOptions options;
  options.endpoint = "ipc:///tmp/forkmill-no-broker";
  options.max_unsent = most;
  options.when_full = WhenFull::reject;
  return options;
}

// Gives 0, 1, … and throws before `end`.
auto failing_at(int end) {
  return std::views::iota(0) | std::views::transform([end](int at) {
           if (at == end) throw std::runtime_error{"the range"};
           return at;
         });
}

}  // namespace

TEST_CASE("map keeps the futures of what was submitted when the client becomes full") {
  Client client{full_at(1500)};
  const std::vector<int> numbers(5000);
  auto futures = client.map(kTwice, numbers);
  REQUIRE(futures.size() == numbers.size());
  CHECK_FALSE(futures.front().ready());
  CHECK_FALSE(futures[2047].ready());
  for (auto at = futures.begin() + 2048; at != futures.end(); ++at) REQUIRE_THROWS_AS((void)at->get(), Rejected);
  CHECK_THROWS_AS((void)client.map(kTwice, numbers), Rejected);  // nothing was submitted
  client.close();
  CHECK_THROWS_AS((void)futures.front().get(), Disconnected);
}

TEST_CASE("map keeps the futures of what was submitted when its range throws") {
  Client client{full_at(100'000)};
  CHECK_THROWS_WITH((void)client.map(kTwice, failing_at(3)), "the range");
  auto futures = client.map(kTwice, failing_at(3000));
  REQUIRE(futures.size() == 3001);
  CHECK_FALSE(futures[2999].ready());
  CHECK_THROWS_WITH((void)futures[3000].get(), "the range");
}

}  // namespace map_test
