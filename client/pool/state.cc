#include "client/pool/state.h"

#include <forkmill/process.h>

#include <algorithm>
#include <atomic>
#include <stdexcept>
#include <utility>

#include "client/pool/job.h"
#include "client/pool/stream.h"

namespace forkmill::detail {

namespace {

constexpr std::int64_t kMaxProcesses = 4096;

PoolOptions checked(PoolOptions options) {
  const auto check = [](const char* what, std::optional<std::int64_t> value) {
    if (value && *value < 1)
      throw std::invalid_argument{std::string{"Pool: "} + what + " is " + std::to_string(*value) +
                                  "; it must be at least 1"};
  };
  check("processes", options.processes);
  check("max_tasks_per_child", options.max_tasks_per_child);
  if (options.processes && *options.processes > kMaxProcesses)
    throw std::invalid_argument{"Pool: processes is " + std::to_string(*options.processes) + "; at most " +
                                std::to_string(kMaxProcesses) + " are allowed"};
  return options;
}

// Tasks of an executor that may be at the broker: one runs in each process, and one waits to.
std::size_t task_window(std::int64_t processes) { return static_cast<std::size_t>(processes) * 2; }

// Chunks of a stream that may be under way: short ones shall not wait for the round trip of others.
std::size_t chunk_window(std::int64_t processes) {
  return std::max<std::size_t>(static_cast<std::size_t>(processes) * 4, 64);
}

std::string pool_name(const std::string& given) {
  static std::atomic<unsigned> last{0};
  return given.empty() ? "Pool-" + std::to_string(++last) : given;
}

}  // namespace

PoolState::PoolState(Client& client, Ref<Origin> engine, PoolOptions options)
    : options_{checked(std::move(options))},
      processes_{options_.processes.value_or(cpu_count())},
      name_{pool_name(options_.name)},
      callbacks_{make_callback_thread()},
      calls_{std::make_shared<PoolCalls>(name_)},
      sender_{std::make_shared<ChunkSender>(std::move(engine))},
      feeders_{std::make_shared<Feeders>()},
      feed_{std::make_shared<TaskFeed>(calls_, sender_, callbacks_, task_window(processes_))},
      host_{std::make_shared<PoolHost>(PoolHost::Pool{client, options_, name_, callbacks_, calls_, sender_})} {
  host_->start();
}

PoolJobRef PoolState::submit(const ChunkCall& call, const std::vector<std::string>& items, ChunkSize asked,
                             PoolDeliver deliver) {
  const auto chunk_size = chunk_size_for(items, processes_, asked);
  auto job = std::make_shared<PoolJob>(calls_, sender_->origin(), callbacks_, std::move(deliver));
  calls_->add(job);
  try {
    job->sent(sender_->send(call, items, chunk_size));
  } catch (...) {
    calls_->remove(*job);
    throw;
  }
  return job;
}

PoolStreamRef PoolState::open_stream(ChunkCall call, ChunkSize chunk_size, bool ordered) {
  StreamTerms terms{.sender = sender_, .feeders = feeders_, .call = std::move(call), .ordered = ordered};
  terms.chunk_size = chunk_size_for(0, processes_, chunk_size);
  terms.window = chunk_window(processes_);
  auto stream = std::make_shared<PoolStream>(calls_, std::move(terms));
  calls_->add(stream);
  return stream;
}

void PoolState::terminate() {
  if (!calls_->shut_down()) return;
  calls_->end_all(std::make_exception_ptr(Cancelled{name_ + " was terminated"}));
  host_->stop(true);
}

void PoolState::join() {
  calls_->drain();
  host_->stop(false);
}

}  // namespace forkmill::detail
