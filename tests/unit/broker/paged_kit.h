// Shared by the tests of tasks that are left on disk: a durable broker whose limits of memory are tiny.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <unordered_set>
#include <utility>
#include <vector>

#include "tests/unit/broker/broker.h"

namespace forkmill::broker::test {

inline CoreOptions tiny() {
  CoreOptions options;
  options.resident.tasks = 4;
  options.resident.page = 2;
  options.resident.scheduled = 2;
  options.resident.results = 2;
  return options;
}

struct Paged {
  MemoryStore store{"s", true};
  Broker broker;
  Broker::Peer client;

  explicit Paged(CoreOptions options = tiny()) : broker{std::move(options), &store}, client{broker.client()} {}

  void submit(std::uint64_t first, std::uint64_t last, const TaskOptions& options = {}) {
    for (std::uint64_t n = first; n <= last; ++n) broker.submit(client, {task(n, options)});
  }
  void submit_large(std::uint64_t last, std::size_t bytes) {
    for (std::uint64_t n = 1; n <= last; ++n) {
      Submission one = task(n);
      one.payload = Payload::own(std::string(bytes, 'x'));
      broker.submit(client, {one});
    }
  }
  std::size_t resident() { return broker.core().state().tasks.resident(); }
  std::size_t paged_out() { return broker.core().state().tasks.paged_out(); }
  // Returns the tasks in the order of their grants to a worker that finishes each one at once.
  std::vector<TaskId> work_off(const Broker::Peer& worker, std::string_view value = "result") {
    std::vector<TaskId> order;
    for (auto grants = broker.grants(worker); !grants.empty(); grants = broker.grants(worker))
      for (const auto& granted : grants) {
        order.push_back(granted.id);
        broker.succeed(worker, granted.grant, value);
      }
    return order;
  }
  // Has tasks 1 to `last` submitted by a client that leaves, and done by the worker that is returned. Their results are
  // a megabyte each.
  Broker::Peer leave_large_results(std::uint64_t last) {
    submit(1, last);
    auto worker = broker.worker(1);
    broker.send(client, Goodbye{});
    work_off(worker, std::string(1024 * 1024, 'x'));
    return worker;
  }
  // Returns a client that is sent at most `window` results before it acknowledges them.
  Broker::Peer reader(std::uint32_t window) {
    Hello hello;
    hello.name = "reader";
    hello.window_results = window;
    return broker.connect(hello);
  }
  // Lets the broker do all that it can do now.
  void settle() {
    while (broker.core().next_wakeup() <= broker.now.steady) broker.advance(Instant{0});
  }
  // Returns what has come to the client, and acknowledges it.
  std::vector<TaskResult> read(const Broker::Peer& peer) {
    auto results = broker.results(peer);
    if (!results.empty()) broker.send(peer, ResultAck{{broker.last_taken()}});
    settle();
    return results;
  }
};

inline std::vector<TaskId> ids(std::uint64_t first, std::uint64_t last) {
  std::vector<TaskId> all;
  for (std::uint64_t n = first; n <= last; ++n) all.push_back(id(n));
  return all;
}

}  // namespace forkmill::broker::test
