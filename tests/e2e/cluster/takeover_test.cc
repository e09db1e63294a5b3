// Brokers that stand by for each other on one PostgreSQL database, with real clients and workers that know both.
#include <doctest/doctest.h>
#include <forkmill/client.h>

#include <array>
#include <atomic>
#include <map>
#include <thread>

#include "tests/e2e/cluster/postgres_server.h"
#include "tests/e2e/worker/cluster.h"
#include "tests/e2e/worker/rogue_tasks.h"
#include "tests/folder.h"

using namespace forkmill;
using namespace forkmill::test;

namespace {

constexpr auto kLong = 120s;

// Two places for brokers of one cluster.
class Brokers {
 public:
  Brokers() {
    server_.start();
    start("a");
    await_log("a", "listening on");
    start("b");
    await_log("b", "standing by");
  }

  std::string endpoint(const std::string& name) const { return "ipc://" + folder_.path(name); }
  std::string endpoints() const { return endpoint("a") + "," + endpoint("b"); }
  std::string log(const std::string& name) const { return folder_.read(name + ".log"); }
  std::string path(const std::string& name) const { return folder_.path(name); }
  PostgresServer& server() { return server_; }

  void start(const std::string& name) {
    std::filesystem::remove(folder_.path(name + ".log"));
    processes_.insert_or_assign(
        name, std::make_unique<Process>(std::vector<std::string>{FORKMILL_BROKER_PROGRAM, "--listen", endpoint(name),
                                                                 "--store", server_.url(), "--durability", "local",
                                                                 "--heartbeat", "200ms", "--session-timeout", "2s"},
                                        folder_.path(name + ".log")));
  }
  Process& operator[](const std::string& name) { return *processes_.at(name); }
  void await_log(const std::string& name, const std::string& text) const {
    REQUIRE_MESSAGE(eventually([&] { return log(name).find(text) != std::string::npos; }), log(name));
  }
  std::unique_ptr<Process> worker() const { return worker(endpoints()); }
  std::unique_ptr<Process> worker(const std::string& endpoints) const {
    return std::make_unique<Process>(std::vector<std::string>{ROGUE_WORKER_PROGRAM, "--broker", endpoints,
                                                              "--processes", "2", "--kill-grace", "200ms"},
                                     folder_.path("worker.log"));
  }

 private:
  PostgresServer server_;
  tests::Folder folder_;
  std::map<std::string, std::unique_ptr<Process>> processes_;
};

// Submits tasks without a pause, and counts what becomes of each.
class Load {
 public:
  explicit Load(const std::string& endpoints) : client_{endpoints} {
    thread_ = std::jthread{[this](const std::stop_token& stop) {
      while (!stop.stop_requested()) submit();
    }};
  }
  std::size_t ended() const { return ended_; }
  void stop() {
    thread_.request_stop();
    thread_.join();
  }
  // Waits for all tasks. Fails unless each has ended once, with its own value.
  void check() {
    for (std::size_t i = 0; i < futures_.size(); ++i) CHECK(futures_[i].get_for(kLong) == text_of(i));
    CHECK(eventually([&] { return ended_ == futures_.size(); }));
    MESSAGE(futures_.size() << " tasks");
  }

 private:
  static std::string text_of(std::size_t number) { return "task " + std::to_string(number); }
  void submit() {
    constexpr std::size_t kAtOnce = 500;
    if (futures_.size() - ended_ >= kAtOnce) {
      futures_[futures_.size() - kAtOnce].wait_for(100ms);
      return;
    }
    futures_.push_back(client_.submit(kEcho, text_of(futures_.size())).then([this](const std::string& text) {
      ++ended_;
      return text;
    }));
  }

  Client client_;
  std::atomic<std::size_t> ended_{0};
  std::vector<Future<std::string>> futures_;
  std::jthread thread_;
};

}  // namespace

TEST_CASE("when the owner dies, stops or is paused under load, the other takes over and no acknowledged task is lost") {
  Brokers brokers;
  const auto worker = brokers.worker();
  Load load{brokers.endpoints()};
  const auto await_progress = [&] {
    const std::size_t before = load.ended();
    REQUIRE(eventually([&] { return load.ended() > before + 1000; }));
  };
  await_progress();
  SUBCASE("kill -9, three times in turns") {
    std::string owner = "a";
    std::string other = "b";
    for (int round = 0; round < 3; ++round) {
      brokers[owner].signal(SIGKILL);
      brokers[owner].wait();
      brokers.await_log(other, "listening on");
      await_progress();
      brokers.start(owner);
      brokers.await_log(owner, "standing by");
      std::swap(owner, other);
    }
  }
  SUBCASE("a clean stop") {
    brokers["a"].signal(SIGTERM);
    CHECK(brokers["a"].exit_code() == 0);
    brokers.await_log("b", "listening on");
    await_progress();
  }
  SUBCASE("a pause: the old owner ends itself when it goes on") {
    brokers["a"].signal(SIGSTOP);
    brokers.await_log("b", "listening on");
    await_progress();
    brokers["a"].signal(SIGCONT);
    CHECK(brokers["a"].exit_code() == 1);
    CHECK(brokers.log("a").find("another broker has taken over") != std::string::npos);
    await_progress();
  }
  load.stop();
  load.check();
}

TEST_CASE("of brokers that start at once one owns the tasks, and the other one ends with status 0 when it is stopped") {
  Brokers brokers;
  for (const char* name : {"b", "a"}) {
    brokers[name].signal(SIGTERM);
    CHECK(brokers[name].exit_code() == 0);
  }
  for (const char* name : {"a", "b"}) brokers.start(name);
  const auto says = [&](const std::string& name, const std::string& text) {
    return brokers.log(name).find(text) != std::string::npos;
  };
  const auto is_second = [&](const std::string& name, const std::string& other) {
    return says(name, "standing by") && says(other, "listening on");
  };
  REQUIRE(eventually([&] { return is_second("a", "b") || is_second("b", "a"); }));
  for (const char* name : is_second("a", "b") ? std::array{"a", "b"} : std::array{"b", "a"}) {
    brokers[name].signal(SIGTERM);
    CHECK(brokers[name].exit_code() == 0);
  }
}

TEST_CASE("a broker that stands by ends when it is stopped, and one that is stopped while the database is away ends") {
  Brokers brokers;
  brokers["b"].signal(SIGTERM);
  CHECK(brokers["b"].exit_code() == 0);
  Client client{brokers.endpoints()};
  const auto done = client.submit(kEcho, "x");
  REQUIRE(eventually([&] { return done.state() == FutureState::accepted; }));
  brokers.server().stop();
  const auto waiting = client.submit(kEcho, "y");
  brokers.await_log("a", "the database is away");
  brokers["a"].signal(SIGTERM);
  CHECK(brokers["a"].exit_code() == 1);
  CHECK(waiting.state() == FutureState::pending);
}

TEST_CASE("clients and workers find the owner in a list with dead, wrong and repeated endpoints") {
  Brokers brokers;
  const std::string dead = "ipc://" + brokers.path("nobody");
  const std::string wrong = "ipc://" + brokers.server().folder() + "/.s.PGSQL.5432";
  const std::string a = brokers.endpoint("a");
  const std::string b = brokers.endpoint("b");
  const std::string list = dead + "," + wrong + "," + a + "," + a + ",tcp://127.0.0.1:1," + b + "," + dead + "," + a;
  const auto worker = brokers.worker(list);
  Client client{list};
  CHECK(client.submit(kEcho, "x").get_for(kLong) == "x");
  brokers["a"].signal(SIGKILL);
  brokers["a"].wait();
  auto waiting = client.submit(kEcho, "y");
  brokers.await_log("b", "listening on");
  CHECK(waiting.get_for(kLong) == "y");
}

TEST_CASE("a client that knows a newer history than the database is told, and tasks of the database stay") {
  Brokers brokers;
  for (const char* name : {"b", "a"}) {
    brokers[name].signal(SIGTERM);
    CHECK(brokers[name].exit_code() == 0);
  }
  const auto begin = [&] {
    brokers.server().start();
    brokers.start("a");
    brokers.await_log("a", "listening on");
  };
  const auto end = [&] {
    brokers["a"].signal(SIGKILL);
    brokers["a"].wait();
    brokers.server().stop();
  };
  const auto submit = [](Client& client, const std::string& text) {
    auto future = client.submit(kEcho, text);
    REQUIRE(eventually([&] { return future.state() == FutureState::accepted; }));
    return future;
  };
  brokers.start("a");
  brokers.await_log("a", "listening on");
  Client client{brokers.endpoint("a")};
  const auto kept = submit(client, "kept");
  end();
  brokers.server().back_up();
  begin();
  auto lost = submit(client, "lost");
  end();
  brokers.server().restore();
  begin();
  try {
    static_cast<void>(lost.get_for(kLong));
    FAIL("the task is not in the database any more");
  } catch (const Disconnected& error) {
    CHECK_MESSAGE(std::string{error.what()}.find("older history") != std::string::npos, error.what());
    CHECK(std::string{error.what()}.find("Was a backup restored") != std::string::npos);
  }
  const auto worker = brokers.worker(brokers.endpoint("a"));
  Client other{brokers.endpoint("a")};
  CHECK(other.attach(kEcho, kept.id()).get_for(kLong) == "kept");
}

TEST_CASE("passwords on the command line of a broker are hidden, and logs do not have them") {
  Brokers brokers;
  const std::string url = "postgresql://forkmill:secret-word@/postgres?host=" + brokers.server().folder();
  Process broker{{FORKMILL_BROKER_PROGRAM, "--listen", brokers.endpoint("c"), "--store", url, "--durability", "local"},
                 brokers.path("c.log")};
  brokers.await_log("c", "standing by");
  std::ifstream file{"/proc/" + std::to_string(broker.pid()) + "/cmdline"};
  const std::string line{std::istreambuf_iterator<char>{file}, {}};
  CHECK(line.find("secret-word") == std::string::npos);
  CHECK(line.find("forkmill:***********@") != std::string::npos);
  CHECK(brokers.log("c").find("secret-word") == std::string::npos);
}
