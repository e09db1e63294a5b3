// Outbox: what the worker has to say to the broker. The parts of the foreman fill it, the session empties it. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "proto/wire/messages.h"
#include "worker/rules/session/gone_children.h"
#include "worker/rules/session/outcome_queue.h"

namespace forkmill::worker {

struct Outbox {
  OutcomeQueue outcomes;
  std::vector<proto::Grant> returns;  // handed back unstarted
  proto::Instant pause{0};            // the worker takes no tasks for so long, as RETURN says
  std::string shortage;               // why it pauses
  std::vector<proto::RevokeAnswer> revoke_answers;
  std::vector<proto::ProgressNote> progress;
  std::vector<proto::StartedNote> started;
  std::vector<proto::LogNote> logs;
  GoneChildren deaths;
  std::optional<std::uint32_t> scaled;  // the pool has another number of children, which later HELLOs tell
  std::optional<proto::Report> report;  // dropped when there is no session

  // Call when a HELLO is sent, which lists all grants that the worker still holds. A grant that is not in the list is
  // thereby handed back.
  void begin_greeting();
  // Call when a session begins. The foreman reports running processes again.
  void begin_session(proto::Instant now, proto::Instant silence_limit, const std::vector<proto::Grant>& abandoned);
};

}  // namespace forkmill::worker
