#include <sstream>

#include "tests/sim/options.h"

namespace forkmill::sim {

using namespace std::chrono_literals;

namespace {

// Most seeds do without.
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

// Up to a good part of what a session survives.
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

}  // namespace

void draw_features(Random& random, Options& options) {
  if (random.chance(0.6)) draw_more_faults(random, options);
  draw_slowness(random, options);
  draw_more_tasks(random, options);
}

std::string features_to_string(const Options& options) {
  std::ostringstream text;
  const auto ms = [](auto duration) { return std::chrono::duration<double, std::milli>(duration).count(); };
  const FaultRates& f = options.faults;
  text << "  more faults: half open " << f.half_open << ", clock set " << f.wall_jump << " up to "
       << options.most_skew.count() << " ms off, stumble " << f.stumble << ", absence " << f.absence << ", late "
       << ms(options.lateness) << " ms, twice " << options.twice << "; slow: broker " << ms(options.slow.broker)
       << ", client " << ms(options.slow.client) << ", worker " << ms(options.slow.worker) << ", birth "
       << ms(options.slow.birth) << " ms\n"
       << "  more tasks: under keys " << options.keyed << " (" << options.keys << ", other arguments "
       << options.other_body << ", window " << options.core.key_window.count() << " ms), short-lived "
       << options.short_lived << "; dead letters looked after " << options.operators << "\n";
  return text.str();
}

}  // namespace forkmill::sim
