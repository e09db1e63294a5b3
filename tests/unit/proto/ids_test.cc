#include "proto/ids.h"

#include <doctest/doctest.h>
#include <forkmill/errc.h>

#include <set>
#include <string>
#include <utility>

#include "proto/names.h"

namespace ids_test {

using namespace forkmill;

TEST_CASE("a task id is a UUIDv7 and reads back from its text") {
  const TaskId id = TaskId::make(0x0190163d8694, 0xFFFF, ~0ULL);
  CHECK(id.to_string() == "0190163d-8694-7fff-bfff-ffffffffffff");
  CHECK(id.unix_ms() == 0x0190163d8694);
  CHECK(TaskId::parse(id.to_string()) == id);
  CHECK(TaskId::parse("0190163D-8694-7FFF-BFFF-FFFFFFFFFFFF") == id);
  for (const char* bad : {"", "0190163d", "0190163d-8694-7fff-bfff-fffffffffff", "0190163d-8694-7fff-bfff-fffffffffffg",
                          "0190163d+8694-7fff-bfff-ffffffffffff", "0190163d-8694-7fff-bfff-ffffffffffff0"}) {
    CHECK_FALSE(TaskId::parse(bad));
  }
}

TEST_CASE("the id of a key is a UUIDv8 of queue and key alone") {
  const std::pair<std::pair<std::string, std::string>, const char*> golden[] = {
      {{"default", "order-17"}, "f375721d-388b-8606-ad44-9e37f42037b6"},
      {{"text", "order-17"}, "94beec58-5131-8ff5-9452-4cf068344fa7"},
      {{"a", "b"}, "39797789-ed4c-8ea0-95a0-6cd078125351"},
      {{"default", std::string(128, 'k')}, "63b62416-efa0-8c71-9d99-d581391c85cd"},
  };
  for (const auto& [made_of, text] : golden) {
    const auto id = TaskId::of_key(made_of.first, made_of.second);
    CHECK(id.to_string() == text);
    CHECK((id.bytes()[6] & 0xF0) == 0x80);
    CHECK((id.bytes()[8] & 0xC0) == 0x80);
  }
  CHECK(TaskId::of_key("ab", "c") != TaskId::of_key("a", "bc"));
}

TEST_CASE("task ids sort by their time") {
  CHECK(TaskId::make(1, ~0ULL, ~0ULL) < TaskId::make(2, 0, 0));
  CHECK(TaskId{}.is_nil());
}

TEST_CASE("a name has 1 to 128 letters, digits and . _ - : /") {
  CHECK(proto::is_name("image.resize_2:v1/x-y"));
  CHECK(proto::is_name(std::string(128, 'n')));
  for (const char* bad : {"", "a b", "a\n", "ä", "a*"}) CHECK_FALSE(proto::is_name(bad));
  CHECK_FALSE(proto::is_name(std::string(129, 'n')));
}

TEST_CASE("every error code has its own name and text, and can be read from its number") {
  std::set<std::string_view> names;
  for (std::uint64_t number = 0; number < 200; ++number) {
    const Errc code = errc_from(number);
    if (code == Errc::unknown) continue;
    CHECK(static_cast<std::uint64_t>(code) == number);
    CHECK(names.insert(errc_name(code)).second);
    CHECK_FALSE(errc_text(code).empty());
  }
  CHECK(names.size() > 30);
}

}  // namespace ids_test
