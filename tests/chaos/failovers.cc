#include "tests/chaos/failovers.h"

#include <signal.h>

#include <algorithm>
#include <cstdio>
#include <iterator>

#include "tests/processes.h"

namespace forkmill::chaos {

namespace {

constexpr std::array<const char*, 4> kNames{"kill -9 of the owner", "SIGSTOP of the owner past its lease, then SIGCONT",
                                            "kill -9 of the primary", "kill -9 of the owner and of the primary"};
constexpr std::array<std::size_t, 4> kOfTen{5, 3, 1, 1};

std::string shown(double time) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.1f", time);
  return text.data();
}

double median(std::vector<double> times) {
  const auto middle = times.begin() + static_cast<std::ptrdiff_t>(times.size() / 2);
  std::nth_element(times.begin(), middle, times.end());
  return *middle;
}

// "median | worst"
std::string cells(const std::vector<double>& times) {
  return shown(median(times)) + " | " + shown(*std::max_element(times.begin(), times.end()));
}

}  // namespace

Failovers::Failovers(Cluster& cluster, std::uint64_t seed, std::size_t count)
    : cluster_{cluster}, random_{seed}, count_{count} {}

template <class F>
bool Failovers::await(F&& condition, std::int64_t between) {
  constexpr std::int64_t kPatience = 60'000'000;
  const auto end = now_us() + kPatience;
  while (now_us() < end && !asked_to_end()) {
    cluster_.tend();
    if (condition()) return true;
    cluster_.wait(std::min(end, now_us() + between));
  }
  return false;
}

// Ten have as many of each kind as kOfTen says, in any order.
void Failovers::deal() {
  for (std::size_t kind = 0; kind < kKinds; ++kind) deck_.insert(deck_.end(), kOfTen.at(kind), static_cast<Kind>(kind));
  for (std::size_t i = deck_.size(); i > 1; --i) std::swap(deck_[i - 1], deck_[random_.below(i)]);
}

void Failovers::play() {
  constexpr std::int64_t kLook = 200'000;
  for (std::size_t done = 0; done < count_ && !asked_to_end(); ++done) {
    if (deck_.empty()) deal();
    const Kind kind = deck_.back();
    deck_.pop_back();
    const std::string which =
        "failover " + std::to_string(done + 1) + " of " + std::to_string(count_) + ", " + kNames.at(kind);
    if (!await([this] { return is_whole(); }, kLook)) {
      if (!asked_to_end()) cluster_.trouble("before " + which + ": the cluster is not whole after a minute");
      return;
    }
    if (!measure(kind)) {
      if (!asked_to_end()) cluster_.trouble(which + ": no result after a minute");
      return;
    }
    std::printf("%s: %s s to the first result\n", which.c_str(), shown(times_.at(kind).first.back()).c_str());
    std::fflush(stdout);
  }
}

bool Failovers::measure(Kind kind) {
  constexpr std::int64_t kLook = 20'000;
  constexpr std::int64_t kRecovery = 15'000'000;
  cluster_.journal().append(std::string{"F "} + kNames.at(kind));
  cluster_.unsettle(kRecovery);
  results_.read(cluster_.client_journals());
  const auto since = now_us();
  auto excused_until = since + kRecovery;
  results_.begin(since);
  const Stopped stopped = begin(kind);
  const bool came = await(
      [&] {
        if (now_us() > excused_until - kRecovery / 2) {
          cluster_.unsettle(kRecovery);
          excused_until = now_us() + kRecovery;
        }
        results_.read(cluster_.client_journals());
        return results_.all(now_us()).has_value();
      },
      kLook);
  end(stopped);
  if (!came) return false;
  constexpr double kSecond = 1e6;
  times_.at(kind).first.push_back(static_cast<double>(*results_.first() - since) / kSecond);
  times_.at(kind).all.push_back(static_cast<double>(*results_.all(now_us()) - since) / kSecond);
  return true;
}

Failovers::Stopped Failovers::begin(Kind kind) {
  const std::size_t owner = some_owner();
  const Program& program = cluster_.brokers()[owner];
  if (kind == primary_killed || kind == both_killed) cluster_.database()->fail_over();
  if (kind == owner_killed || kind == both_killed) program.signal(SIGKILL);
  if (kind != owner_stopped) return {};
  Stopped stopped{owner, tests::children_of(program.pid(), "forkmill-broker")};
  stopped.processes.push_back(program.pid());
  for (const pid_t process : stopped.processes) ::kill(process, SIGSTOP);
  return stopped;
}

void Failovers::end(const Stopped& stopped) {
  if (cluster_.brokers()[stopped.broker].runs())
    for (const pid_t process : stopped.processes) ::kill(process, SIGCONT);
}

// With several shards that of one of them: the broker that was started last, and owns none yet, looks like an owner
// too.
std::size_t Failovers::some_owner() {
  if (!cluster_.is_sharded()) return cluster_.brokers().owner();
  const std::size_t shard = 1 + random_.below(cluster_.shards());
  const std::string name = cluster_.database()->ask("SELECT split_part(owner, ' ', 1) FROM forkmill.shard WHERE id = " +
                                                    std::to_string(shard));
  for (std::size_t i = 0; i < cluster_.brokers().size(); ++i)
    if (name.find(":" + std::to_string(cluster_.brokers().listener(i).port)) != std::string::npos) return i;
  return cluster_.brokers().owner();
}

bool Failovers::is_whole() const {
  Database& database = *cluster_.database();
  if (!database.tend()) return false;
  Brokers& brokers = cluster_.brokers();
  if (!cluster_.is_sharded()) {
    for (std::size_t i = 0; i < brokers.size(); ++i)
      if (!brokers[i].runs() || (i != brokers.owner() && !brokers.stands_by(i))) return false;
    return true;
  }
  return database.ask("SELECT bool_and(lease_until > clock_timestamp()) FROM forkmill.lease") == "t" &&
         database.ask("SELECT count(*) FROM forkmill.broker WHERE lease_until > clock_timestamp()") ==
             std::to_string(brokers.size());
}

// ---- What is reported -----------------------------------------------------------------------------------------------

std::string Failovers::table() const {
  std::string text =
      "| failover | times | first result: median s | worst s | results of all that was submitted at once: median s | "
      "worst s |\n|---|---|---|---|---|---|\n";
  for (std::size_t kind = 0; kind < kKinds; ++kind) {
    const Times& its = times_.at(kind);
    if (its.first.empty()) continue;
    text += std::string{"| "} + kNames.at(kind) + " | " + std::to_string(its.first.size()) + " | " + cells(its.first) +
            " | " + cells(its.all) + " |\n";
  }
  return text;
}

std::string Failovers::summary() const {
  std::vector<double> all;
  for (const Times& its : times_) std::ranges::copy(its.first, std::back_inserter(all));
  const std::string count = "failovers " + std::to_string(all.size()) + " of " + std::to_string(count_);
  if (all.empty()) return count;
  return count + ", to the first result of a waiting future: median " + shown(median(all)) + " s, worst " +
         shown(*std::max_element(all.begin(), all.end())) + " s";
}

}  // namespace forkmill::chaos
