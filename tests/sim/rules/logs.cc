#include "tests/sim/rules/logs.h"

#include "tests/sim/world/trace.h"
#include "tests/sim/world/violation.h"

namespace forkmill::sim {

namespace {

[[noreturn]] void refuse(const TaskId& task, const proto::Grant& grant, const std::string& what) {
  throw Violation{"invariant 20: the log of attempt " + std::to_string(grant.attempt.value()) + " of " + brief(task) +
                  " " + what};
}

}  // namespace

void Logs::printed(const TaskId& task, const proto::Grant& grant, std::string_view text) {
  texts_[{task, grant}] += text;
}

void Logs::shown(const TaskId& task, const proto::Grant& grant, std::uint64_t position, std::string_view text) const {
  const std::string& all = of(task, grant);
  if (position > all.size() || std::string_view{all}.substr(static_cast<std::size_t>(position), text.size()) != text)
    refuse(task, grant, "shows what the attempt has not printed at byte " + std::to_string(position));
}

void Logs::ends_at(const TaskId& task, const proto::Grant& grant, std::uint64_t bytes) const {
  if (bytes > of(task, grant).size()) refuse(task, grant, "has more bytes than the attempt has printed");
}

const std::string& Logs::of(const TaskId& task, const proto::Grant& grant) const {
  static const std::string nothing;
  const auto found = texts_.find({task, grant});
  return found == texts_.end() ? nothing : found->second;
}

}  // namespace forkmill::sim
