#include "client/cli/map/input/block_reader.h"

#include <doctest/doctest.h>
#include <unistd.h>

#include <array>
#include <vector>

#include "client/cli/errors/command_error.h"
#include "proto/os/descriptor.h"

namespace forkmill::cli::block_reader_test {
namespace {

using Blocks = std::vector<std::string>;

Blocks blocks(const std::string& text, BlockReader::Options options) {
  std::array<int, 2> ends{};
  REQUIRE(::pipe(ends.data()) == 0);
  const proto::Descriptor reader{ends[0]};
  REQUIRE(::write(ends[1], text.data(), text.size()) == static_cast<ssize_t>(text.size()));
  ::close(ends[1]);
  BlockReader from{reader.get(), std::move(options)};
  Blocks found;
  for (std::string block; from.next(block) == Fetch::ready;) found.push_back(block);
  return found;
}

TEST_CASE("blocks are cut at the ends of lines") {
  CHECK(blocks("aa\nbb\ncc\n", {.bytes = 7}) == Blocks{"aa\nbb\n", "cc\n"});
  CHECK(blocks("aa\nbb\ncc", {.bytes = 100}) == Blocks{"aa\nbb\ncc"});
  CHECK(blocks("", {}).empty());
  CHECK(blocks("a long line\nb\n", {.bytes = 4}) == Blocks{"a long line\n", "b\n"});
}

TEST_CASE("blocks have a number of records") {
  CHECK(blocks("a\nb\nc", {.records = 2}) == Blocks{"a\nb\n", "c"});
  CHECK(blocks("a;b;c;", {.records = 1, .end = ";"}) == Blocks{"a;", "b;", "c;"});
  CHECK(blocks(">a\n1\n>b\n2\n", {.records = 1, .end = "", .start = ">"}) == Blocks{">a\n1\n", ">b\n2\n"});
  CHECK(blocks("a\n-b\nc\n-d", {.records = 1, .end = "\n", .start = "-"}) == Blocks{"a\n", "-b\nc\n", "-d"});
}

TEST_CASE("each block begins with the header") {
  CHECK(blocks("h\n1\n2\n3\n", {.records = 2, .header_lines = 1}) == Blocks{"h\n1\n2\n", "h\n3\n"});
  CHECK(blocks("h\n", {.header_lines = 1}).empty());
  CHECK(blocks("h", {.header_lines = 1}) == Blocks{"h"});
}

TEST_CASE("a record that is too long is an error") {
  CHECK_THROWS_AS(blocks(std::string(1000, 'x'), {.bytes = 10, .most = 100}), UsageError);
}

}  // namespace
}  // namespace forkmill::cli::block_reader_test
