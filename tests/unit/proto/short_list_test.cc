#include "proto/wire/short_list.h"

#include <doctest/doctest.h>

#include <numeric>
#include <utility>
#include <vector>

namespace short_list_test {

using forkmill::proto::ShortList;

using List = ShortList<int, 2>;

List counted(int size) {
  List list;
  for (int i = 0; i < size; ++i) list.push_back(i);
  return list;
}

TEST_CASE("a short list has its elements in order, few or many") {
  for (int size = 0; size < 6; ++size) {
    CAPTURE(size);
    const List list = counted(size);
    CHECK(list.size() == static_cast<std::size_t>(size));
    CHECK(list.empty() == (size == 0));
    std::vector<int> wanted(list.size());
    std::iota(wanted.begin(), wanted.end(), 0);
    CHECK(std::vector<int>(list.begin(), list.end()) == wanted);
    CHECK(List(wanted.begin(), wanted.end()) == list);
    CHECK_FALSE(counted(size + 1) == list);
  }
  CHECK(List{0, 1, 2} == counted(3));
}

TEST_CASE("a short list can be copied, and is empty when it was moved") {
  for (int size = 0; size < 6; ++size) {
    CAPTURE(size);
    List list = counted(size);
    const List copy = list;
    CHECK(copy == list);
    List moved = std::move(list);
    CHECK(moved == copy);
    // NOLINTBEGIN(bugprone-use-after-move): what is left is what is checked
    CHECK(list.empty());
    list = std::move(moved);
    CHECK(list == copy);
    CHECK(moved.empty());
    for (int i = 0; i < 4; ++i) moved.push_back(i);
    CHECK(moved == counted(4));
    // NOLINTEND(bugprone-use-after-move)
  }
}

TEST_CASE("a short list that was cleared is filled again from the start") {
  for (int size = 0; size < 6; ++size) {
    CAPTURE(size);
    List list = counted(5);
    list.clear();
    CHECK(list.empty());
    CHECK(list.begin() == list.end());
    for (int i = 0; i < size; ++i) list.emplace_back() = i;
    CHECK(list == counted(size));
  }
}

}  // namespace short_list_test
