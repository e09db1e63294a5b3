// Effects: what the core wants done after a round.
#pragma once

#include <string>
#include <vector>

#include "broker/store/finished_task.h"
#include "broker/store/records.h"
#include "broker/store/requests.h"
#include "proto/wire/messages.h"

namespace forkmill::broker {

// Send: a message to send once the commit `after` is safe. It goes at once if `after` is 0 or safe already.
struct Send {
  proto::PeerId peer;
  proto::Envelope envelope;
  proto::CommitSeq after;
};

struct Effects {
  std::vector<Send> sends;
  std::vector<StoreOp> ops;  // to be committed as number `commit`
  proto::CommitSeq commit;
  std::vector<StoreRequest> requests;  // to be answered after the ops have been applied
  std::vector<proto::PeerId> cuts;     // connections to end: their peers keep to no limit
  std::vector<std::string> audit;      // lines for the audit log, to be written before anything is sent
  std::vector<FinishedTask> finished;  // for the history, once `commit` is safe; 0: at once
};

}  // namespace forkmill::broker
