// Tests of the times that the chaos ring measures of a failover, with lines of journals written by hand.
#include "tests/chaos/results.h"

#include <doctest/doctest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <stdexcept>

namespace results_test {

using forkmill::chaos::Results;

namespace {

constexpr std::int64_t kSince = 10'000'000;
constexpr std::int64_t kLate = kSince + 5'000'000;

std::string submitted(std::int64_t when, int future, const std::string& kind = "short", int delay = 0) {
  return std::to_string(when) + " S " + std::to_string(future) + " 01a1ff93-eee0-7f89-b929-7d38b486da9d " + kind +
         " 10 " + std::to_string(delay) + " 0 0 0 0 0 0 -";
}
std::string ended(std::int64_t when, int future, const std::string& how = "succeeded ok 1 da9d 1-7-1") {
  return std::to_string(when) + " T " + std::to_string(future) + " " + how;
}

Results begun() {
  Results results;
  results.begin(kSince);
  return results;
}

}  // namespace

TEST_CASE("the first result is that of a task that was submitted after the failover had begun") {
  Results results = begun();
  results.take("a", submitted(kSince - 1, 1));
  results.take("a", submitted(kSince, 2));
  results.take("b", submitted(kSince + 10, 2));
  results.take("a", ended(kSince + 50, 1));
  CHECK_FALSE(results.first());
  results.take("b", ended(kSince + 90, 2));
  results.take("a", ended(kSince + 80, 2));
  CHECK(results.first() == kSince + 80);
}

TEST_CASE("tasks that take time by themselves, and those that do not succeed, are no first result") {
  Results results = begun();
  results.take("a", submitted(kSince, 1, "long"));
  results.take("a", submitted(kSince, 2, "short", 500));
  results.take("a", submitted(kSince, 3));
  for (const int future : {1, 2}) results.take("a", ended(kSince + 10, future));
  results.take("a", ended(kSince + 10, 3, "cancelled cancelled 0"));
  CHECK_FALSE(results.first());
}

TEST_CASE("all results have come when no task waits that was submitted early, or before the first result") {
  Results results = begun();
  results.take("a", submitted(kSince, 1));
  results.take("a", submitted(kSince + Results::kEarly, 2));
  results.take("a", submitted(kSince + Results::kEarly + 1, 3));
  results.take("a", ended(kSince + 20, 1));
  CHECK(results.first() == kSince + 20);
  CHECK_FALSE(results.all(kLate));
  results.take("a", ended(kLate, 2, "cancelled cancelled 0"));
  CHECK(results.all(kLate) == kLate);
  SUBCASE("more may have been submitted that is not written down yet") {
    CHECK_FALSE(results.all(kSince + Results::kEarly));
  }
  SUBCASE("another failover begins") {
    results.begin(kLate);
    CHECK_FALSE(results.first());
    CHECK_FALSE(results.all(2 * kLate));
  }
}

TEST_CASE("a late first result counts all tasks that were submitted before it") {
  Results results = begun();
  results.take("a", submitted(kSince, 1));
  results.take("a", submitted(kSince + 2 * Results::kEarly, 2));
  results.take("a", ended(kLate, 1));
  CHECK_FALSE(results.all(2 * kLate));
  results.take("a", ended(kLate + 1, 2));
  CHECK(results.all(2 * kLate) == kLate + 1);
}

TEST_CASE("journals are read on from where they ended, line by line") {
  std::string folder = std::filesystem::temp_directory_path() / "forkmill-results-XXXXXX";
  if (::mkdtemp(folder.data()) == nullptr) throw std::runtime_error{"mkdtemp"};
  const std::string path = folder + "/client-1.1.journal";
  Results results = begun();
  results.read({path});
  const std::string end = ended(kSince + 7, 1);
  std::ofstream{path, std::ios::app} << submitted(kSince, 1) << "\n" << end.substr(0, 9);
  results.read({path});
  CHECK_FALSE(results.first());
  std::ofstream{path, std::ios::app} << end.substr(9) << "\n";
  results.read({path});
  CHECK(results.first() == kSince + 7);
  std::filesystem::remove_all(folder);
}

TEST_CASE("lines of other kinds and halves of lines are left out") {
  Results results = begun();
  for (const char* line : {"", "17", "17 R", "10000000 S 1", "10000000 T 1", "10000000 A 1", "x y z a b c d"})
    results.take("a", line);
  CHECK_FALSE(results.first());
}

}  // namespace results_test
