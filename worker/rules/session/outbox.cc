#include "worker/rules/session/outbox.h"

#include <algorithm>
#include <unordered_set>

namespace forkmill::worker {

void Outbox::begin_greeting() {
  outcomes.send_all_again();
  returns.clear();
  revoke_answers.clear();
}

void Outbox::begin_session(proto::Instant now, proto::Instant silence_limit,
                           const std::vector<proto::Grant>& abandoned) {
  deaths.begin_session(now, silence_limit);
  started.clear();
  if (abandoned.empty()) return;
  // Another broker may give out the same grants: what belongs to the abandoned ones must not be taken for theirs.
  const std::unordered_set<proto::Grant> grants{abandoned.begin(), abandoned.end()};
  outcomes.forget(grants);
  std::erase_if(returns, [&](const proto::Grant& grant) { return grants.count(grant) != 0; });
  std::erase_if(logs, [&](const proto::LogNote& note) { return grants.count(note.grant) != 0; });
  std::erase_if(progress, [&](const proto::ProgressNote& note) { return grants.count(note.grant) != 0; });
}

}  // namespace forkmill::worker
