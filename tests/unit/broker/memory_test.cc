// The limit of the broker's memory.
#include "proto/os/memory.h"
#include "broker/memory_watch.h"

#include <malloc.h>

#include "tests/folder.h"
#include "tests/unit/broker/objects.h"

namespace forkmill::broker::test::memory_test {

TEST_CASE("without memory nothing is taken in, and what is there goes on") {
  Broker broker;
  User user{broker};
  const auto queue = user.open(ObjectKind::queue, "q");
  CHECK(user.code(Verb::put, queue, 0, 0, {bytes("x")}) == Errc::ok);
  const auto client = broker.client();
  broker.submit(client, {task(1), task(2)});
  broker.core().set_memory_full(true);
  CHECK(broker.submit_rejected(client, task(3)).code == Errc::memory_full);
  CHECK(user.code(Verb::put, queue, 0, 0, {bytes("y")}) == Errc::memory_full);
  CHECK(user.try_open({"new", ObjectKind::lock}).code == Errc::memory_full);
  CHECK(user.try_open({"q", ObjectKind::queue}).code == Errc::ok);
  CHECK(user.code(Verb::get, queue) == Errc::ok);
  const auto worker = broker.worker(1);
  broker.succeed(worker, broker.grants(worker).at(0).grant);
  CHECK(broker.results(client).at(0).id == id(1));
  broker.submit(client, {task(2)});  // a repeat takes no room
  CHECK(broker.take<SubmitAck>(client).back().rejected.empty());
  broker.core().set_memory_full(false);
  broker.submit(client, {task(3)});
  CHECK(broker.take<SubmitAck>(client).back().rejected.empty());
  CHECK(user.code(Verb::put, queue, 0, 0, {bytes("y")}) == Errc::ok);
}

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)  // these keep freed memory
TEST_CASE("memory is full beyond the limit, and has room again when enough was freed") {
  constexpr std::size_t kBlock = 64 * 1024;  // small enough for the heap
  constexpr std::size_t kBlocks = 1024;
  ::malloc_trim(0);  // memory that earlier tests have freed
  MemoryWatch watch{proto::resident_memory() + 32 * 1024 * 1024, nullptr};
  Instant now{std::chrono::hours{1}};
  CHECK_FALSE(watch.is_full(now));
  std::vector<std::string> blocks;
  for (std::size_t i = 0; i < kBlocks; ++i) blocks.emplace_back(kBlock, 'x');
  CHECK_FALSE(watch.is_full(now));  // looks once in a while only
  now += std::chrono::seconds{1};
  CHECK(watch.is_full(now));
  now += std::chrono::seconds{1};
  CHECK(watch.is_full(now));
  blocks.clear();
  now += std::chrono::seconds{11};  // freed memory is given back by then, however long that took before
  CHECK_FALSE(watch.is_full(now));
}
#endif

TEST_CASE("giving freed memory back takes a small part of the time, however long it takes") {
  CHECK(MemoryWatch::wait_after_trim(Instant{0}) == 250ms);
  CHECK(MemoryWatch::wait_after_trim(100ms) == 2s);
  CHECK(MemoryWatch::wait_after_trim(10s) == 10s);
}

TEST_CASE("the spare memory of a process is that of its fullest control group, with idle pages of files") {
  const tests::Folder root;
  const auto write = [&](const std::string& name, const std::string& text) {
    std::filesystem::create_directories(std::filesystem::path{root.path(name)}.parent_path());
    root.write(name, text);
  };
  const auto spare = [&] { return proto::spare_memory_of_groups("0::/a/b\n", root.path()); };
  CHECK_FALSE(spare());
  write("a/b/memory.max", "max\n");
  write("a/b/memory.current", "500000\n");
  CHECK_FALSE(spare());
  write("a/b/memory.max", "1000000\n");
  CHECK(spare() == 400'000);
  write("a/b/memory.stat", "anon 100\ninactive_file 200000\nactive_file 3\n");
  CHECK(spare() == 600'000);
  write("a/memory.high", "2000000\n");
  write("a/memory.current", "1700000\n");
  CHECK(spare() == 100'000);
  write("a/memory.current", "1900000\n");
  CHECK(spare() == 0);
}

TEST_CASE("the memory limit of a process is the lowest of its control groups, of either version") {
  const tests::Folder root;
  const auto write = [&](const std::string& name, const std::string& text) {
    std::filesystem::create_directories(std::filesystem::path{root.path(name)}.parent_path());
    root.write(name, text);
  };
  CHECK_FALSE(proto::memory_limit_of_groups("0::/a/b\n", root.path()));
  write("a/b/memory.max", "max\n");
  CHECK_FALSE(proto::memory_limit_of_groups("0::/a/b\n", root.path()));
  write("a/memory.max", "1000000\n");
  CHECK(proto::memory_limit_of_groups("0::/a/b\n", root.path()) == 1'000'000);
  write("a/b/memory.high", "900000\n");
  CHECK(proto::memory_limit_of_groups("0::/a/b\n", root.path()) == 900'000);
  write("memory/c/memory.limit_in_bytes", "5000\n");
  CHECK(proto::memory_limit_of_groups("4:memory:/c\n3:cpu:/c\n", root.path()) == 5000);
  CHECK(proto::recommended_memory() > 0);
}

}  // namespace forkmill::broker::test::memory_test
