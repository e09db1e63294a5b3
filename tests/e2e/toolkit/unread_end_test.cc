// Ends of pipes in values that this program has received and does not read: they are closed.
#include <doctest/doctest.h>
#include <forkmill/pool.h>
#include <forkmill/process.h>
#include <forkmill/process_pool_executor.h>
#include <forkmill/queue.h>

#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "tests/e2e/toolkit/pool_tasks.h"
#include "tests/eventually.h"
#include "tests/leftovers.h"

namespace unread_end_test {

using namespace forkmill;
using namespace std::chrono_literals;
using forkmill::tests::eventually;
using forkmill::tests::leftovers;

namespace {

using End = Connection<std::string>;
constexpr auto kHangGuard = 30s;

}  // namespace

TEST_CASE("an end of a pipe in a value that is dropped unread is closed") {
  auto& client = default_client();
  const auto before = leftovers(client);
  {
    auto [here, there] = pipe<std::string>();
    const auto close_there = [&there = there] { there.close(); };
    SUBCASE("a future that is never asked") {
      auto future = client.submit(kPassEnd, there);
      close_there();
      future.wait();
      CHECK_FALSE(here.poll(50ms));  // the future has it
    }
    SUBCASE("a future that is dropped at once") {
      client.submit(kPassEnd, there);
      close_there();
    }
    SUBCASE("a shared future") {
      auto future = client.submit(kPassEnd, there).share();
      close_there();
      future.wait();
    }
    SUBCASE("a result of several values") {
      auto future = client.submit(kPassPair, there);
      close_there();
      future.wait();
    }
    SUBCASE("the result of a pool's call") {
      Pool pool{{.processes = 1}};
      auto result = pool.apply_async(kPassEnd, there);
      close_there();
      result.wait();
    }
    SUBCASE("the result of a pool's call, when the pool is gone") {
      auto result = [&, &end = there] {
        Pool pool{{.processes = 1}};
        auto late = pool.apply_async(kPassEnd, end);
        close_there();
        late.wait();
        return late;
      }();
    }
    SUBCASE("results of a pool's map that are not taken") {
      Pool pool{{.processes = 1}};
      const std::vector ends{there};
      auto results = pool.imap(kPassEnd, ends);
      close_there();
    }
    SUBCASE("the future of an executor") {
      ProcessPoolExecutor executor{{.max_workers = 1}};
      auto future = executor.submit(kPassEnd, there);
      close_there();
      future.wait();
    }
    SUBCASE("an item whose future is not asked") {
      Queue<End> queue;
      auto future = queue.get_async();
      queue.put(there);
      close_there();
      future.wait();
    }
    SUBCASE("an item whose future is dropped before it comes") {
      Queue<End> queue;
      queue.get_async();
      queue.put(there);
      close_there();
    }
    SUBCASE("a message that is read as bytes") {
      auto [reader, writer] = pipe<End>();
      writer.send(there);
      close_there();
      reader.recv_bytes();
      CHECK_THROWS_AS(here.recv(kHangGuard), EndOfStream);
    }
    CHECK_THROWS_AS(here.recv(kHangGuard), EndOfStream);
  }
  std::string left;
  eventually([&] { return (left = leftovers(client)) == before; });
  CHECK(left == before);
}

TEST_CASE("an end of a pipe in the result of a process is closed when the process has ended") {
  auto [here, there] = pipe<std::string>();
  Process process{kPassEnd, there};
  process.start();
  there.close();
  process.join();
  CHECK_THROWS_AS(here.recv(kHangGuard), EndOfStream);
}

TEST_CASE("ends of pipes in results are read while other results arrive") {
  constexpr int kPipes = 200;
  Pool pool{{.processes = 4}};
  std::vector<Connection<std::string>> kept;
  std::vector<Connection<std::string>> given;
  for (int i = 0; i < kPipes; ++i) {
    auto [here, there] = pipe<std::string>();
    kept.push_back(std::move(here));
    given.push_back(std::move(there));
  }
  auto results = pool.imap_unordered(kPassEnd, given);
  int count = 0;
  while (auto end = results.next(kHangGuard)) {
    end->send("hello");
    ++count;
  }
  CHECK(count == kPipes);
  for (auto& one : kept) CHECK(one.recv(kHangGuard) == "hello");
}

TEST_CASE("an end of a pipe in a result is read once, however late") {
  auto [here, there] = pipe<std::string>();
  SUBCASE("from a future") {
    auto future = default_client().submit(kPassEnd, there);
    there.close();
    future.wait();
    auto end = future.get();
    end.send("hello");
    CHECK(here.recv(kHangGuard) == "hello");
  }
  SUBCASE("from a chunk of a pool's map") {
    auto [other, second] = pipe<std::string>();
    Pool pool{{.processes = 1}};
    const std::vector ends{there, second};  // a container that is kept is read at once
    auto results = pool.imap(kPassEnd, ends, 2);
    there.close();
    second.close();
    auto end = results.next();
    CHECK_FALSE(other.poll(50ms));
    auto last = results.next();
    last->send("hello");
    CHECK(other.recv(kHangGuard) == "hello");
  }
}

}  // namespace unread_end_test
