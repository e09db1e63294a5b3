#include "tests/chaos/soak.h"

#include <cmath>
#include <string_view>
#include <utility>

namespace forkmill::chaos {

namespace {

constexpr std::int64_t kSecond = 1'000'000;
constexpr std::int64_t kMinute = 60 * kSecond;

// Whether a line of a journal says that a future has ended: "TIME T …".
bool is_end(std::string_view line) {
  const auto space = line.find(' ');
  return space != std::string_view::npos && line.substr(space).starts_with(" T ");
}

}  // namespace

Soak::Soak(Cluster& cluster, double minutes, std::int64_t speed, std::function<void(const std::string&)> say)
    : cluster_{cluster}, minutes_{minutes}, speed_{speed}, say_{std::move(say)} {}

void Soak::tick(std::uint64_t faults) {
  advance_clock();
  if (now_us() - began_ >= (told_ + 1) * kMinute) tell(faults);
}

void Soak::advance_clock() {
  const std::int64_t due = (speed_ - 1) * ((now_us() - began_) / kSecond);
  if (due == advanced_) return;
  cluster_.set_clock(cluster_.clock() + due - advanced_);
  cluster_.journal().append("J");
  advanced_ = due;
}

void Soak::tell(std::uint64_t faults) {
  told_ = (now_us() - began_) / kMinute;
  const std::uint64_t before = std::exchange(ended_, tasks_ended());
  std::string line = "minute " + std::to_string(told_) + " of " + std::to_string(std::llround(minutes_)) + ": " +
                     std::to_string(ended_) + " tasks have ended, " + std::to_string(faults) + " faults";
  if (speed_ > 1) line += ", " + std::to_string(advanced_ / 3600) + " hours ahead";
  const BrokerCost* cost = cluster_.cost();
  if (cost != nullptr) line += ", " + cost->text(cluster_.broker_log());
  say_(line);
  idle_minutes_ = ended_ == before ? idle_minutes_ + 1 : 0;
  const unsigned most = cluster_.database() == nullptr ? 1 : 3;  // faults of a database take longer
  if (idle_minutes_ >= most) cluster_.trouble("no task ended in the last " + std::to_string(most) + " minutes");
}

std::uint64_t Soak::tasks_ended() {
  std::uint64_t ended = ended_;
  journals_.read(cluster_.client_journals(), [&](const std::string&, std::string_view line) {
    if (is_end(line)) ++ended;
  });
  return ended;
}

}  // namespace forkmill::chaos
