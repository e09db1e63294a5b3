// Many worker sessions in two processes: the real rules and sockets of a worker for each session, and one child that is
// played: it returns the arguments of an echo task at once. So a thousand sessions do not need three thousand
// processes.
//
//     forkmill-bench-sessions --broker ENDPOINT --sessions N --queues Q
#include <sys/resource.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "proto/limits.h"
#include "proto/os/real_env.h"
#include "proto/os/waiter.h"
#include "proto/transport/dealer.h"
#include "tests/bench/forkmill/tasks.h"
#include "tests/bench/measure/child.h"
#include "worker/rules/foreman.h"

namespace {

using namespace forkmill;
using namespace std::chrono_literals;
using bench::Child;
using worker::ChildKey;

constexpr int kHosts = 2;  // processes
constexpr ChildKey kOnlyChild{0, 1};

struct Options {
  std::string broker;
  int sessions = 2;
  int queues = 1;
};

// The child is done before anything can be revoked.
struct DoneAtOnce final : worker::Rings {
  bool revoke(ChildKey, std::uint64_t) override { return false; }
  bool condemn(ChildKey, std::uint64_t) override { return false; }
};

// Up to kMaxQueuesPerWorker queues from number * that on, and over again from the first.
std::vector<std::string> queues_of(int number, int queues) {
  if (queues == 1) return {"default"};
  const int count = std::min(queues, static_cast<int>(proto::limits::kMaxQueuesPerWorker));
  std::vector<std::string> names;
  for (int i = 0; i < count; ++i) names.push_back("bench-" + std::to_string((number * count + i) % queues));
  return names;
}

proto::Hello hello_of(int number, const Options& options, proto::RealEnv& env) {
  proto::Hello hello;
  hello.role = proto::Role::worker;
  hello.name = "bench-session-" + std::to_string(number);
  hello.host = "bench";
  hello.pid = static_cast<std::uint32_t>(getpid());
  hello.instance = env.random();
  hello.worker.queues = queues_of(number, options.queues);
  hello.worker.tasks = {{std::string{bench::kEcho.name()}, std::string{bench::kEcho.signature()}}};
  hello.worker.children = 1;
  return hello;
}
worker::ForemanConfig config_of(int number) {
  worker::ForemanConfig config;
  config.tasks = {{std::string{bench::kEcho.name()}, bench::kEcho.hash()}};
  config.name = "bench-session-" + std::to_string(number);
  config.host = "bench";
  return config;
}

class WorkerSession {
 public:
  WorkerSession(int number, const Options& options, proto::RealEnv& env)
      : env_{env},
        dealer_{options.broker},
        foreman_{config_of(number), hello_of(number, options, env), env.random(), rings_} {
    foreman_.spawned(kOnlyChild, 1);
    foreman_.handle(now(), kOnlyChild, worker::ChildBorn{});
  }

  int fd() const { return dealer_.fd(); }
  proto::Instant next_wakeup() const { return foreman_.next_wakeup(); }
  void work() {
    do {
      read();
      for (bool again = true; again;) {
        foreman_.tick(now());
        foreman_.flush(now());
        again = carry_out(foreman_.take_effects());
      }
    } while (dealer_.pending());
  }

 private:
  proto::Instant now() { return env_.now().steady; }
  void read() {
    while (const auto event = dealer_.link_event()) {
      if (*event == proto::Dealer::LinkEvent::up) foreman_.connected(now());
      if (*event == proto::Dealer::LinkEvent::down) foreman_.disconnected();
    }
    while (auto message = dealer_.receive()) {
      if (*message) foreman_.handle(now(), std::move(message->value()));
    }
  }
  // Returns whether tasks have ended meanwhile.
  bool carry_out(worker::Effects& effects) {
    for (const auto& envelope : effects.send) dealer_.send(envelope);
    if (effects.reconnect) dealer_.reconnect();
    const auto assignments = std::exchange(effects.assignments, {});
    for (const auto& assignment : assignments) {
      const auto arguments = foreman_.attempts().at(assignment.head.serial).task.payload;
      worker::ChildResult result;
      result.serial = assignment.head.serial;
      result.verdict = worker::Verdict::succeeded;
      result.run_us = 1;
      result.payload = arguments.view().substr(1);  // without the head of the array of arguments
      foreman_.handle(now(), kOnlyChild, worker::ChildMessage{result});
    }
    return !assignments.empty();
  }

  proto::RealEnv& env_;
  DoneAtOnce rings_;
  proto::Dealer dealer_;
  worker::Foreman foreman_;
};

// Runs the sessions host, host + kHosts, … until it is ended.
int run_host(int host, const Options& options) try {
  proto::RealEnv env;
  proto::Waiter waiter;
  std::vector<std::unique_ptr<WorkerSession>> sessions;
  for (int number = host; number < options.sessions; number += kHosts) {
    sessions.push_back(std::make_unique<WorkerSession>(number, options, env));
    waiter.add(sessions.back()->fd(), sessions.size() - 1);
  }
  constexpr proto::Instant kLookAtAll = 200ms;  // for timers
  for (auto look = proto::Instant{0};;) {
    if (env.now().steady >= look) {
      for (const auto& session : sessions) session->work();
      look = env.now().steady + kLookAtAll;
    }
    for (const auto ready : waiter.wait(std::max(look - env.now().steady, proto::Instant{0}))) sessions[ready]->work();
  }
} catch (const std::exception& error) {
  std::fprintf(stderr, "forkmill-bench-sessions: %s\n", error.what());
  return 1;
}

void allow_many_descriptors() {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace

int main(int argc, char** argv) try {
  Options options;
  CLI::App app{"Worker sessions whose children are played, for benchmarks"};
  app.add_option("--broker", options.broker, "endpoint of the broker")->required();
  app.add_option("--sessions", options.sessions, "number of sessions")
      ->capture_default_str()
      ->check(CLI::PositiveNumber);
  app.add_option("--queues", options.queues, "number of queues")->capture_default_str()->check(CLI::PositiveNumber);
  CLI11_PARSE(app, argc, argv);
  allow_many_descriptors();
  std::vector<Child> hosts;
  for (int host = 1; host < std::min(kHosts, options.sessions); ++host)
    hosts.push_back(Child::function([&] { return run_host(host, options); }));
  return run_host(0, options);
} catch (const std::exception& error) {
  std::fprintf(stderr, "forkmill-bench-sessions: %s\n", error.what());
  return 1;
}
