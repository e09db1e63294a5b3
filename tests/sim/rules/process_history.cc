#include "tests/sim/rules/process_history.h"

#include <algorithm>

#include "tests/sim/world/violation.h"

namespace forkmill::sim {

using namespace std::chrono_literals;

void ProcessHistory::violated(const TaskId& id, const std::string& text) {
  throw Violation{"processes: task " + brief(id) + ": " + text};
}

void ProcessHistory::granted(const TaskId& id, const proto::Grant& grant) { last_grant_[id] = grant; }

void ProcessHistory::broker_started() {
  ++brokers_;
  for (auto& [key, process] : processes_) process.sent.clear();  // a new broker knows nothing of them
}

void ProcessHistory::began(const TaskId& id, const proto::Grant& grant, std::uint32_t pid) {
  Process& process = processes_[{id, grant}];
  process.pid = pid;
  process.lives = true;
}

void ProcessHistory::ended(const TaskId& id, const proto::Grant& grant) { processes_[{id, grant}].lives = false; }

void ProcessHistory::abandoned(const proto::Grant& grant) {
  for (auto& [key, process] : processes_)
    if (key.grant == grant) process.sent.clear();
}

// The longest time of a signal on its way, when nothing goes wrong.
Instant ProcessHistory::slack() const {
  const Options& options = world_.options;
  return 2 * options.net_delay + 4 * (options.slow.broker + options.slow.worker) + 4 * options.commit_delay + 200ms;
}

void ProcessHistory::finished(const TaskId& id, const proto::Grant& grant, Instant in_reach_since) const {
  if (in_reach_since == proto::kNever || world_.now() < in_reach_since + slack()) return;
  const auto found = processes_.find({id, grant});
  if (found == processes_.end()) return;
  for (const auto& [signal, when] : found->second.sent)
    if (world_.now() > when + slack())
      violated(id, "signal " + std::to_string(signal) + " was sent to its process, but never arrived");
}

void ProcessHistory::signal_sent(const TaskId& id, int signal) {
  const auto last = last_grant_.find(id);
  if (last == last_grant_.end()) violated(id, "a signal was sent to its process, but it never had one");
  processes_[{id, last->second}].sent.emplace_back(signal, world_.now());
}

void ProcessHistory::signal_arrived(const TaskId& id, const proto::Grant& grant, int signal) {
  auto& sent = processes_[{id, grant}].sent;
  const auto found = std::find_if(sent.begin(), sent.end(), [&](const auto& one) { return one.first == signal; });
  const bool forgotten = found == sent.end() && brokers_ > 1;
  if (found == sent.end() && !forgotten)
    violated(id, "signal " + std::to_string(signal) + " arrived more often than it was sent");
  if (!forgotten) sent.erase(found);
}

void ProcessHistory::told(const TaskId& id, std::uint32_t pid) const {
  const auto is_it = [&](const auto& one) { return one.first.id == id && one.second.pid == pid; };
  if (std::none_of(processes_.begin(), processes_.end(), is_it))
    violated(id, "is reported to run in process " + std::to_string(pid) + ", in which it never ran");
}

void ProcessHistory::reported(const proto::TaskResult& result, bool worker_was_lost) const {
  using proto::OutcomeKind;
  const auto kind = result.outcome.kind;
  if (worker_was_lost || kind == OutcomeKind::lost || kind == OutcomeKind::rejected) return;
  // Brokers that do not know of each other's grants may grant the same attempt again: one of these has ended.
  bool known = false;
  for (auto one = processes_.lower_bound({result.id, {}}); one != processes_.end() && one->first.id == result.id;
       ++one) {
    if (one->first.grant.attempt != result.outcome.attempt) continue;
    if (!one->second.lives) return;
    known = true;
  }
  if (known) violated(result.id, "has ended, but its process has not");
}

}  // namespace forkmill::sim
