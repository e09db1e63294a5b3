#include "client/session/task_table.h"

#include <doctest/doctest.h>

#include <random>
#include <unordered_map>

namespace task_table_test {

using namespace forkmill;
using client::TaskTable;

TEST_CASE("an entry can be inserted once, and found") {
  TaskTable table;
  const auto id = TaskId::make(1, 2, 3);
  CHECK(table.find(id) == nullptr);
  CHECK(table.insert({id, 7, TaskTable::Phase::queued}) == nullptr);
  const auto* known = table.insert({id, 8, TaskTable::Phase::queued});
  REQUIRE(known != nullptr);
  CHECK(known->cookie == 7);
  REQUIRE(table.find(id) != nullptr);
  CHECK(table.find(id)->cookie == 7);
  table.erase(table.find(id));
  CHECK(table.find(id) == nullptr);
  CHECK(table.size() == 0);
}

TEST_CASE("the table behaves like a map, also where ids collide") {
  std::mt19937_64 random{7};
  TaskTable table;
  std::unordered_map<TaskId, std::uint64_t> model;
  for (int step = 0; step < 200'000; ++step) {
    const auto id = TaskId::make(1, random() % 4, random() % 700);
    if (random() % 2 == 0) {
      const auto* known = table.insert({id, static_cast<client::Cookie>(step), TaskTable::Phase::sent});
      REQUIRE((known == nullptr) == model.emplace(id, step).second);
    } else if (auto* entry = table.find(id)) {
      REQUIRE(entry->cookie == model.at(id));
      table.erase(entry);
      model.erase(id);
    } else {
      REQUIRE_FALSE(model.contains(id));
    }
    REQUIRE(table.size() == model.size());
  }
  std::size_t seen = 0;
  table.for_each([&](const TaskTable::Entry& entry) {
    ++seen;
    REQUIRE(model.at(entry.id) == entry.cookie);
  });
  CHECK(seen == model.size());
}

}  // namespace task_table_test
