#include "worker/rules/number_index.h"

#include <doctest/doctest.h>

#include <cstdint>
#include <map>

namespace number_index_test {

using forkmill::worker::NumberIndex;

namespace {

std::uint32_t find(const NumberIndex& index, std::uint64_t number) {
  return index.find(number, [](std::uint32_t) { return true; });
}

}  // namespace

TEST_CASE("an entry is found by its number until it is extracted or removed, as others come and go") {
  NumberIndex index;
  std::map<std::uint64_t, std::uint32_t> expected;
  std::uint64_t random = 1;
  for (std::uint32_t step = 0; step < 4000; ++step) {
    random = random * 6364136223846793005ULL + 1442695040888963407ULL;
    const std::uint64_t number = random >> 55;  // few numbers, so that each comes back
    const auto known = expected.find(number);
    if (known == expected.end()) {
      CHECK(index.extract(number) == NumberIndex::kNone);
      index.add(number, step);
      expected.emplace(number, step);
    } else if (step % 2 == 0) {
      CHECK(index.extract(number) == known->second);
      expected.erase(known);
    } else {
      index.remove(number, known->second);
      expected.erase(known);
    }
    if (step % 64 != 0) continue;
    for (std::uint64_t one = 0; one < 512; ++one)
      CHECK(find(index, one) == (expected.count(one) == 0 ? NumberIndex::kNone : expected.at(one)));
  }
}

TEST_CASE("of entries with the same number, each is removed by its slot") {
  NumberIndex index;
  index.add(7, 1);
  index.add(7, 2);
  index.remove(7, 1);
  CHECK(find(index, 7) == 2);
  CHECK(index.extract(7) == 2);
  CHECK(find(index, 7) == NumberIndex::kNone);
}

}  // namespace number_index_test
