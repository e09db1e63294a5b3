#include "client/pool/state.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <csignal>
#include <cstdio>
#include <stdexcept>

#include "client/engine/options.h"
#include "client/futures/log.h"
#include "proto/limits.h"
#include "proto/pool_tasks.h"
#include "proto/transport/real_env.h"

namespace forkmill::detail {

namespace {

using namespace std::chrono_literals;

constexpr std::int64_t kMaxProcesses = 4096;
constexpr std::size_t kAutomaticBytes = 1024 * 1024;  // arguments of a chunk whose size nobody asked for
constexpr unsigned kMaxEarlyEnds = 3;
constexpr auto kProven = 1s;            // a host that lived this long may be replaced when it is lost
constexpr auto kPatience = 15s;         // for the processes to end
constexpr auto kPatienceAtTheEnd = 5s;  // when nobody asked to wait

PoolOptions checked(PoolOptions options) {
  const auto refuse = [](const char* what, std::int64_t value) {
    throw std::invalid_argument{std::string{"Pool: "} + what + " is " + std::to_string(value) +
                                "; it must be at least 1"};
  };
  if (options.processes && *options.processes < 1) refuse("processes", *options.processes);
  if (options.max_tasks_per_child && *options.max_tasks_per_child < 1)
    refuse("max_tasks_per_child", *options.max_tasks_per_child);
  if (options.processes && *options.processes > kMaxProcesses)
    throw std::invalid_argument{"Pool: processes is " + std::to_string(*options.processes) + "; at most 4096"};
  return options;
}

std::string pool_name(const std::string& given) {
  static std::atomic<unsigned> last{0};
  return given.empty() ? "Pool-" + std::to_string(++last) : given;
}

std::string fresh_queue() {
  proto::RealEnv env;
  std::array<char, 40> text{};
  std::snprintf(text.data(), text.size(), "pool.%016llx%016llx", static_cast<unsigned long long>(env.random()),
                static_cast<unsigned long long>(env.random()));
  return text.data();
}

std::string packed_chunk(const ChunkCall& call, const std::string* items, std::size_t count) {
  std::string out;
  StringSink sink{out};
  msgpack::packer<StringSink> packer{sink};
  packer.pack_array(4);
  packer.pack(call.task);
  packer.pack(call.signature);
  packer.pack(call.each);
  packer.pack_array(static_cast<std::uint32_t>(count));
  for (std::size_t i = 0; i < count; ++i) packer.pack(items[i]);
  return out;
}

}  // namespace

class PoolState::HostGone final : public Continuation {
 public:
  HostGone(const std::shared_ptr<PoolState>& pool, unsigned generation)
      : Continuation{true}, pool_{pool}, callbacks_{pool->callbacks_}, generation_{generation} {}
  void run() noexcept override {
    callbacks_->execute(Work{new Errand{[pool = pool_, generation = generation_](bool runs) {
      if (const auto one = pool.lock(); one && runs) one->host_gone(generation);
    }}});
  }
  void abandon() noexcept override { run(); }

 private:
  std::weak_ptr<PoolState> pool_;
  std::shared_ptr<Executor> callbacks_;
  unsigned generation_;
};

PoolState::PoolState(Client& client, Ref<Origin> engine, PoolOptions options)
    : client_{client},
      engine_{std::move(engine)},
      options_{checked(std::move(options))},
      processes_{options_.processes.value_or(cpu_count())},
      name_{pool_name(options_.name)},
      callbacks_{make_callback_thread()} {}

// ---- The host -------------------------------------------------------------------------------------------------------

void PoolState::start_host() {
  proto::PoolSpec spec;
  spec.queue = fresh_queue();
  spec.processes = static_cast<std::uint32_t>(options_.processes.value_or(0));
  spec.max_tasks_per_child = static_cast<std::uint64_t>(options_.max_tasks_per_child.value_or(0));
  spec.initializer = options_.initializer.name;
  spec.initializer_signature = options_.initializer.signature;
  spec.initializer_arguments = options_.initializer.arguments;
  Process host = Process::of(client_, proto::kPoolTask, pack_arguments(spec),
                             {.name = name_, .daemon = true, .queue = options_.queue});
  host.start();
  SubmitOptions how;
  how.queue = spec.queue;
  how.max_attempts = 1;
  unsigned generation = 0;
  {
    const std::unique_lock lock{mutex_};
    how_ = std::make_shared<const client::Prepared>(client::prepare(how));
    host_ = host;
    host_started_ = std::chrono::steady_clock::now();
    generation = ++generation_;
  }
  host.sentinel().raw_state().add(new HostGone{shared_from_this(), generation});
}

// Runs on the callback thread. What its processes had is lost. A host that was killed is replaced; what it says itself
// is final, as it is when its initializer failed.
void PoolState::host_gone(unsigned generation) noexcept {
  try {
    std::exception_ptr error;
    bool again = false;
    {
      const std::unique_lock lock{mutex_};
      if (phase_ == Phase::ended || generation != generation_) return;
      error = host_->error();
      if (!error)
        error = std::make_exception_ptr(Error{Errc::worker_lost, "the processes of " + name_ + " were ended"});
      const bool early = std::chrono::steady_clock::now() - host_started_ < kProven;
      early_ends_ = early ? early_ends_ + 1 : 0;
      try {
        std::rethrow_exception(error);
      } catch (const WorkerLost&) {
        again = early_ends_ < kMaxEarlyEnds;
      } catch (...) {
        again = false;
      }
      if (!again) failure_ = error;
    }
    end_all(error);
    if (again) start_host();
  } catch (const std::exception& trouble) {
    client::log().error("{} has lost its processes and cannot start others: {}", name_, trouble.what());
    const auto error = std::current_exception();
    {
      const std::unique_lock lock{mutex_};
      failure_ = error;
    }
    end_all(error);
  }
}

void PoolState::stop_host(bool at_once) {
  std::optional<Process> host;
  {
    const std::unique_lock lock{mutex_};
    host = host_;
  }
  if (!host || !host->is_alive()) return;
  try {
    host->signal(SIGTERM);
    if (at_once) host->signal(SIGINT);  // the second one does not wait for what runs
    const auto patience = at_once ? kPatienceAtTheEnd : kPatience;
    if (!client_.connected() || host->join(patience)) return;
    client::log().warn("the processes of {} have not ended yet", name_);
  } catch (const Error& error) {
    client::log().debug("{} was not told to end: {}", name_,
                        error.what());  // its client was closed: they end with that
  }
}

// ---- Calls ----------------------------------------------------------------------------------------------------------

void PoolState::keep(const std::shared_ptr<Outstanding>& call) {
  std::exception_ptr failure;
  {
    const std::unique_lock lock{mutex_};
    if (phase_ != Phase::open) throw Error{Errc::object_closed, name_ + " takes no more calls"};
    if (!failure_) {
      calls_.emplace(call.get(), call);
      return;
    }
    failure = failure_;
  }
  call->end(failure);
}

void PoolState::forget(Outstanding& call) {
  const std::unique_lock lock{mutex_};
  calls_.erase(&call);
  if (calls_.empty()) idle_.notify_all();
}

std::size_t PoolState::chunk_size_for(std::size_t items, ChunkSize asked) const {
  if (asked && *asked < 1)
    throw std::invalid_argument{"Pool: the chunk size is " + std::to_string(*asked) + "; it must be at least 1"};
  if (asked) return static_cast<std::size_t>(*asked);
  const auto shares = static_cast<std::size_t>(processes_) * 4;
  return std::max<std::size_t>((items + shares - 1) / shares, 1);
}

std::vector<Chunk> PoolState::send(const ChunkCall& call, const std::vector<std::string>& items,
                                   std::size_t chunk_size) {
  std::vector<std::string> payloads;
  for (std::size_t at = 0; at < items.size();) {
    const auto count = std::min(chunk_size, items.size() - at);
    payloads.push_back(packed_chunk(call, &items[at], count));
    at += count;
  }
  std::shared_ptr<const client::Prepared> how;
  {
    const std::unique_lock lock{mutex_};
    how = how_;
  }
  auto chunks = client::engine_of(engine_).tasks().submit_all(*how, proto::kChunkTask, 0, payloads);
  for (const Chunk& chunk : chunks) chunk->decode_by(&decode_into<RawResult>);
  return chunks;
}

PoolJobRef PoolState::submit(ChunkCall call, const std::vector<std::string>& items, ChunkSize asked,
                             PoolDeliver deliver) {
  std::size_t chunk_size = chunk_size_for(items.size(), asked);
  if (!asked) {
    std::size_t largest = 1;
    for (const auto& item : items) largest = std::max(largest, item.size());
    chunk_size = std::clamp<std::size_t>(kAutomaticBytes / largest, 1, chunk_size);
  }
  auto job = std::make_shared<PoolJob>(weak_from_this(), callbacks_, std::move(deliver));
  keep(job);
  try {
    job->sent(send(call, items, chunk_size));
  } catch (...) {
    forget(*job);
    throw;
  }
  return job;
}

PoolStreamRef PoolState::open_stream(ChunkCall call, std::int64_t chunk_size, bool ordered) {
  auto stream =
      std::make_shared<PoolStream>(shared_from_this(), std::move(call), chunk_size_for(0, chunk_size), ordered);
  keep(stream);
  return stream;
}

// ---- The end --------------------------------------------------------------------------------------------------------

void PoolState::end_all(const std::exception_ptr& error) {
  Calls calls;
  {
    const std::unique_lock lock{mutex_};
    calls = calls_;
  }
  for (const auto& [pointer, call] : calls) call->end(error);
}

void PoolState::close() {
  const std::unique_lock lock{mutex_};
  if (phase_ == Phase::open) phase_ = Phase::closed;
}

void PoolState::terminate() {
  {
    const std::unique_lock lock{mutex_};
    if (phase_ == Phase::ended) return;
    phase_ = Phase::ended;
  }
  end_all(std::make_exception_ptr(Cancelled{name_ + " was terminated"}));
  stop_host(true);
}

void PoolState::join() {
  {
    std::unique_lock lock{mutex_};
    if (phase_ == Phase::open) throw Error{Errc::bad_request, name_ + ": join() before close() or terminate()"};
    idle_.wait(lock, [&] { return calls_.empty(); });
    phase_ = Phase::ended;
  }
  stop_host(false);
}

}  // namespace forkmill::detail
