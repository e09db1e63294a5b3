#include "client/pool/host.h"

#include <array>
#include <csignal>
#include <cstdio>
#include <utility>

#include "client/futures/log.h"
#include "proto/os/real_env.h"
#include "proto/pool_tasks.h"

namespace forkmill::detail {

namespace {

using namespace std::chrono_literals;

constexpr unsigned kMaxEarlyEnds = 3;
constexpr auto kProven = 1s;      // a host that has lived for this long has not ended early
constexpr auto kPatience = 5s;    // for the processes to end, when they are to end at once
constexpr auto kLookAround = 1s;  // between two looks whether the broker is still there

std::string fresh_queue() {
  proto::RealEnv env;
  std::array<char, 40> text{};
  std::snprintf(text.data(), text.size(), "%016llx%016llx", static_cast<unsigned long long>(env.random()),
                static_cast<unsigned long long>(env.random()));
  return std::string{proto::kPoolQueuePrefix} + text.data();
}

proto::PoolSpec spec_of(const PoolOptions& options, const std::string& queue) {
  proto::PoolSpec spec;
  spec.queue = queue;
  spec.processes = static_cast<std::uint32_t>(options.processes.value_or(0));
  spec.max_tasks_per_child = static_cast<std::uint64_t>(options.max_tasks_per_child.value_or(0));
  spec.initializer = options.initializer.name;
  spec.initializer_signature = options.initializer.signature;
  spec.initializer_arguments = options.initializer.arguments;
  return spec;
}

}  // namespace

// Tells the callback thread that a process has ended.
class PoolHost::Gone final : public Continuation {
 public:
  Gone(const std::shared_ptr<PoolHost>& host, unsigned generation)
      : Continuation{true}, host_{host}, callbacks_{host->pool_.callbacks}, generation_{generation} {}
  void run() noexcept override {
    // NOLINTNEXTLINE(bugprone-unhandled-exception-at-new): without memory, the program ends
    callbacks_->execute(Work{new CallbackWork{[host = host_, generation = generation_](bool runs) {
      if (const auto one = host.lock(); one && runs) one->gone(generation);
    }}});
  }
  void abandon() noexcept override { run(); }

 private:
  std::weak_ptr<PoolHost> host_;
  std::shared_ptr<Executor> callbacks_;
  unsigned generation_;
};

void PoolHost::start() {
  const auto queue = fresh_queue();
  pool_.sender->use_queue(queue);
  start(queue);
}

void PoolHost::start(const std::string& queue) {
  Process process = Process::of(pool_.client, proto::kPoolTask, pack_arguments(spec_of(pool_.options, queue)),
                                {.name = pool_.name, .daemon = true, .queue = pool_.options.queue});
  process.start();
  unsigned generation = 0;
  {
    const std::lock_guard hold{mutex_};
    process_ = process;
    started_at_ = std::chrono::steady_clock::now();
    generation = ++generation_;
  }
  process.sentinel().raw_state().add(new Gone{shared_from_this(), generation});
}

// Runs on the callback thread.
void PoolHost::gone(unsigned generation) noexcept {
  try {
    std::exception_ptr error;
    {
      const std::lock_guard hold{mutex_};
      if (pool_.calls->is_shut_down() || generation != generation_) return;
      error = process_->error();
    }
    if (!error)
      error = std::make_exception_ptr(Error{Errc::worker_lost, "the processes of " + pool_.name + " were ended"});
    if (!is_to_be_replaced(error)) return pool_.calls->fail(error);
    // Calls that come from here on go to the queue of the next host. Those that may be in the old queue end now.
    const auto queue = fresh_queue();
    pool_.sender->use_queue(queue);
    pool_.calls->end_all(error);
    start(queue);
    if (pool_.calls->is_shut_down()) stop(true);  // the pool has ended meanwhile, when there was no host to end
  } catch (const std::exception& failure) {
    client::log().error("{} has lost its processes and cannot start others: {}", pool_.name, failure.what());
    pool_.calls->fail(std::current_exception());
  }
}

bool PoolHost::is_to_be_replaced(const std::exception_ptr& error) {
  const std::lock_guard hold{mutex_};
  const bool early = std::chrono::steady_clock::now() - started_at_ < kProven;
  early_ends_ = early ? early_ends_ + 1 : 0;
  try {
    std::rethrow_exception(error);
  } catch (const WorkerLost&) {
    return early_ends_ < kMaxEarlyEnds;
  } catch (...) {
    return false;
  }
}

void PoolHost::end(Process& process) {
  process.signal(SIGTERM);
  process.signal(SIGINT);  // the second signal tells it not to wait for the calls that run
  if (!pool_.client.connected() || process.join(kPatience)) return;
  client::log().warn("the processes of {} have not ended yet", pool_.name);
}

void PoolHost::finish(Process& process) {
  // A host that is told to end before it was forked never is, and no process would run the initializer.
  if (!pool_.options.initializer.name.empty()) process.pid();
  process.signal(SIGTERM);
  while (pool_.client.connected() && !process.join(kLookAround)) continue;
}

void PoolHost::stop(bool at_once) {
  std::optional<Process> process;
  {
    const std::lock_guard hold{mutex_};
    process = process_;
  }
  if (!process || !process->is_alive()) return;
  try {
    at_once ? end(*process) : finish(*process);
  } catch (const Error& error) {
    // The client was closed; the processes end with that.
    client::log().debug("{} was not told to end: {}", pool_.name, error.what());
  }
}

}  // namespace forkmill::detail
