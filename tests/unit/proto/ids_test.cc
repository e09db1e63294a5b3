#include "proto/ids.h"

#include <doctest/doctest.h>
#include <forkmill/errc.h>

#include <set>

#include "proto/names.h"

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

TEST_CASE("later ids sort behind earlier ones") {
  CHECK(TaskId::make(1, ~0ULL, ~0ULL) < TaskId::make(2, 0, 0));
  CHECK(TaskId{}.is_nil());
}

TEST_CASE("names") {
  CHECK(proto::is_name("image.resize_2:v1/x-y"));
  CHECK(proto::is_name(std::string(128, 'n')));
  for (const char* bad : {"", "a b", "a\n", "ä", "a*"}) CHECK_FALSE(proto::is_name(bad));
  CHECK_FALSE(proto::is_name(std::string(129, 'n')));
}

TEST_CASE("every error code has a name and a text of its own, and comes back from its number") {
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
