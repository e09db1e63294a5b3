#include "worker/tasks/registry.h"

#include <doctest/doctest.h>

#include <stdexcept>

namespace registry_test {

using forkmill::worker::Registry;

TEST_CASE("a registry finds tasks by name, and accepts each name once") {
  Registry registry;
  CHECK(registry.empty());
  registry.add({"a.one", "void()", 1, nullptr});
  registry.add({"a.two", "void()", 2, nullptr});
  CHECK(registry.find("a.two") == 1);
  CHECK_FALSE(registry.find("a.three"));
  CHECK_THROWS_WITH_AS(registry.add({"a.one", "", 3, nullptr}), "task a.one has a handler already",
                       std::invalid_argument);
}

TEST_CASE("a registry refuses names and signatures that cannot travel") {
  Registry registry;
  CHECK_THROWS_AS(registry.add({"", "", 1, nullptr}), std::invalid_argument);
  CHECK_THROWS_AS(registry.add({"with space", "", 1, nullptr}), std::invalid_argument);
  CHECK_THROWS_AS(registry.add({"a", std::string(5000, 'x'), 1, nullptr}), std::invalid_argument);
  for (int i = 0; i < 4096; ++i) registry.add({"t" + std::to_string(i), "", 1, nullptr});
  CHECK_THROWS_AS(registry.add({"one.more", "", 1, nullptr}), std::invalid_argument);
}

}  // namespace registry_test
