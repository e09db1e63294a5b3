// Admission: HELLO. Begins the session of a client or worker, or refuses it. A HELLO that resumes a session carries it
// on: what the peer had goes on, and is settled with what it says that it still has.
#pragma once

#include <string>
#include <vector>

#include "broker/core/lifecycle/cancels.h"
#include "broker/core/lifecycle/deliveries.h"
#include "broker/core/lifecycle/task_grants.h"
#include "broker/core/peers/child_clients.h"
#include "broker/core/peers/session_index.h"
#include "broker/core/peers/session_timeouts.h"
#include "broker/core/peers/sessions.h"
#include "broker/core/peers/worker_roster.h"
#include "broker/core/state/broker_state.h"
#include "proto/status.h"

namespace forkmill::broker {

class Admission {
 public:
  Admission(BrokerState& state, SessionIndex& index, ChildClients& children, WorkerRoster& roster,
            SessionTimeouts& silence, Sessions& sessions, Deliveries& deliveries, TaskGrants& grants, Cancels& cancels)
      : state_{state},
        index_{index},
        children_{children},
        roster_{roster},
        silence_{silence},
        sessions_{sessions},
        deliveries_{deliveries},
        grants_{grants},
        cancels_{cancels} {}

  // Answers with WELCOME or ERROR, or ignores a HELLO that comes too late. `fresh`: the id of a session that begins,
  // which cannot be guessed. `running`: the stored tasks of which a worker says that it holds a grant of an earlier
  // broker on this store.
  void admit(proto::PeerId peer, const proto::Header& header, proto::Hello hello, proto::SessionId fresh,
             const TaskIds& running);

 private:
  proto::Status check(proto::PeerId peer, const proto::Hello& hello);
  // Null: the peer may use everything.
  const proto::Rights* rights_of(proto::PeerId peer) const;
  // Whether the peer sent the HELLO before the one that began the session that it has now.
  bool is_late(const proto::Hello& hello) const;
  // Returns the client or worker whose session the HELLO resumes; null if its principal has begun none.
  Client* resumed_client(const proto::Hello& hello, const std::string& principal) const;
  Worker* resumed_worker(const proto::Hello& hello, const std::string& principal) const;
  void admit_client(proto::PeerId peer, const proto::Hello& hello, proto::SessionId fresh);
  void admit_worker(proto::PeerId peer, const proto::Hello& hello, proto::SessionId fresh, const TaskIds& running);
  void note_foreign_session(proto::PeerId peer, const proto::Hello& hello);
  void begin(Session& session, proto::PeerId peer, const proto::Hello& hello, proto::SessionId fresh);
  proto::Welcome welcome(const Session& session, const proto::Hello& hello) const;
  void reconcile(Worker& worker, const std::vector<proto::Grant>& holding, const TaskIds& running,
                 proto::Welcome& answer);
  bool adopt(Worker& worker, const proto::Grant& grant, const TaskIds& running);
  bool may_run(Worker& worker, const Task& task) const;

  BrokerState& state_;
  SessionIndex& index_;
  ChildClients& children_;
  WorkerRoster& roster_;
  SessionTimeouts& silence_;
  Sessions& sessions_;
  Deliveries& deliveries_;
  TaskGrants& grants_;
  Cancels& cancels_;
  std::uint64_t last_handle_ = 0;
};

}  // namespace forkmill::broker
