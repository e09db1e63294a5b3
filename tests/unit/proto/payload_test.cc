#include "proto/payload.h"

#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace payload_test {

using forkmill::proto::Payload;

TEST_CASE("a payload holds the bytes it was made of, few or many") {
  for (const std::size_t size :
       {std::size_t{0}, std::size_t{1}, Payload::kInline, Payload::kInline + 1, std::size_t{5000}}) {
    CAPTURE(size);
    const std::string bytes(size, 'x');
    CHECK(Payload::copy(bytes).view() == bytes);
    CHECK(Payload::own(bytes).view() == bytes);
    CHECK((Payload::copy(bytes).owner() == nullptr) == (size <= Payload::kInline));
    const Payload owned = Payload::copy(bytes).with_owner();
    CHECK(owned.view() == bytes);
    CHECK(owned.owner() != nullptr);
  }
}

TEST_CASE("a payload of no bytes may be made of a view that points nowhere") {
  CHECK(Payload::copy(std::string_view{}).empty());
  CHECK(Payload::copy(Payload{}.view()).empty());
  CHECK(Payload::own({}).empty());
}

TEST_CASE("the size of a payload is not cut") {
  const auto owner = std::make_shared<const char>('x');
  constexpr std::size_t kSize = (std::size_t{1} << 32) + 10;
  CHECK(Payload::share(owner, {owner.get(), kSize}).size() == kSize);  // its bytes are not read
}

TEST_CASE("copies and moves of a payload keep bytes and owners") {
  const std::string few(3, 'a');
  const std::string many(300, 'b');
  for (const std::string& from : {few, many}) {
    for (const std::string& to : {few, many}) {
      Payload source = Payload::copy(from);
      Payload target = Payload::copy(to);
      target = source;
      CHECK(target.view() == from);
      CHECK(source == target);
      target = Payload::copy(to);
      target = std::move(source);
      CHECK(target.view() == from);
      CHECK(source.empty());  // NOLINT(bugprone-use-after-move): a moved-from payload is empty
    }
  }
  auto owner = std::make_shared<const std::string>(many);
  {
    const Payload shared = Payload::share(owner, *owner);
    const Payload copy = shared;  // NOLINT(performance-unnecessary-copy-initialization): copies count as owners
    CHECK(copy.view().data() == owner->data());
    CHECK(owner.use_count() == 3);
  }
  CHECK(owner.use_count() == 1);
}

}  // namespace payload_test
