#include "client/pool/state.h"

#include <forkmill/process.h>

#include <algorithm>
#include <atomic>
#include <stdexcept>
#include <utility>

#include "client/engine/loans.h"
#include "client/pool/chunked_job.h"
#include "client/pool/fixed_job.h"
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
std::size_t chunk_window(std::size_t processes) { return std::max<std::size_t>(processes * 4, 64); }

// Chunks of a stream that may be done and unread: of as many items as the caller has asked for, and of those that run
// for a few milliseconds.
constexpr std::size_t kMaxUnread = 1024;
constexpr std::size_t kMaxUnreadLarge = 64;

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
      feeding_{make_callback_thread()},
      calls_{std::make_shared<PoolCalls>(name_)},
      sender_{std::make_shared<ChunkSender>(std::move(engine))},
      feeders_{std::make_shared<Feeders>()},
      feed_{std::make_shared<TaskFeed>(calls_, sender_, callbacks_, task_window(processes_))},
      host_{std::make_shared<PoolHost>(PoolHost::Pool{client, options_, name_, callbacks_, calls_, sender_})} {
  host_->start();
}

PoolJobRef PoolState::submit(const ChunkCall& call, PackedItems items, ChunkSize asked, PoolDeliver deliver) {
  check_chunk_size(asked);
  const auto processes = static_cast<std::size_t>(processes_);
  // An end of a pipe goes to one task, also if its process dies.
  const bool fixed = asked || client::holds_unsent(items.range(0, items.size()));
  if (fixed) {
    const auto size = asked ? static_cast<std::size_t>(*asked) : chunk_size_for(items, processes);
    auto job = std::make_shared<FixedJob>(calls_, sender_->origin(), callbacks_, std::move(deliver));
    return begin(job, [&] { job->sent(sender_->send_all(call, items, size)); });
  }
  check_items(items);
  auto job = std::make_shared<ChunkedJob>(
      calls_, callbacks_, std::move(deliver),
      ChunkedTerms{.sender = sender_, .feeding = feeding_, .call = call, .processes = processes, .costs = costs_},
      std::move(items));
  return begin(job, [&] { job->start(); });
}

template <class Job, class Send>
PoolJobRef PoolState::begin(std::shared_ptr<Job> job, Send send) {
  calls_->add(job);
  try {
    send();
  } catch (...) {
    calls_->remove(*job);
    throw;
  }
  return job;
}

PoolStreamRef PoolState::open_stream(ChunkCall call, ChunkSize chunk_size, bool ordered, bool abandoned_is_cancelled) {
  check_chunk_size(chunk_size);
  const auto processes = static_cast<std::size_t>(processes_);
  StreamTerms terms;
  terms.sender = sender_;
  terms.feeders = feeders_;
  terms.feeding = feeding_;
  terms.call = std::move(call);
  terms.processes = processes;
  terms.costs = costs_;
  terms.chunk_size = chunk_size;
  terms.window = chunk_size ? chunk_window(processes) : processes * 4;
  terms.unread = std::max(chunk_size ? kMaxUnread : kMaxUnreadLarge, terms.window);
  terms.ordered = ordered;
  terms.abandoned_is_cancelled = abandoned_is_cancelled;
  auto stream = std::make_shared<PoolStream>(calls_, std::move(terms));
  calls_->add(stream);
  const std::shared_ptr<void> reader{nullptr, [stream](void*) { stream->abandon(); }};
  return {reader, stream.get()};
}

void PoolState::terminate() {
  if (!calls_->shut_down()) return;
  calls_->end_all(std::make_exception_ptr(Cancelled{name_ + " was terminated"}));
  host_->stop(true);
}

void PoolState::join() {
  calls_->drain(*callbacks_);
  host_->stop(false);
}

}  // namespace forkmill::detail
