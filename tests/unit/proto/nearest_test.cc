#include "proto/settings/nearest.h"

#include <doctest/doctest.h>

namespace nearest_test {

using namespace forkmill::proto;

TEST_CASE("a mistyped word is recognized, and another one is not") {
  const std::vector<std::string> commands{"dev", "map", "submit", "status", "queue", "worker", "task", "ping"};
  CHECK(nearest("stauts", commands) == "status");
  CHECK(nearest("sumbit", commands) == "submit");
  CHECK(nearest("queues", commands) == "queue");
  CHECK(nearest("tasks", commands) == "task");
  CHECK(nearest("stat", commands) == "status");
  CHECK(nearest("mpa", commands) == "map");
  CHECK(nearest("no-such-command", commands).empty());
  CHECK(nearest("", commands).empty());
  CHECK(nearest("x", commands).empty());
  CHECK(nearest(std::string(1000, 'x'), commands).empty());
}

}  // namespace nearest_test
