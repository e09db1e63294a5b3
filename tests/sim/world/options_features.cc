#include <algorithm>
#include <sstream>

#include "tests/sim/world/options.h"

namespace forkmill::sim {

using namespace std::chrono_literals;

namespace {

// Draws a chance up to `most`; 0 for three of four seeds.
double seldom(Random& random, double most) { return random.chance(0.25) ? most * random.unit() : 0; }

void draw_more_faults(Random& random, Options& options) {
  FaultRates& faults = options.faults;
  faults.half_open = seldom(random, 6);
  faults.stumble = seldom(random, 2);
  faults.absence = seldom(random, 1);
  if (random.chance(0.3)) {
    faults.wall_jump = 6 * random.unit();
    constexpr milliseconds kSkews[] = {100ms, 5s, 2min, 10min};
    options.most_skew = kSkews[random.below(4)];
  }
  if (random.chance(0.3)) options.lateness = random.between(Instant{1ms}, Instant{5s});
  options.twice = seldom(random, 1);
}

// Delays go up to a quarter of the session time-out; children may take up to 5 s to be born.
void draw_slowness(Random& random, Options& options) {
  const Instant most = Instant{options.core.session_timeout} / 4;
  const auto draw = [&](double chance) {
    if (!random.chance(chance)) return Instant{0};
    return random.chance(0.5) ? Instant{5ms} : most;
  };
  options.slow.broker = draw(0.1);
  options.slow.client = draw(0.15);
  options.slow.worker = draw(0.15);
  if (random.chance(0.2)) options.slow.birth = random.chance(0.5) ? Instant{300ms} : Instant{5s};
}

void draw_more_tasks(Random& random, Options& options) {
  options.keyed = seldom(random, 1);
  options.keys = random.between(1, 30);
  options.other_body = random.chance(0.5) ? 0.3 * random.unit() : 0;
  if (random.chance(0.3)) options.core.key_window = milliseconds{static_cast<std::int64_t>(random.between(1, 20'000))};
  options.short_lived = seldom(random, 0.5);
  options.operators = seldom(random, 1);
}

void draw_processes(Random& random, Options& options) {
  if (!random.chance(0.35)) return;
  options.max_processes = random.between(1, 6);
  options.processes = random.unit();
  options.daemons = random.chance(0.5) ? random.unit() : 0;
  options.signals = random.chance(0.7) ? random.unit() : 0;
  options.families = random.chance(0.5) ? 0.5 * random.unit() : 0;
  constexpr Instant kTimes[] = {50ms, 1s, 6s};
  options.process_time = kTimes[random.below(3)];
  // Long processes, one after the other, would take hours.
  if (options.process_time > 1s) options.tasks = std::min<std::size_t>(options.tasks, 100);
}

Shared make_shared(Random& random, Role role, proto::ObjectKind kind, const std::string& name) {
  Shared one;
  one.role = role;
  one.spec.name = name;
  one.spec.kind = kind;
  one.spec.durability = random.chance(0.6) ? proto::Durability::durable : proto::Durability::memory;
  return one;
}

void draw_more_objects(Random& random, Options& options) {
  if (!random.chance(0.5)) return;
  using proto::ObjectKind;
  ObjectOptions& objects = options.objects;
  auto& all = objects.shared;
  if (random.chance(0.5)) all.push_back(make_shared(random, Role::table, ObjectKind::dict, "table"));
  if (random.chance(0.5)) all.push_back(make_shared(random, Role::list, ObjectKind::list, "list"));
  if (random.chance(0.5)) {
    all.push_back(make_shared(random, Role::joinable, ObjectKind::queue, "joinable"));
    all.back().spec.size = random.chance(0.5) ? static_cast<std::int64_t>(random.between(1, 8)) : 0;
  }
  if (random.chance(0.5)) {
    const Shared lock = make_shared(random, Role::monitor, ObjectKind::lock, "monitor");
    all.push_back(lock);
    all.push_back(make_shared(random, Role::condition, ObjectKind::condition, "condition"));
    all.back().partner = all.size() - 2;
    all.back().spec.durability = lock.spec.durability;
  }
  if (random.chance(0.5)) {
    all.push_back(make_shared(random, Role::pipe, ObjectKind::pipe, "pipe"));
    all.back().spec.durability = proto::Durability::memory;
    all.back().spec.size = random.chance(0.5) ? static_cast<std::int64_t>(random.between(1, 8)) : 0;
    if (random.chance(0.4)) all.back().spec.flags = proto::kObjectOneWay;
  }
  if (all.empty() || objects.visits > 0) return;
  objects.visits = random.between(20, 250);
  constexpr Instant kLong[] = {20ms, 500ms, 5s};
  objects.longest_wait = kLong[random.below(3)];
  objects.longest_hold = kLong[random.below(3)];
}

}  // namespace

void draw_features(Random& random, Options& options) {
  if (random.chance(0.6)) draw_more_faults(random, options);
  draw_slowness(random, options);
  draw_more_tasks(random, options);
  draw_processes(random, options);
  draw_more_objects(random, options);
  options.faults.full = seldom(random, 6);
  options.faults.stranger = seldom(random, 20);
  options.deaf = random.chance(0.2) ? 0.1 : 0;
  options.steering = seldom(random, 1);
  // A key names a task of each principal, which the rules do not know. How users of objects meet a broker without
  // memory, they do not know either.
  if (options.keyed == 0 && random.chance(0.4)) options.principals = random.between(2, 3);
  if (options.objects.shared.empty()) options.faults.no_memory = seldom(random, 6);
  options.watching = seldom(random, 1);
  if (options.watching > 0) options.core.events.most = random.between(5, 300);
}

std::string features_to_string(const Options& options) {
  std::ostringstream text;
  const auto ms = [](auto duration) { return std::chrono::duration<double, std::milli>(duration).count(); };
  const FaultRates& f = options.faults;
  text << "  more faults: half open " << f.half_open << ", clock set " << f.wall_jump << " up to "
       << options.most_skew.count() << " ms off, stumble " << f.stumble << ", absence " << f.absence << ", full socket "
       << f.full << ", stranger " << f.stranger << ", no memory " << f.no_memory << ", principals "
       << options.principals << ", time limits forgotten " << options.deaf << ", late " << ms(options.lateness)
       << " ms, twice " << options.twice << "; slow: broker " << ms(options.slow.broker) << ", client "
       << ms(options.slow.client) << ", worker " << ms(options.slow.worker) << ", birth " << ms(options.slow.birth)
       << " ms\n"
       << "  more tasks: under keys " << options.keyed << " (" << options.keys << ", other arguments "
       << options.other_body << ", window " << options.core.key_window.count() << " ms), short-lived "
       << options.short_lived << "; dead letters looked after " << options.operators << ", queues steered "
       << options.steering << ", watched " << options.watching << "\n";
  if (options.max_processes > 0) {
    text << "  processes: " << options.processes << " of all, up to " << options.max_processes << " of a worker, up to "
         << ms(options.process_time) << " ms; daemons " << options.daemons << ", signals " << options.signals
         << ", families " << options.families << "\n";
  }
  return text.str();
}

}  // namespace forkmill::sim
