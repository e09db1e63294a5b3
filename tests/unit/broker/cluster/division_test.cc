// The rules by which brokers divide the shards of a cluster.
#include "broker/cluster/division.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <set>
#include <utility>

namespace division_test {

using namespace forkmill::broker;

namespace {

ClusterView view_of(std::size_t brokers, std::size_t shards) {
  ClusterView view;
  for (std::size_t i = 0; i < brokers; ++i) view.brokers.push_back({"tcp://host" + std::to_string(i) + ":7117"});
  for (std::size_t i = 1; i <= shards; ++i) view.shards.push_back({i, "", ""});
  return view;
}

std::map<std::string, std::size_t> loads(const std::map<std::uint64_t, std::string>& chosen) {
  std::map<std::string, std::size_t> loads;
  for (const auto& one : chosen) ++loads[one.second];
  return loads;
}

// Gives each shard to its chosen broker.
void settle(ClusterView& view) {
  const auto chosen = choose_owners(view);
  for (OwnedShard& shard : view.shards) shard.broker = chosen.at(shard.number);
}

// Lets the brokers hand over, one at a time, until nothing is left to do. Returns the number of moves.
std::size_t move_all(ClusterView& view) {
  for (std::size_t moves = 0;; ++moves) {
    std::optional<std::uint64_t> moved;
    for (const LiveBroker& broker : view.brokers) {
      const auto shard = to_hand_over(view, broker.name);
      if (!shard) continue;
      REQUIRE_FALSE(moved);  // two at once
      moved = shard;
    }
    if (!moved) return moves;
    view.shards[*moved - 1].broker = choose_owners(view).at(*moved);
  }
}

}  // namespace

TEST_CASE("no broker gets more shards than its share, rounded up, and all brokers choose alike") {
  for (std::size_t brokers = 1; brokers <= 7; ++brokers) {
    for (const std::size_t shards : {1, 2, 4, 16, 64}) {
      auto view = view_of(brokers, shards);
      const auto chosen = choose_owners(view);
      CHECK(chosen.size() == shards);
      for (const auto& load : loads(chosen)) CHECK(load.second <= (shards + brokers - 1) / brokers);
      std::reverse(view.brokers.begin(), view.brokers.end());
      CHECK(choose_owners(view) == chosen);
    }
  }
  CHECK(choose_owners(view_of(0, 4)).empty());
}

TEST_CASE("a broker that goes moves its own shards and few others") {
  auto view = view_of(5, 60);
  settle(view);
  const auto before = choose_owners(view);
  const std::string gone = view.brokers[2].name;
  view.brokers.erase(view.brokers.begin() + 2);
  const auto after = choose_owners(view);
  std::size_t moved = 0;
  for (const auto& [shard, broker] : before) moved += broker != gone && after.at(shard) != broker ? 1 : 0;
  CHECK(moved <= 12);
}

// deploy/SCALE.md has the numbers.
TEST_CASE("a broker that joins moves at most two and a half times its share, on average") {
  constexpr std::size_t kClusters = 100;
  for (const auto& [shards, brokers] :
       {std::pair<std::size_t, std::size_t>{1, 2}, {10, 2}, {10, 5}, {64, 3}, {64, 8}, {64, 16}}) {
    std::size_t moved = 0;
    for (std::size_t cluster = 0; cluster < kClusters; ++cluster) {
      auto view = view_of(0, shards);
      for (std::size_t i = 0; i <= brokers; ++i)
        view.brokers.push_back({"tcp://host" + std::to_string(100 * cluster + i) + ":7117"});
      const auto after = choose_owners(view);
      view.brokers.pop_back();
      for (const auto& [shard, broker] : choose_owners(view)) moved += after.at(shard) != broker ? 1 : 0;
    }
    MESSAGE(shards << " shards, " << brokers << " brokers: " << static_cast<double>(moved) / kClusters << " moves");
    CHECK(2 * moved * (brokers + 1) <= 5 * shards * kClusters);
  }
}

TEST_CASE("shards move one at a time, until each is where it belongs") {
  auto view = view_of(1, 12);
  settle(view);
  view.brokers = view_of(3, 12).brokers;
  CHECK(move_all(view) == 8);
  for (const auto& load : loads(choose_owners(view))) CHECK(load.second == 4);
  CHECK(move_all(view) == 0);
}

TEST_CASE("nothing is handed over while a shard has no owner") {
  auto view = view_of(1, 4);
  settle(view);
  view.brokers = view_of(2, 4).brokers;
  REQUIRE(to_hand_over(view, view.brokers[0].name));
  view.shards[3].broker = "";
  CHECK_FALSE(to_hand_over(view, view.brokers[0].name));
}

TEST_CASE("a draining broker hands over all that it has, unless all brokers drain") {
  auto view = view_of(2, 6);
  settle(view);
  view.brokers[1].is_draining = true;
  CHECK(move_all(view) == 3);
  for (const OwnedShard& shard : view.shards) CHECK(shard.broker == view.brokers[0].name);
  view.brokers[0].is_draining = true;
  CHECK(choose_owners(view).size() == 6);
}

TEST_CASE("a shard that was placed goes to its broker while that lives") {
  auto view = view_of(3, 6);
  const std::string place = view.brokers[1].name;
  for (OwnedShard& shard : view.shards) shard.placed = place;
  for (const auto& one : choose_owners(view)) CHECK(one.second == place);
  view.brokers.erase(view.brokers.begin() + 1);
  CHECK(loads(choose_owners(view)).size() == 2);
}

TEST_CASE("the chosen broker takes a free shard at once, and another one after some looks") {
  auto view = view_of(2, 1);
  const std::string chosen = choose_owners(view).at(1);
  const std::string other = view.brokers[0].name == chosen ? view.brokers[1].name : view.brokers[0].name;
  constexpr auto kNow = std::chrono::seconds{100};
  constexpr auto kLater = kNow + std::chrono::minutes{1};
  CHECK(Turn{1, chosen}.has_come(view, kNow));
  Turn turn{1, other};
  for (int look = 0; look < 10; ++look) CHECK_FALSE(turn.has_come(view, kNow));
  CHECK(turn.has_come(view, kNow));
  CHECK_FALSE(turn.has_come(view, kLater));  // the shard had an owner meanwhile
  Turn of_survivor{1, other};
  std::erase_if(view.brokers, [&](const LiveBroker& broker) { return broker.name == chosen; });
  CHECK(of_survivor.has_come(view, kNow));
}

TEST_CASE("a shard is handed over when five looks in a row have found it misplaced") {
  auto view = view_of(2, 4);
  settle(view);
  const std::string owner = view.shards[2].broker;
  const std::string other = view.brokers[owner == view.brokers[0].name ? 1 : 0].name;
  view.shards[2].placed = other;
  HandOver here{owner};
  HandOver there{other};
  for (int look = 1; look < 5; ++look) CHECK_FALSE(here.look(view));
  CHECK(here.look(view) == 3);
  CHECK(here.look(view) == 3);  // until it has begun
  here.begun();
  CHECK_FALSE(here.look(view));
  for (int look = 0; look < 10; ++look) CHECK_FALSE(there.look(view));

  HandOver again{owner};
  for (int look = 1; look < 5; ++look) CHECK_FALSE(again.look(view));
  view.shards[0].broker.clear();  // nothing moves while a shard has no owner
  CHECK_FALSE(again.look(view));
  settle(view);
  view.shards[2].broker = owner;
  for (int look = 1; look < 5; ++look) CHECK_FALSE(again.look(view));
  CHECK(again.look(view) == 3);
}

}  // namespace division_test
