#include "broker/core/operators/attempt_row.h"

#include "broker/core/operators/why/ended.h"

namespace forkmill::broker {

PackedMap packed(const AttemptEnd& end) {
  PackedMap map;
  map.add("attempt", end.attempt.value()).add("outcome", outcome_name(end.kind)).add("ended_at_ms", end.at.count());
  if (const auto start = end.started_at(); start.count() > 0) map.add("started_at_ms", start.count());
  if (!end.worker.empty()) map.add("worker", end.worker);
  if (end.code != Errc::ok) map.add("code", errc_name(end.code)).add("message", end.message);
  return map;
}

std::vector<PackedMap> packed(const Findings& findings) {
  std::vector<PackedMap> rows;
  for (const Finding& one : findings)
    rows.push_back(PackedMap{}.add("reason", reason_name(one.reason)).add("text", one.text));
  return rows;
}

}  // namespace forkmill::broker
