#include "tests/sim/options.h"

#include <sstream>

namespace forkmill::sim {

using namespace std::chrono_literals;

namespace {

// Half of the seeds do without.
double sometimes(Random& random, double most) { return random.chance(0.5) ? most * random.unit() : 0; }

void draw_faults(Random& random, FaultRates& faults) {
  faults.cut = sometimes(random, 12);
  faults.partition = sometimes(random, 4);
  faults.broker_crash = sometimes(random, 3);
  faults.broker_stop = sometimes(random, 1);
  faults.broker_pause = sometimes(random, 3);
  faults.worker_crash = sometimes(random, 3);
  faults.worker_pause = sometimes(random, 3);
  faults.worker_drain = sometimes(random, 2);
  faults.client_crash = sometimes(random, 2);
  faults.client_pause = sometimes(random, 3);
}

void draw_core(Random& random, broker::CoreOptions& core) {
  constexpr milliseconds kTimeouts[] = {1s, 2s, 5s, 10s};
  core.session_timeout = kTimeouts[random.below(4)];
  core.heartbeat = core.session_timeout / static_cast<int>(random.between(2, 5));
  core.result_ttl = 5min;
  if (random.chance(0.3)) core.window_tasks = static_cast<std::uint32_t>(random.between(1, 20));
  if (random.chance(0.3)) core.window_bytes = random.between(100, 20'000);
  if (random.chance(0.3)) core.queue.max_tasks = random.between(2, 60);
  if (random.chance(0.2)) core.queue.max_bytes = random.between(100'000, 400'000);
  if (random.chance(0.3)) core.kept_results = random.below(20);
  if (random.chance(0.3)) core.dead_letters = random.below(5);
  core.restart_grace = milliseconds{random.chance(0.3) ? 0 : static_cast<std::int64_t>(random.between(1, 3000))};
  if (random.chance(0.4)) return;
  core.near.tasks = random.between(1, 8);
  core.near.page = random.between(1, 5);
  if (random.chance(0.3)) core.near.bytes = random.between(1, 1000);
  core.near.scheduled = random.below(5);
  core.near.results = random.below(5);
}

void draw_tasks(Random& random, Options& options) {
  options.max_attempts = static_cast<std::uint32_t>(random.between(1, 6));
  options.memory_tasks = sometimes(random, 1);
  options.priorities = sometimes(random, 1);
  options.delayed = sometimes(random, 0.5);
  options.expiring = sometimes(random, 0.5);
  options.limited = sometimes(random, 0.5);
  options.retry_errors = sometimes(random, 1);
  options.large = sometimes(random, 0.1);
  options.cancels = sometimes(random, 0.4);
  options.attaches = sometimes(random, 0.3);
  options.queries = sometimes(random, 0.3);
  options.reject_when_full = random.chance(0.2);
  options.throws = sometimes(random, 0.5);
  options.asks_retry = sometimes(random, 0.3);
  options.child_dies = sometimes(random, 0.2);
  options.stillborn = sometimes(random, 0.3);
  options.progress = sometimes(random, 0.5);
  options.stubborn = sometimes(random, 0.5);
  options.at_most_once = sometimes(random, 0.5);
  // Where few tasks are let in at a time, all would take hours.
  const bool roomy = options.core.queue.max_tasks > options.tasks;
  options.longest_delay = random.chance(0.3) && roomy ? Instant{120s} : Instant{20s};
}

}  // namespace

Options draw(std::uint64_t seed) {
  Random random{seed * 0x2545F4914F6CDD1DULL + 1};
  Options options;
  options.seed = seed;
  options.durable = random.chance(0.6);
  if (random.chance(0.7)) options.commit_delay = random.between(Instant{1ms}, Instant{200ms});
  draw_core(random, options.core);
  options.clients = random.between(1, 4);
  options.workers = random.between(1, 4);
  options.children = random.between(1, 6);
  options.queues = random.between(1, 3);
  options.kinds = random.between(1, 3);
  options.specialists = random.chance(0.3);
  if (random.chance(0.3)) options.max_tasks_per_child = random.between(1, 10);
  options.tasks = random.between(20, 400);
  options.burst = random.between(1, 40);
  options.safety = random.between(Instant{10s}, Instant{90s});
  constexpr Instant kDelays[] = {200us, 2ms, 30ms, 300ms};
  options.net_delay = kDelays[random.below(4)];
  constexpr Instant kRuns[] = {300us, 5ms, 100ms, 3s};
  options.run_time = kRuns[random.below(4)];
  if (random.chance(0.9)) draw_faults(random, options.faults);
  draw_tasks(random, options);
  return options;
}

std::string to_string(const Options& options) {
  std::ostringstream text;
  const auto ms = [](auto duration) { return std::chrono::duration<double, std::milli>(duration).count(); };
  const FaultRates& f = options.faults;
  const auto& core = options.core;
  text.precision(3);
  text << "  store " << (options.durable ? "durable" : "memory") << ", commits up to " << ms(options.commit_delay)
       << " ms; heartbeat " << ms(core.heartbeat) << ", session " << ms(core.session_timeout) << " ms; window "
       << core.window_tasks << " tasks " << core.window_bytes << " bytes; queue " << core.queue.max_tasks << " tasks "
       << core.queue.max_bytes << " bytes; kept " << core.kept_results << ", dead letters " << core.dead_letters
       << "; near " << core.near.tasks << " tasks " << core.near.bytes << " bytes, pages of " << core.near.page << ", "
       << core.near.scheduled << " scheduled, " << core.near.results << " results; grace " << ms(core.restart_grace)
       << " ms\n"
       << "  " << options.clients << " clients, " << options.workers << " workers of up to " << options.children
       << " children" << (options.specialists ? " (specialists)" : "") << ", " << options.max_tasks_per_child
       << " tasks a child; " << options.queues << " queues, " << options.kinds << " kinds\n"
       << "  " << options.tasks << " tasks by up to " << options.burst << " in " << ms(options.safety)
       << " ms; network up to " << ms(options.net_delay) << " ms, runs up to " << ms(options.run_time) << " ms\n"
       << "  faults a minute: cut " << f.cut << ", partition " << f.partition << "; broker crash " << f.broker_crash
       << ", stop " << f.broker_stop << ", pause " << f.broker_pause << "; worker crash " << f.worker_crash
       << ", pause " << f.worker_pause << ", drain " << f.worker_drain << "; client crash " << f.client_crash
       << ", pause " << f.client_pause << "\n"
       << "  tasks: attempts " << options.max_attempts << ", memory " << options.memory_tasks << ", priorities "
       << options.priorities << ", delayed " << options.delayed << ", expiring " << options.expiring << ", limited "
       << options.limited << ", retry errors " << options.retry_errors << ", large " << options.large << ", cancels "
       << options.cancels << ", attaches " << options.attaches << ", queries " << options.queries << ", at most once "
       << options.at_most_once << (options.reject_when_full ? ", rejected when full" : "") << "\n"
       << "  handlers: throw " << options.throws << ", retry " << options.asks_retry << ", die " << options.child_dies
       << ", stillborn " << options.stillborn << ", progress " << options.progress << ", stubborn " << options.stubborn
       << "\n";
  return text.str();
}

}  // namespace forkmill::sim
