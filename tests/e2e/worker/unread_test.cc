// Logs and output without a reader: programs go on, and stop when they are asked to.
#include <doctest/doctest.h>
#include <forkmill/client.h>
#include <sys/stat.h>

#include "proto/os/descriptor.h"
#include "tests/e2e/worker/cluster.h"
#include "tests/e2e/worker/rogue_tasks.h"

namespace unread_test {

using namespace forkmill;
using namespace forkmill::test;

namespace {

constexpr auto kLong = 60s;

// A pipe by name that is full, until a test reads it.
class FullPipe {
 public:
  explicit FullPipe(const std::string& path) {
    ::unlink(path.c_str());
    REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
    pipe_ = proto::Descriptor{::open(path.c_str(), O_RDWR | O_NONBLOCK | O_CLOEXEC)};
    const std::string page(4096, '.');
    while (::write(pipe_.get(), page.data(), page.size()) > 0) {
    }
  }
  // Returns what is there now.
  std::string read() {
    std::string all;
    std::array<char, 65536> bytes;
    for (ssize_t length = 0; (length = ::read(pipe_.get(), bytes.data(), bytes.size())) > 0;)
      all.append(bytes.data(), static_cast<std::size_t>(length));
    return all;
  }

 private:
  proto::Descriptor pipe_;
};

}  // namespace

TEST_CASE("a broker and a worker whose output has no reader serve tasks, say what was dropped, and stop on SIGTERM") {
  Cluster cluster;
  cluster.stop_broker();
  FullPipe broker_log{cluster.path("broker.log")};
  FullPipe worker_log{cluster.path("worker.log")};
  cluster.start_broker();
  auto& worker = cluster.start_worker({"--log-level", "trace"});
  Client client{cluster.endpoint()};
  CHECK(client.submit(kEcho, "one").get_for(kLong) == "one");
  CHECK_THROWS_AS(client.with({.max_attempts = 1}).submit(kCrash, 300'000).get_for(kLong), WorkerLost);
  CHECK(client.submit(kEcho, "two").get_for(kLong) == "two");
  SUBCASE("read later") {
    std::string read;
    CHECK(eventually([&] { return (read += worker_log.read()).find("bytes of output dropped") != std::string::npos; }));
    CHECK(eventually([&] { return broker_log.read().find("listening on") != std::string::npos; }));
  }
  SUBCASE("never read") {}
  worker.signal(SIGTERM);
  CHECK(worker.exit_code() == 0);
  cluster.broker().signal(SIGTERM);
  CHECK(cluster.broker().exit_code() == 0);
}

}  // namespace unread_test
