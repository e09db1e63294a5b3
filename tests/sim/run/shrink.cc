#include "tests/sim/run/shrink.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdio>

namespace forkmill::sim {

using namespace std::chrono_literals;

namespace {

constexpr std::uint64_t kNoises = 8;
constexpr std::uint64_t kMaxEvents = 40'000'000;  // to simulate, at most

void erase_object(std::vector<Shared>& all, std::size_t number) {
  all.erase(all.begin() + static_cast<std::ptrdiff_t>(number));
  for (Shared& one : all)
    if (one.role == Role::condition && one.partner > number) --one.partner;
}

// Leaves out a lock together with its conditions, which stand behind it.
void leave_out_object(std::vector<Shared>& all, std::size_t number) {
  for (std::size_t i = all.size(); i-- > number + 1;)
    if (all[i].role == Role::condition && all[i].partner == number) erase_object(all, i);
  erase_object(all, number);
}

}  // namespace

// Leaves out numbers and names, which belong to one run.
std::string rule_of(const std::string& violation) {
  auto head = violation.substr(0, violation.find(':'));
  if (head.starts_with("invariant") || head.starts_with("object rule")) return head;
  std::string rule = head + violation.substr(std::min(violation.size(), violation.rfind(": ")));
  std::erase_if(rule, [](unsigned char c) { return std::isdigit(c) != 0; });
  return rule;
}

bool Shrinker::try_change(const Change& change) {
  for (std::uint64_t noise = 0; noise < kNoises && events_left_ > 0; ++noise) {
    Options options = best_;
    change(options);
    options.noise = (best_.noise + noise) % kNoises;
    Report report = simulate(options, false);
    events_left_ -= std::min(events_left_, report.events);
    if (report.violation.empty() || rule_of(report.violation) != rule_) continue;
    // A smaller cluster may take longer to fail.
    if (report_.lines != 0 && report.lines > report_.lines) continue;
    best_ = std::move(options);
    report_ = std::move(report);
    return true;
  }
  return false;
}

const Options& Shrinker::shrink() {
  if (!try_change([](Options&) {})) return best_;
  bool further = true;
  while (further && events_left_ > 0) {
    further = shrink_numbers();
    further = drop_objects() || further;
    further = drop_features() || further;
    further = leave_out(&Options::no_faults, report_.faults) || further;
    further = leave_out(&Options::no_visits, report_.visits) || further;
  }
  return best_;
}

bool Shrinker::drop_features() {
  bool changed = false;
  constexpr std::array kFaults = {
      &FaultRates::cut,          &FaultRates::partition,    &FaultRates::broker_crash, &FaultRates::broker_stop,
      &FaultRates::broker_pause, &FaultRates::worker_crash, &FaultRates::worker_pause, &FaultRates::worker_drain,
      &FaultRates::client_crash, &FaultRates::client_pause, &FaultRates::half_open,    &FaultRates::wall_jump,
      &FaultRates::stumble,      &FaultRates::absence,      &FaultRates::full,         &FaultRates::no_memory};
  for (const auto rate : kFaults)
    if (best_.faults.*rate != 0) changed = try_change([&](Options& o) { o.faults.*rate = 0; }) || changed;
  constexpr std::array kFeatures = {
      &Options::forced_paths, &Options::memory_tasks, &Options::priorities, &Options::delayed,    &Options::expiring,
      &Options::limited,      &Options::retry_errors, &Options::large,      &Options::cancels,    &Options::attaches,
      &Options::queries,      &Options::at_most_once, &Options::keyed,      &Options::other_body, &Options::short_lived,
      &Options::operators,    &Options::steering,     &Options::twice,      &Options::throws,     &Options::asks_retry,
      &Options::shortages,    &Options::strays,       &Options::child_dies, &Options::stillborn,  &Options::progress,
      &Options::stubborn,     &Options::deaf,         &Options::watching};
  for (const auto feature : kFeatures)
    if (best_.*feature != 0) changed = try_change([&](Options& o) { o.*feature = 0; }) || changed;
  constexpr std::array kShardFaults = {&ShardOptions::lease_loss, &ShardOptions::outage, &ShardOptions::drain,
                                       &ShardOptions::placement, &ShardOptions::misled};
  for (const auto rate : kShardFaults)
    if (best_.sharding.*rate != 0) changed = try_change([&](Options& o) { o.sharding.*rate = 0; }) || changed;
  const broker::CoreOptions plain;
  const std::pair<bool, Change> others[] = {
      {best_.lateness.count() > 0, [](Options& o) { o.lateness = {}; }},
      {best_.slow != Slowness{}, [](Options& o) { o.slow = {}; }},
      {best_.core.key_window != plain.key_window, [&](Options& o) { o.core.key_window = plain.key_window; }},
      {best_.specialists, [](Options& o) { o.specialists = false; }},
      {best_.principals > 1, [](Options& o) { o.principals = 1; }},
      {best_.reject_when_full, [](Options& o) { o.reject_when_full = false; }},
      {best_.max_tasks_per_child != 0, [](Options& o) { o.max_tasks_per_child = 0; }},
      {best_.commit_delay > 1ms, [](Options& o) { o.commit_delay = 1ms; }},
      {best_.net_delay > 200us, [](Options& o) { o.net_delay = 200us; }},
      {best_.run_time > 5ms, [](Options& o) { o.run_time = 5ms; }},
      {best_.core.resident != plain.resident, [&](Options& o) { o.core.resident = plain.resident; }},
      {best_.core.queue != plain.queue, [&](Options& o) { o.core.queue = plain.queue; }},
      {best_.core.kept_results != plain.kept_results, [&](Options& o) { o.core.kept_results = plain.kept_results; }},
      {best_.core.dead_letters != plain.dead_letters, [&](Options& o) { o.core.dead_letters = plain.dead_letters; }},
      {best_.core.window.tasks != plain.window.tasks, [&](Options& o) { o.core.window.tasks = plain.window.tasks; }},
      {best_.core.window.bytes != plain.window.bytes, [&](Options& o) { o.core.window.bytes = plain.window.bytes; }},
      {best_.core.result_ttl != plain.result_ttl, [&](Options& o) { o.core.result_ttl = plain.result_ttl; }},
      {best_.result_window != 0, [](Options& o) { o.result_window = 0; }},
      {best_.core.heartbeat < 5s,
       [](Options& o) {
         o.core.heartbeat = 5s;
         o.core.session_timeout = 10s;
       }},
      {best_.max_attempts > 1, [](Options& o) { o.max_attempts = 1; }},
  };
  for (const auto& [there, drop] : others)
    if (there) changed = try_change(drop) || changed;
  return changed;
}

bool Shrinker::drop_objects() {
  ObjectOptions& objects = best_.objects;
  if (objects.shared.empty()) return false;
  bool changed = try_change([](Options& o) { o.objects = {}; });
  for (std::size_t i = 0; i < best_.objects.shared.size() && best_.objects.shared.size() > 1;) {
    const auto drop = [i](Options& o) { leave_out_object(o.objects.shared, i); };
    if (try_change(drop))
      changed = true;
    else
      ++i;
  }
  return changed;
}

bool Shrinker::halve(std::size_t Options::*number, std::size_t least) {
  bool changed = false;
  while (best_.*number > least && try_change([&](Options& o) { o.*number = std::max(least, o.*number / 2); }))
    changed = true;
  while (best_.*number > least && try_change([&](Options& o) { --(o.*number); })) changed = true;
  return changed;
}

bool Shrinker::shrink_numbers() {
  bool changed = halve(&Options::clients, 1);
  changed = halve(&Options::workers, 1) || changed;
  changed = halve(&Options::children, 1) || changed;
  changed = halve(&Options::queues, 1) || changed;
  changed = halve(&Options::kinds, 1) || changed;
  changed = halve(&Options::tasks, 0) || changed;
  changed = halve(&Options::burst, 1) || changed;
  while (best_.sharding.brokers > 1 && try_change([](Options& o) { --o.sharding.brokers; })) changed = true;
  while (best_.sharding.locks > 0 && try_change([](Options& o) { --o.sharding.locks; })) changed = true;
  while (best_.objects.visits > 1 && try_change([](Options& o) { o.objects.visits /= 2; })) changed = true;
  while (best_.safety > 1s && try_change([](Options& o) { o.safety /= 2; })) changed = true;
  return changed;
}

// Delta debugging (Zeller, Hildebrandt 2002): leaves out ever smaller pieces, until each item that is left is needed.
bool Shrinker::leave_out(std::set<std::uint64_t> Options::*left_out, std::uint64_t count) {
  std::vector<std::uint64_t> there;
  for (std::uint64_t number = 1; number <= count; ++number)
    if (!(best_.*left_out).contains(number)) there.push_back(number);
  bool changed = false;
  for (std::size_t piece = there.size(); piece > 0; piece /= 2) {
    for (std::size_t at = 0; at < there.size() && events_left_ > 0;) {
      const auto begin = there.begin() + static_cast<std::ptrdiff_t>(at);
      const auto end = there.begin() + static_cast<std::ptrdiff_t>(std::min(at + piece, there.size()));
      if (try_change([&](Options& o) { (o.*left_out).insert(begin, end); })) {
        there.erase(begin, end);
        changed = true;
      } else {
        at += piece;
      }
    }
  }
  return changed;
}

std::optional<std::uint64_t> shrink_first(std::uint64_t first, std::uint64_t seeds, bool sharded) {
  for (std::uint64_t seed = first; seed < first + seeds; ++seed) {
    const Options options = sharded ? draw_sharded(seed) : draw(seed);
    const Report found = simulate(options, false);
    if (found.violation.empty()) continue;
    std::printf("seed %llu: %s\n  %llu lines of trace\n", static_cast<unsigned long long>(seed),
                found.violation.c_str(), static_cast<unsigned long long>(found.lines));
    Shrinker shrinker{options, rule_of(found.violation), kMaxEvents};
    const Options small = shrinker.shrink();
    std::printf("shrunk; %zu faults and %zu visits are left out:\n%s", small.no_faults.size(), small.no_visits.size(),
                to_string(small).c_str());
    simulate(small, true);
    const Report& left = shrinker.report();
    std::printf("%s\n  %llu lines of trace, %llu before\n", left.violation.c_str(),
                static_cast<unsigned long long>(left.lines), static_cast<unsigned long long>(found.lines));
    return left.lines;
  }
  std::printf("none of %llu seeds fails\n", static_cast<unsigned long long>(seeds));
  return std::nullopt;
}

}  // namespace forkmill::sim
