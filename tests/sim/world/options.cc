#include "tests/sim/world/options.h"

#include <sstream>

namespace forkmill::sim {

using namespace std::chrono_literals;

namespace {

// Draws a chance up to `most`; 0 for half of the seeds.
double sometimes(Random& random, double most) { return random.chance(0.5) ? most * random.unit() : 0; }

// Most bugs need few tasks and little time, and far more small clusters can be tried; some bugs need large ones.
struct Size {
  std::size_t fewest_tasks;
  std::size_t most_tasks;
  Instant shortest;
  Instant longest;
  std::size_t most_visits;
  double often;  // the factor of the fault rates, so that each size has some faults
};

const Size& draw_size(Random& random) {
  static constexpr Size kSmall{4, 60, 5s, 20s, 50, 4};
  static constexpr Size kMiddle{20, 150, 10s, 50s, 120, 1.5};
  static constexpr Size kLarge{20, 400, 10s, 90s, 250, 1};
  return random.chance(0.7) ? kSmall : random.chance(0.7) ? kMiddle : kLarge;
}

void draw_faults(Random& random, FaultRates& faults, double often) {
  faults.cut = often * sometimes(random, 12);
  faults.partition = often * sometimes(random, 4);
  faults.broker_crash = often * sometimes(random, 3);
  faults.broker_stop = often * sometimes(random, 1);
  faults.broker_pause = often * sometimes(random, 3);
  faults.worker_crash = often * sometimes(random, 3);
  faults.worker_pause = often * sometimes(random, 3);
  faults.worker_drain = often * sometimes(random, 2);
  faults.client_crash = often * sometimes(random, 2);
  faults.client_pause = often * sometimes(random, 3);
}

void draw_core(Random& random, broker::CoreOptions& core) {
  constexpr milliseconds kTimeouts[] = {1s, 2s, 5s, 10s};
  core.session_timeout = kTimeouts[random.below(4)];
  core.heartbeat = core.session_timeout / static_cast<int>(random.between(2, 5));
  core.timeout_grace = core.session_timeout + 2s;
  core.result_ttl = random.chance(0.1) ? milliseconds{static_cast<std::int64_t>(random.between(1000, 30'000))} : 5min;
  core.ack_delay = milliseconds{static_cast<std::int64_t>(random.below(4))};
  if (random.chance(0.3)) core.window.tasks = static_cast<std::uint32_t>(random.between(1, 20));
  if (random.chance(0.3)) core.window.bytes = random.between(100, 20'000);
  if (random.chance(0.3)) core.queue.max_tasks = random.between(2, 60);
  if (random.chance(0.2))
    core.queue.max_bytes = random.chance(0.5) ? random.between(5'000, 40'000) : random.between(40'000, 400'000);
  if (random.chance(0.3)) core.kept_results = random.below(20);
  if (random.chance(0.3)) core.dead_letters = random.below(5);
  core.restart_grace = milliseconds{random.chance(0.3) ? 0 : static_cast<std::int64_t>(random.between(1, 3000))};
  if (random.chance(0.4)) return;
  core.resident.tasks = random.between(1, 8);
  core.resident.page = random.between(1, 5);
  if (random.chance(0.3)) core.resident.bytes = random.between(1, 1000);
  core.resident.scheduled = random.below(5);
  core.resident.results = random.below(5);
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
  if (random.chance(0.15)) options.result_window = static_cast<std::uint32_t>(random.between(1, 5));
  options.queries = sometimes(random, 0.3);
  options.reject_when_full = random.chance(0.2);
  options.throws = sometimes(random, 0.5);
  options.asks_retry = sometimes(random, 0.3);
  options.shortages = sometimes(random, 0.1);
  options.strays = sometimes(random, 0.1);
  options.child_dies = sometimes(random, 0.2);
  options.stillborn = sometimes(random, 0.3);
  options.progress = sometimes(random, 0.5);
  options.stubborn = sometimes(random, 0.5);
  options.at_most_once = sometimes(random, 0.5);
  // If few tasks are let in at a time, all of them would take hours.
  const bool roomy = options.core.queue.max_tasks > options.tasks;
  options.longest_delay = random.chance(0.3) && roomy ? Instant{120s} : Instant{20s};
}

const char* name_of(Role role) {
  constexpr const char* kNames[] = {"lock", "semaphore", "queue", "counter", "cell", "event", "barrier"};
  return kNames[static_cast<std::size_t>(role)];
}

Shared draw_shared(Random& random, Role role, std::size_t number, std::size_t clients) {
  using proto::ObjectKind;
  constexpr ObjectKind kKinds[] = {ObjectKind::lock, ObjectKind::semaphore, ObjectKind::queue,  ObjectKind::dict,
                                   ObjectKind::dict, ObjectKind::event,     ObjectKind::barrier};
  Shared one;
  one.role = role;
  one.spec.name = std::string{name_of(role)} + "-" + std::to_string(number);
  one.spec.kind = kKinds[static_cast<std::size_t>(role)];
  one.spec.durability = random.chance(0.6) ? proto::Durability::durable : proto::Durability::memory;
  if (role == Role::lock && random.chance(0.4)) one.spec.flags = proto::kObjectRecursive;
  if (role == Role::semaphore) {
    one.spec.size = static_cast<std::int64_t>(random.between(1, 3));
    if (random.chance(0.5)) one.spec.flags = proto::kObjectBounded;
  }
  if (role == Role::queue) {
    one.spec.size = random.chance(0.5) ? static_cast<std::int64_t>(random.between(1, 8)) : 0;
    one.approval = random.chance(0.5);
  }
  if (role == Role::barrier) {
    one.spec.size = static_cast<std::int64_t>(random.between(1, clients + 1));
    one.spec.durability = proto::Durability::memory;  // no barrier stores its waiters
    if (random.chance(0.5)) one.spec.flags = proto::kObjectActs;
  }
  return one;
}

void draw_objects(Random& random, Options& options, const Size& size) {
  if (!random.chance(0.6)) return;
  ObjectOptions& objects = options.objects;
  constexpr std::size_t kRoles = 7;
  for (std::size_t role = 0; role < kRoles; ++role) {
    if (!random.chance(0.5)) continue;
    for (auto count = random.between(1, 2); count > 0; --count)
      objects.shared.push_back(draw_shared(random, static_cast<Role>(role), objects.shared.size(), options.clients));
  }
  if (!objects.shared.empty()) objects.visits = random.between(size.most_visits / 12, size.most_visits);
  constexpr Instant kLong[] = {20ms, 500ms, 5s};
  objects.longest_wait = kLong[random.below(3)];
  objects.longest_hold = kLong[random.below(3)];
  objects.giving_up = sometimes(random, 0.4);
}

}  // namespace

Options draw(std::uint64_t seed) {
  Random random{seed * 0x2545F4914F6CDD1DULL + 1};
  Options options;
  options.seed = seed;
  options.durable = random.chance(0.6);
  options.forced_paths = sometimes(random, 0.5);
  // A slow disk leaves much data unsafe for long: there is much to lose.
  constexpr Instant kCommits[] = {20ms, 200ms, 2s};
  if (random.chance(0.8)) options.commit_delay = random.between(Instant{1ms}, kCommits[random.below(3)]);
  draw_core(random, options.core);
  options.clients = random.between(1, 4);
  options.workers = random.between(1, 4);
  options.children = random.between(1, 6);
  options.queues = random.between(1, 3);
  options.kinds = random.between(1, 3);
  options.specialists = random.chance(0.3);
  if (random.chance(0.3)) options.max_tasks_per_child = random.between(1, 10);
  const Size& size = draw_size(random);
  options.tasks = random.between(size.fewest_tasks, size.most_tasks);
  options.burst = random.between(1, 40);
  options.safety = random.between(size.shortest, size.longest);
  constexpr Instant kDelays[] = {200us, 2ms, 30ms, 300ms};
  options.net_delay = kDelays[random.below(4)];
  constexpr Instant kRuns[] = {300us, 5ms, 100ms, 3s};
  options.run_time = kRuns[random.below(4)];
  if (random.chance(0.9)) draw_faults(random, options.faults, size.often);
  draw_tasks(random, options);
  draw_objects(random, options, size);
  draw_features(random, options);
  if (options.durable) options.disk = draw_disk(seed);
  draw_corners(seed, options);
  return options;
}

std::string to_string(const Options& options) {
  std::ostringstream text;
  const auto ms = [](auto duration) { return std::chrono::duration<double, std::milli>(duration).count(); };
  const FaultRates& f = options.faults;
  const auto& core = options.core;
  text.precision(3);
  text << "  forced paths " << options.forced_paths << "; store " << (options.durable ? "durable" : "memory")
       << ", commits up to " << ms(options.commit_delay) << " ms; heartbeat " << ms(core.heartbeat) << ", session "
       << ms(core.session_timeout) << " ms; window " << core.window.tasks << " tasks " << core.window.bytes
       << " bytes; results under way " << options.result_window << "; queue " << core.queue.max_tasks << " tasks "
       << core.queue.max_bytes << " bytes; kept " << core.kept_results << " for " << ms(core.result_ttl)
       << " ms, dead letters " << core.dead_letters << "; resident " << core.resident.tasks << " tasks "
       << core.resident.bytes << " bytes, pages of " << core.resident.page << ", " << core.resident.scheduled
       << " scheduled, " << core.resident.results << " results; grace " << ms(core.restart_grace) << " ms\n"
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
       << "  handlers: throw " << options.throws << ", retry " << options.asks_retry << ", short " << options.shortages
       << ", strays " << options.strays << ", die " << options.child_dies << ", stillborn " << options.stillborn
       << ", progress " << options.progress << ", stubborn " << options.stubborn << "\n";
  text << features_to_string(options);
  text << to_string(options.disk) << to_string(options.sharding);
  if (options.objects.shared.empty()) return text.str();
  text << "  objects:";
  for (const Shared& one : options.objects.shared) {
    text << " " << one.spec.name << (one.spec.durability == proto::Durability::durable ? " durable" : " memory")
         << " size " << one.spec.size << " flags " << one.spec.flags << (one.approval ? " on approval;" : ";");
  }
  text << " " << options.objects.visits << " visits, waits up to " << ms(options.objects.longest_wait)
       << " ms, holds up to " << ms(options.objects.longest_hold) << " ms, given up " << options.objects.giving_up
       << "\n";
  return text.str();
}

}  // namespace forkmill::sim
