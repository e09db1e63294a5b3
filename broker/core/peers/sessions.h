// Sessions: the ends of sessions. GOODBYE, silence or the death of its process ends the session of a client or worker,
// and with that everything that depended on it. Admission begins sessions.
#pragma once

#include <functional>
#include <string>
#include <unordered_map>
#include <vector>

#include "broker/core/lifecycle/cancels.h"
#include "broker/core/lifecycle/deliveries.h"
#include "broker/core/lifecycle/task_grants.h"
#include "broker/core/objects/objects.h"
#include "broker/core/peers/child_clients.h"
#include "broker/core/peers/session_index.h"
#include "broker/core/peers/session_timeouts.h"
#include "broker/core/peers/worker_roster.h"
#include "broker/core/state/broker_state.h"

namespace forkmill::broker {

class Sessions {
 public:
  Sessions(BrokerState& state, SessionIndex& index, ChildClients& children, WorkerRoster& roster,
           SessionTimeouts& silence, Deliveries& deliveries, TaskGrants& grants, Cancels& cancels, Objects& objects)
      : state_{state},
        index_{index},
        children_{children},
        roster_{roster},
        silence_{silence},
        deliveries_{deliveries},
        grants_{grants},
        cancels_{cancels},
        objects_{objects} {}

  // Call when the peer has said GOODBYE.
  void close(proto::PeerId peer);
  // Call when the peer becomes another client or worker: ends the one that it was, as if that had fallen silent.
  void abandon(proto::PeerId peer);
  // Call when children of a worker have ended, and with each of them every client in it, and a worker in it with all of
  // its children. `worker`: its instance. A worker may say so of itself: it is gone then.
  struct EndedChild {
    std::uint32_t pid = 0;
    Objects::End end = Objects::End::lost;
  };
  void close_children(std::uint64_t worker, const std::vector<EndedChild>& ended);

  // Clients of the broker before this one. They must come back in time, or lose what they held of durable objects.
  void expect(const std::vector<ClientHandle>& clients);
  // The commit that frees what the client held when it fell silent; none: it did not, or the commit is safe.
  proto::CommitSeq freed_after(ClientHandle client) const;

  // Ends the sessions of peers that have fallen silent.
  void tick();
  Instant next_wakeup() const { return silence_.next_wakeup(); }
  // Says GOODBYE to all: the broker shuts down.
  void farewell();

  // Returns why a peer may not have a session in its role any longer. Empty: it may.
  using WhyExpelled = std::function<std::string(proto::PeerId peer, proto::Role role)>;
  // Ends the sessions of all peers that `why` gives a reason for, or that serve a queue without the right to it, and
  // says GOODBYE to them.
  void expel(const WhyExpelled& why);

 private:
  // Says GOODBYE to the peer of `session` if `why` has a reason. Returns whether it has.
  bool dismiss(Session& session, proto::Role role, const WhyExpelled& why);
  // The same if the worker serves a queue that its principal may not serve any longer.
  bool dismiss_for_queues(Worker& worker);
  // Ends the session of a peer that may not have it any longer.
  void say_goodbye(Session& session, proto::Goodbye goodbye);
  void close(Client& client, Objects::End end);
  void close_all(const std::vector<ClientHandle>& clients, Objects::End end);
  void close(Worker& worker, WorkerExit exit, const std::string& why);

  BrokerState& state_;
  SessionIndex& index_;
  ChildClients& children_;
  WorkerRoster& roster_;
  SessionTimeouts& silence_;
  Deliveries& deliveries_;
  TaskGrants& grants_;
  Cancels& cancels_;
  Objects& objects_;
  std::unordered_map<ClientHandle, proto::CommitSeq> freed_with_;  // clients that fell silent
};

}  // namespace forkmill::broker
