#include "client/cli/text/values.h"

#include <doctest/doctest.h>
#include <forkmill/serialize.h>

#include <map>
#include <vector>

#include "client/cli/errors/command_error.h"

namespace forkmill::cli::values_test {
namespace {

template <class T>
std::string through(const T& value) {
  return json_from_msgpack(pack_value(value)).dump();
}

TEST_CASE("results become JSON") {
  CHECK(through(5.5) == "5.5");
  CHECK(through(-3) == "-3");
  CHECK(through(std::uint64_t{18446744073709551615ULL}) == "18446744073709551615");
  CHECK(through(std::string{"größe\n"}) == "\"größe\\n\"");
  CHECK(through(std::vector<bool>{true, false}) == "[true,false]");
  CHECK(through(std::map<std::string, int>{{"a", 1}}) == "{\"a\":1}");
  CHECK(through(std::map<int, int>{{7, 1}}) == "{\"7\":1}");
  CHECK(json_from_msgpack(pack_nothing()).dump() == "null");
  CHECK(through(std::vector<char>{'h', 'i'}) == "\"hi\"");
  CHECK(through(std::vector<char>{'\xff', '\0'}) == "{\"base64\":\"/wA=\"}");
  CHECK(through(1.0 / 0.0) == "null");
}

TEST_CASE("bytes that are not msgpack, or that nest too deeply, are refused") {
  CHECK_THROWS_AS(json_from_msgpack(""), DecodeError);
  CHECK_THROWS_AS(json_from_msgpack("\xdd\xff\xff\xff\xff"), DecodeError);
  CHECK_THROWS_AS(json_from_msgpack(std::string(100'000, '\x91')), DecodeError);
}

TEST_CASE("maps as keys of maps do not grow with each level of nesting") {
  std::string bytes;
  constexpr int kLevels = 60;
  for (int level = 0; level < kLevels; ++level) bytes += '\x81';  // a map of one
  bytes += '\x01';
  for (int level = 0; level < kLevels; ++level) bytes += '\x02';
  CHECK(json_from_msgpack(bytes).dump().size() < 500);
  CHECK(json_from_msgpack(std::string("\x82\x07\x01\x92\x01\x02\x03", 7)).dump() == R"({"7":1,"base64:kgEC":3})");
}

TEST_CASE("a bin is found by its key in a map, and shown as hex if it is not msgpack") {
  msgpack::sbuffer buffer;
  msgpack::packer<msgpack::sbuffer> packer{buffer};
  packer.pack_map(3);
  packer.pack(1);
  packer.pack("number");
  packer.pack("text");
  packer.pack("no bin");
  packer.pack("arguments");
  packer.pack_bin(4);
  packer.pack_bin_body("\x92\x01\xa1x", 4);
  const std::string_view map{buffer.data(), buffer.size()};
  REQUIRE(bin_in_msgpack(map, "arguments"));
  CHECK(json_or_hex(*bin_in_msgpack(map, "arguments")).dump() == R"([1,"x"])");
  CHECK(!bin_in_msgpack(map, "text"));
  CHECK(!bin_in_msgpack(map, "absent"));
  CHECK(!bin_in_msgpack("\x01", "absent"));
  CHECK(json_or_hex("\x92\x01").dump() == R"({"hex":"9201"})");
  CHECK(json_or_hex("").dump() == R"({"hex":""})");
}

TEST_CASE("arguments are JSON values, or one JSON array of them") {
  CHECK(parse_arguments({}).dump() == "[]");
  CHECK(parse_arguments({"2", "3.5"}).dump() == "[2,3.5]");
  CHECK(parse_arguments({"[2,3]"}).dump() == "[2,3]");
  CHECK(parse_arguments({"[[2,3]]"}).dump() == "[[2,3]]");
  CHECK(parse_arguments({"[2,3]", "4"}).dump() == "[[2,3],4]");
  CHECK(parse_arguments({"{\"a\":null}"}).dump() == "[{\"a\":null}]");
  CHECK_THROWS_WITH_AS(parse_arguments({"1", "README.md"}), "argument 2 is not JSON: README.md", UsageError);
  CHECK_THROWS_AS(parse_arguments({""}), UsageError);
}

TEST_CASE("arguments reach a handler with the types that it expects") {
  const auto bytes = msgpack_from_json(parse_arguments({"2", "\"x\"", "[1,2]"}));
  const auto values = unpack_arguments<std::tuple<double, std::string, std::vector<int>>>(bytes);
  CHECK(values == std::tuple{2.0, std::string{"x"}, std::vector<int>{1, 2}});
}

TEST_CASE("base64 pads its last group") {
  CHECK(base64("") == "");
  CHECK(base64("f") == "Zg==");
  CHECK(base64("fo") == "Zm8=");
  CHECK(base64("foo") == "Zm9v");
  CHECK(base64("foobar") == "Zm9vYmFy");
}

}  // namespace
}  // namespace forkmill::cli::values_test
