// Some faults need several circumstances together, each of them rare: a few seeds have them.
#include <algorithm>

#include "tests/sim/world/options.h"

namespace forkmill::sim {

using namespace std::chrono_literals;

namespace {

void draw_durable_corners(Random& random, Options& options) {
  if (random.chance(0.08)) {  // a task that must not run twice is granted by a broker that dies too early
    options.at_most_once = 0.5 + random.unit() / 2;
    options.commit_delay = random.between(Instant{200ms}, Instant{2s});
    options.faults.broker_crash = std::max(options.faults.broker_crash, 6 + 6 * random.unit());
    options.run_time = std::min(options.run_time, Instant{5ms});
  }
  if (random.chance(0.08)) {  // a task that others wait for is paged out, and nothing makes them ask again
    options.core.resident.tasks = random.between(1, 3);
    options.core.resident.page = random.between(1, 2);
    options.attaches = 1;
    options.priorities = options.memory_tasks = 0;
    options.clients = std::max<std::size_t>(options.clients, 2);
    options.workers = options.children = options.queues = options.kinds = 1;
    options.burst = std::min<std::size_t>(options.burst, 4);
    options.run_time = std::max(options.run_time, Instant{100ms});
    options.asks_retry = std::max(options.asks_retry, 0.3);
    options.max_attempts = std::max<std::uint32_t>(options.max_attempts, 3);
    if (random.chance(0.7)) options.faults = {};
  }
}

// Retries that wait while the broker dies, and comes back before they are due.
void wait_over_restarts(Random& random, Options& options) {
  options.durable = true;
  options.memory_tasks = options.at_most_once = options.expiring = options.cancels = 0;
  options.asks_retry = 0.5;
  options.throws = 0.3;
  options.retry_errors = 1;
  options.max_attempts = 6;
  options.run_time = std::min(options.run_time, Instant{5ms});
  options.commit_delay = std::min(options.commit_delay, Instant{20ms});
  options.core.session_timeout = 1s;
  options.core.heartbeat = 300ms;
  options.core.restart_grace = milliseconds{static_cast<std::int64_t>(random.between(0, 100))};
  options.safety = std::max(options.safety, Instant{15s});
  options.faults.broker_crash = 10 + 10 * random.unit();
  options.faults.broker_pause = options.faults.wall_jump = 0;
}

// Ends of pipes that are claimed from tasks which run for long and then fail.
void claim_from_failing_tasks(Random& random, Options& options) {
  Shared pipe;
  pipe.role = Role::pipe;
  pipe.spec.name = "pipe";
  pipe.spec.kind = proto::ObjectKind::pipe;
  pipe.spec.durability = proto::Durability::memory;
  options.objects = {{pipe}, random.between(100, 200), 500ms, 20ms, 0};
  options.max_attempts = 6;
  options.asks_retry = 0.5;
  options.child_dies = 0.4;
  options.at_most_once = options.delayed = options.expiring = options.cancels = 0;
  options.run_time = 3s;
  options.burst = random.between(1, 3);
  options.tasks = random.between(30, 60);
  options.clients = std::max<std::size_t>(options.clients, 2);
  options.workers = std::max<std::size_t>(options.workers, 2);
  options.children = std::max<std::size_t>(options.children, 3);
  options.net_delay = std::min(options.net_delay, Instant{2ms});
  options.faults = {};
}

// Operators who change many tasks, and whose answers are under way when the broker dies.
void lose_answers(Random& random, Options& options) {
  options.durable = true;
  options.memory_tasks = 0;
  options.objects = {};
  options.steering = 1;
  options.burst = random.between(1, 3);
  options.tasks = random.between(60, 120);
  options.queues = std::max<std::size_t>(options.queues, 2);
  options.workers = options.children = 1;
  options.run_time = 3s;
  options.net_delay = 300ms;
  options.commit_delay = std::min(options.commit_delay, Instant{200ms});
  options.safety = std::max(options.safety, Instant{20s});
  options.faults.broker_crash = 10 + 10 * random.unit();
  options.faults.client_crash = options.faults.broker_stop = 0;
}

// Orders to workers whose connections do not tell that messages are lost.
void lose_orders(Random& random, Options& options) {
  options.objects = {};
  options.steering = 1;
  options.burst = 1;
  options.tasks = random.between(40, 80);
  options.safety = random.between(Instant{5s}, Instant{15s});
  options.workers = std::max<std::size_t>(options.workers, 3);
  options.core.session_timeout = 1s;
  options.core.heartbeat = 300ms;
  options.net_delay = std::max(options.net_delay, Instant{30ms});
  options.faults = {};
  options.faults.half_open = 20 + 20 * random.unit();
  options.faults.cut = 20 * random.unit();
}

}  // namespace

void draw_corners(std::uint64_t seed, Options& options) {
  Random random{seed * 0x9E3779B97F4A7C15ULL + 3};
  if (options.durable) draw_durable_corners(random, options);
  Random corner{seed * 0x9E3779B97F4A7C15ULL + 4};
  constexpr std::uint64_t kOneIn = 100;
  const std::uint64_t number = corner.below(kOneIn);
  if (number < 3) return wait_over_restarts(corner, options);
  if (number < 6) return claim_from_failing_tasks(corner, options);
  if (number < 9) return lose_answers(corner, options);
  if (number < 12) return lose_orders(corner, options);
}

}  // namespace forkmill::sim
