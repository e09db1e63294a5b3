// When a broker that waits takes a shard for free, after looks at its row which find it leased or not.
#include <doctest/doctest.h>

#include <functional>
#include <string>
#include <vector>

#include "broker/store/postgres/ownership.h"

namespace owner_watch_test {

using namespace forkmill::broker;
using forkmill::proto::Epoch;

namespace {

// A session that is not to be used: the rows are made by hand.
class UnusedSession final : public ServerSession {
 public:
  void send(const ServerStatement& statement, const Parameters&) override { FAIL(statement.text); }
  std::vector<Rows> finish() override { throw Interrupted{"not connected"}; }
  void stream(const ServerStatement& statement, const Parameters&, const std::function<void(const Rows&)>&) override {
    FAIL(statement.text);
  }
  void forget_statements() override {}
  std::string take_warning() override { return {}; }
  int server_process() const override { return 0; }
};

struct Standby {
  OwnerWatch watch;
  PostgresOptions options;
  UnusedSession session;

  enum class Lease : std::uint8_t { lasts, over, too_late };
  bool finds_free(Lease lease) {
    ShardRow row;
    row.epoch = Epoch{3};
    row.owner = "another";
    row.is_present = true;
    row.is_leased = lease == Lease::lasts;
    row.ends_too_late = lease == Lease::too_late;
    return watch.is_free(row, options, session);
  }
  // Returns how many looks in a row find the shard owned.
  int looks_until_free(Lease lease) {
    int looks = 0;
    while (looks < 100 && !finds_free(lease)) ++looks;
    return looks;
  }
};

constexpr int kLooksOfALease = static_cast<int>(kLease / kLeaseLook);

}  // namespace

TEST_CASE("a lease that is over frees the shard at once, and after an outage of the server when it could be renewed") {
  Standby standby;
  CHECK(standby.looks_until_free(Standby::Lease::lasts) == 100);
  CHECK(standby.looks_until_free(Standby::Lease::over) == 0);
  standby.watch.note_outage();
  CHECK(standby.looks_until_free(Standby::Lease::over) == kLooksOfALease);
}

TEST_CASE("an owner may renew a lease that ends too late, as the clock was set back, before the shard is free") {
  Standby standby;
  for (int round = 0; round < 3; ++round) {
    for (int look = 0; look < kLooksOfALease; ++look) CHECK_FALSE(standby.finds_free(Standby::Lease::too_late));
    CHECK_FALSE(standby.finds_free(Standby::Lease::lasts));
  }
  CHECK(standby.looks_until_free(Standby::Lease::too_late) == kLooksOfALease);
  CHECK(standby.finds_free(Standby::Lease::too_late));
}

}  // namespace owner_watch_test
