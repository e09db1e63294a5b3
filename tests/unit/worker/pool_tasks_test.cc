#include "worker/pool_tasks.h"

#include <doctest/doctest.h>
#include <forkmill/worker.h>

#include "tests/unit/worker/fake_context.h"
#include "worker/errors/handler_error.h"

using namespace forkmill;
using worker::Registry;

namespace {

// A registry with the task "half", which takes even numbers.
class Chunks {
 public:
  Chunks() {
    worker::add_pool_tasks(registry_, options_, prepare_);
    const auto half = [](int n) {
      if (n % 2 != 0) throw std::domain_error{"odd"};
      return n / 2;
    };
    registry_.add({"half", "i32(i32)", 7, std::make_unique<detail::TypedHandler<decltype(half), int, int>>(half)});
    const auto append = [](std::string& all, std::string&& one) { all += "+" + one; };
    const auto text = [](int n) { return std::to_string(n); };
    registry_.add(
        {"text", "str(i32)", 8,
         std::make_unique<detail::MergingHandler<decltype(text), decltype(append), std::string, int>>(text, append)});
  }

  std::string run(const std::string& name, std::string_view payload) {
    worker::test::FakeContext context;
    return registry_.at(*registry_.find(name)).handler->run(context, payload);
  }
  std::string chunk(const std::string& task, std::uint64_t hash, bool each, const std::vector<int>& numbers) {
    std::vector<std::string> items;
    for (const int n : numbers) items.push_back(pack_value(std::tuple{n}));
    return run("forkmill.chunk", pack_value(std::tuple{task, hash, each, items}));
  }
  std::string merged(const std::string& task, const std::vector<int>& numbers) {
    std::vector<std::string> items;
    for (const int n : numbers) items.push_back(pack_value(std::tuple{n}));
    return run("forkmill.chunk", pack_value(std::tuple{task, 0, false, items, true}));
  }
  Errc refusal(const std::string& task, std::uint64_t hash) {
    try {
      chunk(task, hash, false, {2});
    } catch (const worker::Relayed& relayed) {
      return relayed.error().code;
    }
    return Errc::ok;
  }

 private:
  Registry registry_;
  WorkerOptions options_;
  std::vector<std::function<void()>> prepare_;
};

}  // namespace

TEST_CASE("a chunk calls one function for each item") {
  Chunks chunks;
  CHECK(unpack_value<std::vector<int>>(chunks.chunk("half", 7, false, {2, 4, 6})) == std::vector{1, 2, 3});
  CHECK(unpack_value<std::vector<int>>(chunks.chunk("half", 0, false, {})).empty());
  CHECK_THROWS_AS(chunks.chunk("half", 7, false, {2, 3, 4}), std::domain_error);
}

TEST_CASE("a chunk can give each item an outcome of its own") {
  Chunks chunks;
  const auto bytes = chunks.chunk("half", 7, true, {2, 3, 4});
  const auto handle = detail::unpack_bounded(bytes);
  const auto& items = handle.get().via.array;
  REQUIRE(items.size == 3);
  CHECK(items.ptr[0].as<std::tuple<int, int>>() == std::tuple{0, 1});
  CHECK(items.ptr[2].as<std::tuple<int, int>>() == std::tuple{0, 2});
  REQUIRE(items.ptr[1].via.array.size == 5);
  CHECK(items.ptr[1].via.array.ptr[0].as<int>() == static_cast<int>(Errc::handler_error));
  CHECK(items.ptr[1].via.array.ptr[1].as<std::string>() == "std::domain_error");
  CHECK(items.ptr[1].via.array.ptr[2].as<std::string>() == "odd");
}

TEST_CASE("a chunk can merge the results of its items, in their order, into one") {
  Chunks chunks;
  const auto texts = [](std::string_view bytes) { return unpack_value<std::vector<std::string>>(bytes); };
  CHECK(texts(chunks.merged("text", {3, 1, 2})) == std::vector<std::string>{"3+1+2"});
  CHECK(texts(chunks.merged("text", {3})) == std::vector<std::string>{"3"});
  CHECK_THROWS_AS(chunks.merged("half", {2, 4}), std::logic_error);
  CHECK_THROWS_AS(chunks.merged("text", {}), DecodeError);
}

TEST_CASE("a chunk of an unknown function or of another signature is refused, and so are bytes that are no chunk") {
  Chunks chunks;
  CHECK(chunks.refusal("third", 0) == Errc::unknown_task);
  CHECK(chunks.refusal("half", 8) == Errc::signature_mismatch);
  for (const auto& bad : {pack_value(1), pack_value(std::vector{1, 2, 3, 4}), std::string{"\xc1"}, std::string{},
                          pack_value(std::tuple{"half", 7, false, std::vector{1, 2}})})
    CHECK_THROWS_AS(chunks.run("forkmill.chunk", bad), DecodeError);
}

TEST_CASE("a pool is not hosted by a process that it shares with other tasks") {
  Chunks chunks;
  CHECK_THROWS_AS(chunks.run("forkmill.pool", pack_value(std::tuple{1})), detail::BadArguments);
  const std::tuple spec{std::string{"q"}, 1, 0, std::string{}, 0, std::string{}};
  CHECK_THROWS_AS(chunks.run("forkmill.pool", pack_value(std::make_tuple(spec))), std::logic_error);
}
