#include "worker/pool_tasks.h"

#include <doctest/doctest.h>
#include <forkmill/worker.h>

#include "proto/os/coarse_clock.h"
#include "proto/os/cpus.h"
#include "proto/pool_tasks.h"
#include "tests/unit/worker/fake_context.h"
#include "worker/errors/handler_error.h"
#include "worker/rules/scaling/pool_bounds.h"

namespace pool_tasks_test {

using namespace forkmill;
using worker::Registry;

namespace {

// Returns when the time of a chunk that began before is over, if that is short.
int outlast(int n) {
  const auto begin = proto::coarse_now();
  while (proto::coarse_now() == begin) continue;
  return n;
}

// The result of a chunk with a budget.
struct Part {
  explicit Part(const std::string& bytes) {
    const auto handle = detail::unpack_bounded(bytes);
    const auto& map = handle.get().via.map;
    REQUIRE((handle.get().type == msgpack::type::MAP && map.size == 4));
    for (int key = 0; key < 4; ++key) REQUIRE(map.ptr[key].key.as<int>() == key);
    items = map.ptr[1].val.as<int>();
    const auto packed_errors = map.ptr[2].val.as<std::string>();
    if (!packed_errors.empty())
      errors = unpack_value<std::vector<std::tuple<int, int, std::string, std::string, std::string, std::string>>>(
          packed_errors);
    results = pack_value(map.ptr[3].val);
  }

  int items = 0;
  std::vector<std::tuple<int, int, std::string, std::string, std::string, std::string>> errors;
  std::string results;
};

constexpr std::uint32_t kLong = 3'600'000'000;
constexpr std::uint32_t kShort = 1;

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

  void add_outlast() {
    registry_.add(
        {"outlast", "i32(i32)", 9, std::make_unique<detail::TypedHandler<decltype(&outlast), int, int>>(&outlast)});
    const auto large = [](int size) { return std::string(static_cast<std::size_t>(size), 'x'); };
    registry_.add(
        {"large", "str(i32)", 10, std::make_unique<detail::TypedHandler<decltype(large), std::string, int>>(large)});
    const auto add = [](int& all, int more) { all += more; };
    const auto even = [](int n) { return n % 2 == 0 ? outlast(n) : throw std::domain_error{"odd"}; };
    registry_.add({"sum", "i32(i32)", 11,
                   std::make_unique<detail::MergingHandler<decltype(even), decltype(add), int, int>>(even, add)});
  }

  void enter_sandbox() { options_.sandbox = true; }
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
  Part part(const std::string& task, bool each, bool is_merged, const std::vector<int>& numbers, std::uint32_t budget) {
    std::vector<std::string> items;
    for (const int n : numbers) items.push_back(pack_value(std::tuple{n}));
    return Part{run("forkmill.chunk", pack_value(std::tuple{task, 0, each, items, is_merged, budget}))};
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

TEST_CASE("a chunk with a budget runs all items in time, also those behind an error") {
  Chunks chunks;
  const Part fine = chunks.part("half", false, false, {2, 4, 6}, kLong);
  CHECK(fine.items == 3);
  CHECK(fine.errors.empty());
  CHECK(unpack_value<std::vector<int>>(fine.results) == std::vector{1, 2, 3});
  for (const bool each : {false, true}) {
    const Part part = chunks.part("half", each, false, {2, 3, 4, 5}, kLong);
    CHECK(part.items == 4);
    CHECK(unpack_value<std::vector<int>>(part.results) == std::vector{1, 2});
    REQUIRE(part.errors.size() == (each ? 2 : 1));
    CHECK(std::get<0>(part.errors[0]) == 1);
    CHECK(std::get<1>(part.errors[0]) == static_cast<int>(Errc::handler_error));
    CHECK(std::get<2>(part.errors[0]) == "std::domain_error");
    CHECK(std::get<3>(part.errors[0]) == "odd");
  }
}

TEST_CASE("a chunk over its budget gives the items back that have not begun") {
  Chunks chunks;
  chunks.add_outlast();
  const Part part = chunks.part("outlast", false, false, {7, 8, 9}, kShort);
  CHECK(part.items == 1);
  CHECK(unpack_value<std::vector<int>>(part.results) == std::vector{7});
  const Part merged = chunks.part("sum", false, true, {2, 4, 6}, kShort);
  CHECK(merged.items == 1);
  CHECK(unpack_value<std::vector<int>>(merged.results) == std::vector{2});
}

TEST_CASE("a chunk with a budget ends when its results have grown large, and an item's result has a limit") {
  Chunks chunks;
  chunks.add_outlast();
  const int half = static_cast<int>(proto::kMaxPartBytes / 2);
  CHECK(chunks.part("large", false, false, {half, half, half}, kLong).items == 2);
  const Part part = chunks.part("large", false, false, {1, static_cast<int>(proto::kMaxItemResult) + 1, 2}, kLong);
  CHECK(part.items == 3);
  CHECK(unpack_value<std::vector<std::string>>(part.results) == std::vector<std::string>{"x", "xx"});
  REQUIRE(part.errors.size() == 1);
  CHECK(std::get<0>(part.errors[0]) == 1);
  CHECK(std::get<1>(part.errors[0]) == static_cast<int>(Errc::result_too_large));
}

TEST_CASE("a chunk with a budget can merge the results of its items") {
  Chunks chunks;
  chunks.add_outlast();
  const Part part = chunks.part("text", false, true, {3, 1, 2}, kLong);
  CHECK(part.items == 3);
  CHECK(unpack_value<std::vector<std::string>>(part.results) == std::vector<std::string>{"3+1+2"});
  const Part failed = chunks.part("sum", false, true, {2, 3, 4, 5}, kLong);
  CHECK(failed.items == 4);
  REQUIRE(failed.errors.size() == 1);
  CHECK(std::get<0>(failed.errors[0]) == 1);
  CHECK_THROWS_AS(chunks.part("half", false, true, {2, 4}, kLong), std::logic_error);
  CHECK_THROWS_AS(chunks.part("half", false, false, {}, kLong), DecodeError);
}

TEST_CASE("a worker with a sandbox hosts no pool, whose processes could not reach the broker") {
  Chunks chunks;
  chunks.enter_sandbox();
  CHECK_THROWS_WITH_AS(chunks.run(proto::kPoolTask, pack_value(std::tuple{proto::PoolSpec{}})),
                       "this worker's sandbox has no network, which a pool needs", std::logic_error);
  CHECK(unpack_value<std::vector<int>>(chunks.chunk("half", 7, false, {2})) == std::vector{1});
}

TEST_CASE("the pool of a client keeps its size when that of its host follows the load") {
  WorkerOptions host;
  host.processes = 2;
  host.scaling = {.min = 1, .max = 2};
  proto::PoolSpec spec;
  spec.queue = "pool.1";
  spec.processes = 8;
  const WorkerOptions options = worker::pool_options(spec, host);
  CHECK_FALSE(worker::follows_load(options));
  CHECK(worker::children_at_start(options) == 8);
  CHECK(options.queues == std::vector<std::string>{"pool.1"});
  CHECK(options.max_processes == 0);
  spec.processes = 0;
  CHECK(worker::children_at_start(worker::pool_options(spec, host)) == proto::usable_cpus());
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

}  // namespace pool_tasks_test
