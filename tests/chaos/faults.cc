#include "tests/chaos/faults.h"

#include <signal.h>

#include <algorithm>
#include <numeric>

#include "tests/processes.h"

namespace forkmill::chaos {

Faults::Faults(Cluster& cluster, std::uint64_t seed, std::int64_t mean_pause)
    : cluster_{cluster}, random_{seed}, mean_pause_{mean_pause} {
  add_kills();
  add_pauses();
  add_network();
  add_disk();
  add_descriptors();
  add_clock();
  add_restarts();
  if (cluster_.database() == nullptr) return;
  add_takeovers();
  add_failovers();
  add_database_disks();
  add_database_clocks();
  add_other_sessions();
}

void Faults::add(std::string name, std::function<Ongoing()> begin, std::string impossible) {
  all_.push_back({std::move(name), std::move(impossible), std::move(begin), 0});
}

void Faults::note(const std::string& text) const { cluster_.journal().append("F " + text); }

std::int64_t Faults::span(std::int64_t least_ms, std::int64_t most_ms) {
  return 1000 * static_cast<std::int64_t>(
                    random_.between(static_cast<std::uint64_t>(least_ms), static_cast<std::uint64_t>(most_ms)));
}

// ---- Schedule -------------------------------------------------------------------------------------------------------

void Faults::tick() {
  for (auto& one : going_) {
    const bool met = one.what.met && one.what.met();
    if (met || now_us() >= one.what.until) {
      if (one.what.met && !met) note("without effect: " + all_[one.fault].name);
      if (!one.what.met || met) ++all_[one.fault].times;
      finish(one);
    }
  }
  std::erase_if(going_, [](const Going& one) { return !one.what.end; });
  if (now_us() < next_) return;
  constexpr std::int64_t kAgain = 100'000;
  next_ =
      now_us() +
      (begin_next() ? static_cast<std::int64_t>(random_.below(static_cast<std::uint64_t>(2 * mean_pause_))) : kAgain);
}

std::int64_t Faults::due() const {
  std::int64_t due = next_;
  for (const Going& one : going_) due = std::min(due, one.what.until);
  return due;
}

std::vector<int> Faults::signs() const {
  std::vector<int> all;
  for (const Going& one : going_)
    if (one.what.sign) all.push_back(one.what.sign());
  return all;
}

bool Faults::begin_next() {
  if (deck_.empty()) {
    deck_.resize(all_.size());
    std::iota(deck_.begin(), deck_.end(), std::size_t{0});
    for (std::size_t i = deck_.size(); i > 1; --i) std::swap(deck_[i - 1], deck_[random_.below(i)]);
    std::erase_if(deck_, [&](std::size_t fault) { return !all_[fault].impossible.empty(); });
  }
  const std::size_t fault = deck_.back();
  const bool goes_on = std::any_of(going_.begin(), going_.end(), [&](const Going& one) { return one.fault == fault; });
  Ongoing what = goes_on ? Ongoing{} : all_[fault].begin();
  if (!what.end) {  // this fault later, another one soon
    std::rotate(deck_.begin(), deck_.end() - 1, deck_.end());
    return false;
  }
  deck_.pop_back();
  note(all_[fault].name);
  going_.push_back({fault, std::move(what)});
  return true;
}

void Faults::finish(Going& going) {
  note("ended: " + all_[going.fault].name);
  going.what.end();
  going.what.end = nullptr;
}

std::uint64_t Faults::count() const {
  return std::accumulate(all_.begin(), all_.end(), std::uint64_t{0},
                         [](std::uint64_t sum, const Fault& fault) { return sum + fault.times; });
}

void Faults::stop() {
  for (auto& one : going_) {
    if (!one.what.met) ++all_[one.fault].times;
    finish(one);
  }
  going_.clear();
}

// ---- Common parts ---------------------------------------------------------------------------------------------------

Ongoing Faults::once() {
  return {0, [] {}};
}

pid_t Faults::part_of(const Member& worker, const char* name) {
  if (!worker.program.runs()) return 0;
  const auto all = tests::children_of(worker.program.pid(), name);
  return all.empty() ? 0 : all[random_.below(all.size())];
}

void Faults::silence(const Member& member, std::int64_t how_long) {
  if (member.worker) cluster_.out_of_reach(member.number, now_us(), now_us() + how_long);
}

// ---- Kills ----------------------------------------------------------------------------------------------------------

Ongoing Faults::kill(pid_t pid) {
  if (pid == 0) return {};
  ::kill(pid, SIGKILL);
  return once();
}

void Faults::add_kills() {
  add("kill -9 of the broker", [this] { return kill(cluster_.broker().pid()); });
  if (cluster_.is_sharded()) {
    add("kill -9 of the process of a shard or of a door", [this] {
      const pid_t process = cluster_.serving_process(random_);
      if (process == 0) return Ongoing{};
      cluster_.unsettle(0);
      return kill(process);
    });
  }
  add("kill -9 of a supervisor", [this] { return kill(some_worker().program.pid()); });
  add("kill -9 of a link", [this] {
    const Member& worker = some_worker();
    silence(worker, 2 * kSessionTimeout);
    return kill(part_of(worker, "forkmill-link"));
  });
  add("kill -9 of a child", [this] { return kill(part_of(some_worker(), "forkmill-child")); });
  add("kill -9 of a client", [this] { return kill(some_client().program.pid()); });
}

// ---- Pauses ---------------------------------------------------------------------------------------------------------

// Stops a process for longer than the session's time-out. `silent_worker`: the worker that is unreachable meanwhile;
// 0: all workers; −1: none.
Ongoing Faults::pause(pid_t pid, int silent_worker) {
  if (pid == 0) return {};
  const auto how_long = kSessionTimeout + span(300, 2500);
  if (silent_worker >= 0) cluster_.out_of_reach(silent_worker, now_us(), now_us() + how_long);
  ::kill(pid, SIGSTOP);
  return {now_us() + how_long, [pid] { ::kill(pid, SIGCONT); }};
}

void Faults::add_pauses() {
  add("SIGSTOP of the broker", [this] { return pause(cluster_.serving_process(random_), 0); });
  add("SIGSTOP of a supervisor", [this] {
    const Member& worker = some_worker();
    return pause(worker.program.pid(), worker.number);
  });
  add("SIGSTOP of a link", [this] {
    const Member& worker = some_worker();
    return pause(part_of(worker, "forkmill-link"), worker.number);
  });
  add("SIGSTOP of a child", [this] {
    const Member& worker = some_worker();
    return pause(part_of(worker, "forkmill-child"), worker.number);
  });
  add("SIGSTOP of a client", [this] { return pause(some_client().program.pid(), -1); });
}

// ---- Clocks ---------------------------------------------------------------------------------------------------------

void Faults::add_clock() {
  constexpr std::uint64_t kFarAhead = 3600;
  constexpr std::uint64_t kBack = 15;
  add("wall clock set forward", [this] {
    cluster_.set_clock(cluster_.clock() +
                       static_cast<std::int64_t>(random_.between(1, random_.chance(0.5) ? 10 : kFarAhead)));
    cluster_.journal().append("J");
    return once();
  });
  add("wall clock set back", [this] {
    cluster_.set_clock(cluster_.clock() - static_cast<std::int64_t>(random_.between(1, kBack)));
    cluster_.journal().append("J");
    return once();
  });
}

// ---- Restarts -------------------------------------------------------------------------------------------------------

Ongoing Faults::wave() {
  Member& client = some_client();
  if (!client.program.runs() || !cluster_.broker().runs()) return {};
  constexpr std::int64_t kPatience = 60'000'000;
  (void)client.program.heard();  // discards "accepted" of an earlier wave that was without effect
  client.program.tell("wave 100000");
  return {now_us() + kPatience, [this] { cluster_.broker().signal(SIGKILL); },
          [&client] { return client.program.heard().find("accepted") != std::string::npos; },
          [&client] { return client.program.voice(); }};
}

Ongoing Faults::stop_broker() {
  if (!cluster_.broker().runs()) return {};
  constexpr std::int64_t kPatience = 60'000'000;
  cluster_.excuse_broker(now_us() + kPatience);
  cluster_.broker().signal(SIGTERM);
  return once();
}

Ongoing Faults::drain() {
  Member& worker = some_worker();
  if (!worker.program.runs()) return {};
  constexpr std::int64_t kPatience = 60'000'000;
  cluster_.excuse(worker, now_us() + kPatience);
  worker.program.signal(SIGTERM);
  return once();
}

void Faults::add_restarts() {
  add("kill -9 of the broker with 100,000 tasks waiting", [this] { return wave(); });
  add("clean restart of the broker", [this] { return stop_broker(); });
  add("drain of a worker", [this] { return drain(); });
}

}  // namespace forkmill::chaos
