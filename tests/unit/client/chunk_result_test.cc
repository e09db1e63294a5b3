// The results of chunks, as workers of all kinds send them.
#include "client/pool/chunk_result.h"

#include <doctest/doctest.h>
#include <forkmill/detail/packed_items.h>
#include <forkmill/errors.h>

#include <map>
#include <string>
#include <tuple>
#include <vector>

#include "client/pool/item_reader.h"

namespace chunk_result_test {

using namespace forkmill;
using detail::ItemReader;
using detail::PackedItems;

namespace {

using PackedError = std::tuple<int, int, std::string, std::string, std::string, std::string>;

PackedError error_of(int item) { return {item, 50, "std::domain_error", "item " + std::to_string(item), "", ""}; }

// A part, with keys of the caller's choice.
std::string part(int items, const std::vector<PackedError>& errors, const std::vector<int>& results,
                 const std::vector<int>& keys = {0, 1, 2, 3}) {
  std::string out;
  detail::StringSink sink{out};
  msgpack::packer<detail::StringSink> packer{sink};
  packer.pack_map(4);
  packer.pack(keys[0]);
  packer.pack(1234);
  packer.pack(keys[1]);
  packer.pack(items);
  packer.pack(keys[2]);
  packer.pack(errors.empty() ? std::string{} : pack_value(errors));
  packer.pack(keys[3]);
  packer.pack(results);
  return out;
}

// The results that a stream reads out of a chunk: -1 for each error.
std::vector<int> read_all(const std::string& packed, std::size_t items) {
  ItemReader reader;
  reader.open(packed, items);
  std::vector<int> all;
  while (!reader.empty()) {
    try {
      reader.next([&](const msgpack::object& value) { all.push_back(value.as<int>()); });
    } catch (const RemoteError& error) {
      CHECK(error.type() == "std::domain_error");
      all.push_back(-1);
    }
  }
  return all;
}

bool is_undecodable(const std::string& packed, std::size_t items) {
  try {
    read_all(packed, items);
  } catch (const Error& error) {
    return error.code() == Errc::result_undecodable;
  }
  return false;
}

}  // namespace

TEST_CASE("a part tells what has run, how long it took, and what has failed") {
  const auto packed = part(3, {error_of(1)}, {7, 9});
  const auto read = detail::read_part(packed, 5);
  CHECK(read.items == 3);
  CHECK(read.run_time == std::chrono::microseconds{1234});
  REQUIRE(read.errors.size() == 1);
  CHECK(read.errors[0].item == 1);
  CHECK_THROWS_AS(std::rethrow_exception(read.errors[0].error), RemoteError);
  CHECK(unpack_value<std::vector<int>>(read.results) == std::vector{7, 9});
}

TEST_CASE("the outcomes of a part are read in the order of the items") {
  CHECK(read_all(part(3, {}, {1, 2, 3}), 3) == std::vector{1, 2, 3});
  CHECK(read_all(part(4, {error_of(0), error_of(3)}, {1, 2}), 9) == std::vector{-1, 1, 2, -1});
  CHECK(read_all(part(1, {error_of(0)}, {}), 1) == std::vector{-1});
}

TEST_CASE("a worker that knows no budget gives all items their outcomes") {
  const std::string outcomes = pack_value(std::vector<std::tuple<int, int>>{{0, 5}, {0, 6}});
  CHECK(read_all(outcomes, 2) == std::vector{5, 6});
  CHECK_FALSE(detail::read_part(outcomes, 2).run_time);
  CHECK(is_undecodable(outcomes, 3));
}

TEST_CASE("bytes that are no part are an error of their own") {
  CHECK(is_undecodable(part(0, {}, {}), 3));
  CHECK(is_undecodable(part(4, {}, {1, 2, 3, 4}), 3));
  CHECK(is_undecodable(part(3, {}, {1, 2}), 3));
  CHECK(is_undecodable(part(3, {error_of(3)}, {1, 2}), 3));
  CHECK(is_undecodable(part(3, {error_of(2), error_of(1)}, {1}), 3));
  CHECK(is_undecodable(part(3, {error_of(1), error_of(1)}, {1}), 3));
  CHECK(is_undecodable(part(3, {}, {1, 2, 3}, {0, 1, 3, 2}), 3));
  const auto whole = part(3, {error_of(1)}, {1, 2});
  for (std::size_t size = 0; size < whole.size(); ++size) CHECK(is_undecodable(whole.substr(0, size), 3));
}

TEST_CASE("packed items are strings of msgpack, of any length") {
  PackedItems items;
  std::vector<std::string> all;
  for (const std::size_t size : {0U, 1U, 31U, 32U, 255U, 256U, 65'535U, 65'536U}) {
    all.emplace_back(size, 'x');
    items.add(all.back());
  }
  CHECK(items.size() == all.size());
  CHECK(items.largest() == 65'536);
  for (std::size_t first = 0; first < all.size(); ++first)
    for (std::size_t count = 0; first + count <= all.size(); ++count) {
      std::string packed = pack_value(std::vector<std::string>(
          all.begin() + static_cast<std::ptrdiff_t>(first), all.begin() + static_cast<std::ptrdiff_t>(first + count)));
      CHECK(packed.substr(1) == items.range(first, count));  // behind the head of the array
    }
  CHECK(items.count_within(0, 8, 1) == 1);
  CHECK(items.count_within(0, 8, 40) == 3);
  CHECK(items.count_within(7, 1, 10) == 1);
  CHECK(items.count_within(0, 8, 1 << 20) == 8);
}

}  // namespace chunk_result_test
