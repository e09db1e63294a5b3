#include "tests/chaos/brokers.h"

#include <signal.h>
#include <sys/wait.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <utility>

#include "tests/chaos/journal.h"

namespace forkmill::chaos {

namespace {
constexpr std::int64_t kRestartPause = 300'000;  // microseconds
constexpr int kEndInOrder = 40'000;              // milliseconds
}  // namespace

Brokers::Brokers(std::vector<Listener> listeners, std::function<Start(std::size_t)> command,
                 std::function<void(const std::string&)> trouble, std::function<void()> changed)
    : command_{std::move(command)}, trouble_{std::move(trouble)}, changed_{std::move(changed)} {
  for (Listener& listener : listeners) places_.push_back({std::move(listener)});
  for (std::size_t i = 0; i < places_.size(); ++i) start(i);
}

void Brokers::start(std::size_t number) {
  Place& place = places_[number];
  const Start how = command_(number);
  std::error_code ignored;
  place.log = how.log;
  place.read = std::filesystem::exists(place.log) ? std::filesystem::file_size(place.log, ignored) : 0;
  changed_();
  place.program = Program{how};
  place.due = 0;
}

void Brokers::tend() {
  for (std::size_t i = 0; i < places_.size(); ++i) {
    Place& place = places_[i];
    if (const auto status = place.program.ended()) {
      place.due = now_us() + kRestartPause;
      place.stands_by = false;
      if (is_shared()) changed_();
      if (!has_reason(*status)) trouble_("the broker ended by itself: " + describe_end(*status));
    }
    if (place.due != 0 && now_us() >= place.due) start(i);
    if (is_shared()) read_log(i);
  }
}

// The ring kills with SIGKILL only; a SIGTERM that comes before a program has begun to wait for it kills as well. A
// broker that shares its database may exit when another one has taken over.
bool Brokers::has_reason(int status) const {
  const bool is_excused = now_us() <= excused_;
  if (WIFSIGNALED(status)) return WTERMSIG(status) == SIGKILL || (WTERMSIG(status) == SIGTERM && is_excused);
  return is_excused || (is_shared() && WEXITSTATUS(status) <= 1);
}

void Brokers::read_log(std::size_t number) {
  Place& place = places_[number];
  std::ifstream file{place.log, std::ios::binary};
  file.seekg(static_cast<std::streamoff>(place.read));
  const std::string text{std::istreambuf_iterator<char>{file}, {}};
  place.read += text.size();
  if (text.find("standing by") != std::string::npos) place.stands_by = true;
  if (text.find("listening on ") == std::string::npos) return;
  place.stands_by = false;
  if (owner_ != number) ++takeovers_;
  owner_ = number;
  changed_();
}

std::int64_t Brokers::due(std::int64_t until) const {
  for (const Place& place : places_)
    if (place.due != 0) until = std::min(until, place.due);
  return until;
}

std::vector<int> Brokers::signs() const {
  std::vector<int> all;
  for (const Place& place : places_) all.push_back(place.program.handle());
  return all;
}

// The owner is the last one: while it ends, no other broker is there to take over.
void Brokers::stop() {
  std::vector<std::size_t> order;
  for (std::size_t i = 1; i <= places_.size(); ++i) order.push_back((owner_ + i) % places_.size());
  for (const std::size_t number : order) {
    Program& program = places_[number].program;
    if (!program.runs()) continue;
    program.signal(SIGTERM);
    const int status = program.end_within(kEndInOrder);
    if (status != 0) trouble_("the broker did not end cleanly: " + describe_end(status));
  }
}

}  // namespace forkmill::chaos
