#include "tests/sim/rules/credit.h"

#include <algorithm>
#include <string>

#include "tests/sim/world/violation.h"

namespace forkmill::sim {

void Credit::welcomed(const proto::Welcome& welcome) {
  session_ = welcome.session;
  granted_ = credit_ = welcome.granted;
}

void Credit::said(const proto::Envelope& envelope) {
  const auto say = [&](std::uint64_t credit) { credit_ = std::max(credit_, credit); };
  if (const auto* credit = std::get_if<proto::Credit>(&envelope.message)) say(credit->total);
  if (const auto* outcomes = std::get_if<proto::Outcomes>(&envelope.message)) say(outcomes->credit);
  if (const auto* back = std::get_if<proto::Return>(&envelope.message)) say(back->credit);
  if (const auto* revoked = std::get_if<proto::Revoked>(&envelope.message)) say(revoked->credit);
}

void Credit::heard(const proto::Envelope& envelope, std::string_view worker) {
  const auto* grants = std::get_if<proto::Grants>(&envelope.message);
  if (grants == nullptr || envelope.header.session != session_) return;
  granted_ += static_cast<std::uint64_t>(std::count_if(grants->tasks.begin(), grants->tasks.end(),
                                                       [](const auto& task) { return !task.spec->options.process; }));
  if (granted_ > credit_)
    throw Violation{"invariant 12: " + std::string{worker} + " was granted more than it ever gave credit for"};
}

}  // namespace forkmill::sim
