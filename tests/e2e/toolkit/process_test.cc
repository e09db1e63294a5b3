// One Process: its states, its end, its errors.
#include <csignal>
#include <future>
#include <thread>

#include "tests/e2e/toolkit/process_kit.h"

// The handlers are in toolkit_program.cc; they never run here.
void Adder::run() { FAIL("not in the worker"); }
void Stateless::run() { FAIL("not in the worker"); }

namespace process_test {

using namespace forkmill;
using forkmill::test::error_of;
using forkmill::test::eventually;
using forkmill::test::in_proc;
using forkmill::test::ProcessCluster;
using namespace std::chrono_literals;
using forkmill::Process;

TEST_CASE("a process goes through created, ready, running and terminated") {
  forkmill::test::Cluster cluster;
  Client client{cluster.endpoint()};
  Process process{client, ProcessOptions{}, kHold, cluster.path("up"), cluster.path("go"), false};
  CHECK(process.state() == ProcessState::created);
  CHECK_FALSE(process.is_alive());
  CHECK_FALSE(process.exitcode());
  CHECK_FALSE(process.pid());
  process.start();
  CHECK(process.is_alive());
  CHECK(process.state() == ProcessState::ready);
  cluster.start_worker();
  REQUIRE(eventually([&] { return cluster.has("up"); }));
  REQUIRE(process.pid());
  CHECK(cluster.pids_in("up") == std::vector<pid_t>{static_cast<pid_t>(*process.pid())});
  CHECK(process.state() == ProcessState::running);
  CHECK(process.host() == current_process().host);
  CHECK_FALSE(process.exitcode());
  CHECK_FALSE(process.join(0ms));
  CHECK_FALSE(process.join(-5ms));
  CHECK_FALSE(process.join(10ms));
  cluster.touch("go");
  process.join();
  CHECK(process.state() == ProcessState::terminated);
  CHECK_FALSE(process.is_alive());
  CHECK(process.exitcode() == 0);
  CHECK(process.join(0ms));
  CHECK(to_string(process.state()) == "terminated");
  CHECK(process.error_text().empty());
  process.get();
}

TEST_CASE("starting twice and joining too early are errors") {
  ProcessCluster cluster;
  auto process = cluster.process(kNothing);
  CHECK(error_of([&] { process.join(); }) == Errc::bad_request);
  CHECK(error_of([&] { process.join(0ms); }) == Errc::bad_request);
  CHECK(error_of([&] { process.terminate(); }) == Errc::bad_request);
  CHECK(error_of([&] { process.sentinel(); }) == Errc::bad_request);
  process.start();
  CHECK(error_of([&] { process.start(); }) == Errc::bad_request);
  process.join();
  CHECK(error_of([&] { process.start(); }) == Errc::bad_request);
}

TEST_CASE("a start that waits for room in its client does not block the other methods") {
  ProcessCluster cluster;
  ClientOptions options;
  options.endpoint = cluster.endpoint();
  options.max_outstanding = 1;
  Client full{options};
  auto room = full.submit(kHold, cluster.path("up"), cluster.path("go"), false);
  forkmill::Process process{full, ProcessOptions{}, kHold, cluster.path("second"), cluster.path("go"), false};
  std::thread starts{[&] { process.start(); }};
  for (int i = 0; i < 2000; ++i) {
    CHECK_FALSE(process.is_alive());
    std::this_thread::yield();
  }
  cluster.touch("go");
  starts.join();
  process.join();
  CHECK(process.exitcode() == 0);
}

TEST_CASE("the exit code says how a process ended: an exception, exit(n), a signal") {
  ProcessCluster cluster;
  auto thrown = cluster.process(kThrow, "too far");
  auto left = cluster.process(kExit, 7);
  auto zero = cluster.process(kExit, 0);
  auto crashed = cluster.process(kRaise, SIGSEGV);
  for (Process* one : {&thrown, &left, &zero, &crashed}) one->start();
  for (Process* one : {&thrown, &left, &zero, &crashed}) one->join();
  CHECK(thrown.exitcode() == 1);
  CHECK(thrown.error_text().find("too far") != std::string::npos);
  CHECK_THROWS_AS(thrown.get(), RemoteError);
  CHECK(left.exitcode() == 7);
  CHECK(zero.exitcode() == 0);
  CHECK(crashed.exitcode() == -SIGSEGV);
  CHECK_THROWS_AS(crashed.get(), WorkerLost);
}

TEST_CASE("terminate sends SIGTERM, and kill sends SIGKILL") {
  ProcessCluster cluster;
  {
    auto process = cluster.held();
    const auto pid = static_cast<pid_t>(*process.pid());
    process.terminate();
    process.join();
    CHECK(process.exitcode() == -SIGTERM);
    CHECK_FALSE(process.is_alive());
    CHECK_FALSE(in_proc(pid));
    process.terminate();  // no effect: the process has ended
  }
  std::filesystem::remove(cluster.path("up"));
  auto stubborn = cluster.held({}, true);
  stubborn.terminate();
  CHECK_FALSE(stubborn.join(200ms));
  stubborn.kill();
  stubborn.join();
  CHECK(stubborn.exitcode() == -SIGKILL);
  CHECK(cluster.processes().empty());
}

TEST_CASE("terminating a process that has not started cancels it") {
  forkmill::test::Cluster cluster;
  Client client{cluster.endpoint()};
  Process process{client, ProcessOptions{}, kNothing};
  process.start();
  process.terminate();
  process.join();
  CHECK(process.exitcode() == -SIGTERM);
  CHECK_FALSE(process.pid());
  CHECK_FALSE(process.host());
  CHECK_THROWS_AS(process.get(), Cancelled);
}

TEST_CASE("send_signal reaches the process alone") {
  ProcessCluster cluster;
  auto process = cluster.held();
  process.signal(SIGUSR2);
  process.join();
  CHECK(process.exitcode() == -SIGUSR2);
  CHECK(error_of([&] { process.signal(0); }) == Errc::bad_request);
  CHECK(error_of([&] { process.signal(99); }) == Errc::bad_request);
}

TEST_CASE("close is an error while the process is alive; after it every method but close is an error") {
  ProcessCluster cluster;
  auto process = cluster.held();
  CHECK(error_of([&] { process.close(); }) == Errc::bad_request);
  cluster.touch("go");
  process.join();
  process.close();
  process.close();
  CHECK(error_of([&] { process.start(); }) == Errc::object_closed);
  CHECK(error_of([&] { process.join(); }) == Errc::object_closed);
  CHECK(error_of([&] { process.is_alive(); }) == Errc::object_closed);
  CHECK(error_of([&] { process.terminate(); }) == Errc::object_closed);
  CHECK(error_of([&] { process.kill(); }) == Errc::object_closed);
  CHECK(error_of([&] { process.exitcode(); }) == Errc::object_closed);
  CHECK(error_of([&] { process.pid(); }) == Errc::object_closed);
  CHECK(error_of([&] { process.name(); }) == Errc::object_closed);
  CHECK(error_of([&] { process.daemon(); }) == Errc::object_closed);
  CHECK(error_of([&] { process.set_daemon(true); }) == Errc::object_closed);
  CHECK(error_of([&] { process.state(); }) == Errc::object_closed);
  CHECK(error_of([&] { process.sentinel(); }) == Errc::object_closed);

  auto unstarted = cluster.process(kNothing);
  unstarted.close();
  CHECK(error_of([&] { unstarted.start(); }) == Errc::object_closed);
}

TEST_CASE("name and daemon flag are set before the start and frozen by it") {
  ProcessCluster cluster;
  auto plain = cluster.process(kNothing);
  CHECK(plain.name().rfind("Process-", 0) == 0);
  CHECK_FALSE(plain.daemon());
  CHECK(plain.ppid() == static_cast<std::uint32_t>(::getpid()));
  CHECK(plain.id().is_nil());
  plain.set_name("quiet");
  plain.set_daemon(true);
  CHECK(plain.name() == "quiet");
  CHECK(plain.daemon());
  plain.start();
  CHECK(error_of([&] { plain.set_name("loud"); }) == Errc::bad_request);
  CHECK(error_of([&] { plain.set_daemon(false); }) == Errc::bad_request);
  plain.join();
  CHECK_FALSE(plain.id().is_nil());
  CHECK(error_of([&] { plain.set_daemon(false); }) == Errc::bad_request);
  CHECK(error_of([&] { Process{{.name = "two\nlines"}, kNothing}; }) == Errc::name_invalid);
  CHECK(error_of([&] { Process{{.name = std::string(129, 'x')}, kNothing}; }) == Errc::option_out_of_range);
}

TEST_CASE("the sentinel becomes readable and on_exit is called at the end of a process") {
  ProcessCluster cluster;
  auto process = cluster.held();
  std::promise<std::string> told;
  process.on_exit([&] { told.set_value("ended"); });
  const auto sentinel = process.sentinel();
  CHECK_FALSE(sentinel.ready());
  cluster.touch("go");
  CHECK(told.get_future().get() == "ended");
  CHECK(sentinel.ready());
}

TEST_CASE("a class derived from Process passes its state to the process") {
  ProcessCluster cluster;
  register_process<Adder>("p.adder");
  Adder adder{cluster.client(), ProcessOptions{.name = "sum"}};
  adder.file = cluster.path("sum");
  adder.left = 40;
  adder.right = 2;
  adder.start();
  adder.join();
  CHECK(adder.error_text() == "");
  CHECK(adder.exitcode() == 0);
  CHECK(cluster.contents("sum") == "sum 42");
  CHECK_THROWS_AS(register_process<Adder>("p.adder"), std::invalid_argument);

  register_process<Stateless>("p.stateless");
  Stateless stateless{cluster.client()};
  stateless.start();
  stateless.join();
  CHECK(stateless.exitcode() == 5);

  auto plain = cluster.process(kNothing);
  CHECK(error_of([&] { plain.run(); }) == Errc::bad_request);
  class Unknown : public Process {
   public:
    explicit Unknown(Client& client) : Process{client, {}} {}
    void run() override {}
  };
  Unknown unknown{cluster.client()};
  CHECK(error_of([&] { unknown.start(); }) == Errc::bad_request);
}

TEST_CASE("a process can run a task by its name") {
  ProcessCluster cluster;
  auto process = Process::of(cluster.client(), "p.exit", detail::pack_arguments<int>(9));
  process.start();
  process.join();
  CHECK(process.exitcode() == 9);
  auto nobody = Process::of(cluster.client(), "p.nobody", detail::pack_arguments<>());
  nobody.start();
  CHECK_FALSE(nobody.join(50ms));
  CHECK(nobody.state() == ProcessState::ready);
  nobody.terminate();
  nobody.join();
}

TEST_CASE("a time limit ends a process") {
  ProcessCluster cluster;
  auto process = cluster.held({.timeout = 100ms});
  process.join();
  CHECK_THROWS_AS(process.get(), Timeout);
  CHECK(process.exitcode() == -SIGTERM);
}

TEST_CASE("current_process and parent_process name the processes") {
  ProcessCluster cluster;
  const auto self = current_process();
  CHECK(self.name == "MainProcess");
  CHECK(self.pid == static_cast<std::uint32_t>(::getpid()));
  CHECK(self.ppid == static_cast<std::uint32_t>(::getppid()));
  CHECK_FALSE(self.daemon);
  CHECK(cpu_count() >= 1);
  Process process{cluster.client(), {.name = "me", .daemon = true}, kWho, cluster.path("who")};
  process.start();
  const auto pid = process.pid();
  process.join();
  const auto lines = cluster.lines("who");
  REQUIRE(lines.size() == 5);
  CHECK(lines[0] == "me");
  CHECK(lines[1] == std::to_string(*pid));
  CHECK(lines[2] == std::to_string(::getpid()));
  CHECK(lines[3] == "daemon");
  CHECK(lines[4] == self.host);
}

TEST_CASE("active_children lists the running processes only") {
  ProcessCluster cluster;
  auto process = cluster.held();
  auto done = cluster.process(kNothing);
  done.start();
  done.join();
  const auto active = active_children();
  REQUIRE(active.size() == 1);
  CHECK(active[0].id() == process.id());
  cluster.touch("go");
  process.join();
  CHECK(active_children().empty());
}

TEST_CASE("processes run beside a busy pool, up to max_processes") {
  ProcessCluster cluster{{"--max-processes", "2"}};
  std::vector<Process> all;
  for (int i = 0; i < 3; ++i) {
    all.push_back(cluster.process(kHold, cluster.path("up" + std::to_string(i)), cluster.path("go"), false));
    all.back().start();
  }
  REQUIRE(eventually([&] { return cluster.processes().size() == 2; }));
  cluster.client().submit(kNothing).get();  // the pool is free
  std::size_t running = 0;
  for (const Process& one : all) running += one.state() == ProcessState::running ? 1 : 0;
  CHECK(running <= 2);
  cluster.touch("go");
  for (Process& one : all) {
    one.join();
    CHECK(one.exitcode() == 0);
  }
}

}  // namespace process_test
