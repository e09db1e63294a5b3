#include "client/local/last_tasks.h"

#include <forkmill/client.h>
#include <forkmill/default_client.h>
#include <forkmill/serialize.h>
#include <forkmill/worker.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <exception>
#include <map>
#include <thread>
#include <vector>

#include "proto/pool_tasks.h"
#include "proto/text.h"

namespace forkmill::local {

namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

constexpr auto kAnswerPatience = 10s;  // for the broker's answer
constexpr auto kSilence = 1s;          // before the program says that it waits
constexpr auto kShortPause = 2ms;      // between two questions, at first
constexpr auto kLongPause = 100ms;     // and at last
constexpr auto kWorkerPatience = 5s;   // for the program's worker to connect

using Row = std::map<std::string, msgpack::object>;

std::uint64_t number(const Row& row, const char* key) { return row.at(key).as<std::uint64_t>(); }

struct LastTasks {
  std::uint64_t served = 0;
  std::uint64_t awaited = 0;   // in queues of the program's worker, which has not connected yet or is started again
  std::uint64_t unserved = 0;  // in queues of no worker: nothing will ever run them

  // Returns the count that a queue adds to.
  std::uint64_t& of(const std::string& queue, const Row& row) {
    static const WorkerOptions standard;
    if (number(row, "workers") > 0) return served;
    return std::ranges::find(standard.queues, queue) != standard.queues.end() ? awaited : unserved;
  }
};

LastTasks count_tasks(Client& client) {
  const auto answer = client.query(Query{.kind = QueryKind::queues}).get_for(kAnswerPatience);
  const auto body = detail::unpack_bounded(answer.bytes);
  LastTasks left;
  for (const auto& packed : body.get().as<Row>().at("queues").as<std::vector<msgpack::object>>()) {
    const auto row = packed.as<Row>();
    const auto name = row.at("name").as<std::string>();
    if (name.starts_with(proto::kPoolQueuePrefix) || name.find('+') != std::string::npos) continue;
    const auto tasks = number(row, "ready") + number(row, "scheduled") + number(row, "running");
    left.of(name, row) += tasks;
  }
  return left;
}

// Says on stderr what is to become of the tasks: `what` follows "is" or "are".
void say(std::uint64_t tasks, const char* what) {
  if (tasks == 0) return;
  std::fprintf(stderr, "forkmill local://: %s %s %s\n", proto::format_count(tasks, "task").c_str(),
               tasks == 1 ? "is" : "are", what);
}

void settle(const std::string& endpoint, AtExit how) {
  ClientOptions options;
  options.endpoint = endpoint;
  detail::deliver_local_tasks();
  Client client{options};
  LastTasks left = count_tasks(client);
  if (how == AtExit::drop)
    return say(left.served + left.awaited + left.unserved, "lost: the program ends and has not waited");
  const auto speaks_at = Clock::now() + kSilence;
  auto gives_up_at = Clock::now() + kWorkerPatience;
  bool silent = true;
  for (Clock::duration pause = kShortPause; left.served > 0 || (left.awaited > 0 && Clock::now() < gives_up_at);
       pause = std::min<Clock::duration>(2 * pause, kLongPause)) {
    if (left.awaited == 0) gives_up_at = Clock::now() + kWorkerPatience;
    if (silent && Clock::now() >= speaks_at) {
      silent = false;
      say(left.served + left.awaited, "still to end before the program does");
    }
    std::this_thread::sleep_for(pause);
    left = count_tasks(client);
  }
  say(left.awaited + left.unserved, "lost: no worker serves the queue");
}

}  // namespace

// In a thread of its own: the variables of the main thread (thread_local) have been destroyed by then.
void settle_last_tasks(const std::string& endpoint, AtExit how) noexcept {
  std::thread{[&] {
    try {
      settle(endpoint, how);
    } catch (const std::exception& error) {
      std::fprintf(stderr, "forkmill local://: %s\n", error.what());
    }
  }}.join();
}

}  // namespace forkmill::local
