// Sessions: who is connected, and since when they were last heard. HELLO begins one, silence or GOODBYE ends it, a
// HELLO that resumes carries it on.
#pragma once

#include <deque>
#include <map>
#include <unordered_map>
#include <utility>
#include <vector>

#include "broker/core/lifecycle/attempts.h"
#include "broker/core/lifecycle/cancels.h"
#include "broker/core/lifecycle/deliveries.h"
#include "broker/core/objects/objects.h"
#include "broker/core/state/broker_state.h"
#include "broker/core/state/registry.h"

namespace forkmill::broker {

class Sessions {
 public:
  Sessions(BrokerState& state, Registry& registry, Deliveries& deliveries, Attempts& attempts, Cancels& cancels,
           Objects& objects)
      : state_{state},
        registry_{registry},
        deliveries_{deliveries},
        attempts_{attempts},
        cancels_{cancels},
        objects_{objects} {}

  // `fresh`: a session id that nobody can guess, made outside. On failure the ERROR is under way.
  // `running`: the stored tasks of which the worker says that it holds a grant of an earlier broker on this store.
  void hello(proto::PeerId peer, const proto::Header& header, const proto::Hello& hello, proto::SessionId fresh,
             const TaskIds& running);
  // A message of this session has come: the peer knows of it, and will not resume the one before.
  void confirm(Session& session);
  void close(proto::PeerId peer);
  // The child with that pid of that worker has ended, and every client in it.
  void close_child(std::uint64_t worker, std::uint32_t pid);
  void close(Client& client);
  // A message to it could not be sent: nothing more is until it says HELLO again or falls silent for good.
  void unreachable(proto::PeerId peer);

  // One of the two, or neither: no session, or the message belongs to an earlier one.
  Client* client(proto::PeerId peer) const;
  Worker* worker(proto::PeerId peer) const;
  Session* session(proto::PeerId peer) const;

  // Clients of the broker before, which must come back in time or lose what they held of durable objects.
  void expect(const std::vector<ClientHandle>& clients);

  // The clients in that child of that worker.
  const std::vector<ClientHandle>& in_child(std::uint64_t worker, std::uint32_t pid) const;

  void tick();
  Instant next_wakeup() const { return next_check_; }
  // To everyone: the broker goes.
  void farewell();

 private:
  struct Holder {
    ClientHandle client;
    WorkerHandle worker;
  };
  Session& begin(Session& session, proto::PeerId peer, const proto::Hello& hello, proto::SessionId fresh);
  proto::Welcome welcome(const Session& session, const proto::Hello& hello) const;
  void hello_client(proto::PeerId peer, const proto::Hello& hello, proto::SessionId fresh);
  void hello_worker(proto::PeerId peer, const proto::Hello& hello, proto::SessionId fresh, const TaskIds& running);
  void enlist(Worker& worker, proto::WorkerInfo info);
  void delist(Worker& worker);
  void reconcile(Worker& worker, const std::vector<proto::Grant>& holding, const TaskIds& running,
                 proto::Welcome& welcome);
  bool is_gone(const proto::Hello& hello);
  bool is_late(const proto::Hello& hello) const;
  bool adopt(Worker& worker, const proto::Grant& grant, const TaskIds& running);
  proto::CommitSeq freed_after(ClientHandle client) const;
  void leave_peer(const Session& session);
  void detach(const Session& session);
  void settle_in(Client& client, const proto::Hello& hello);
  void move_out(const Client& client);
  void close(Worker& worker, const std::string& why);
  void refuse(proto::PeerId peer, const proto::Header& header, Errc code, std::string text);

  BrokerState& state_;
  Registry& registry_;
  Deliveries& deliveries_;
  Attempts& attempts_;
  Cancels& cancels_;
  Objects& objects_;
  std::unordered_map<proto::PeerId, Holder> by_peer_;
  std::unordered_map<proto::SessionId, Holder> by_session_;
  std::unordered_map<std::uint64_t, WorkerHandle> by_instance_;  // workers, each by its last HELLO
  // Who lives in which child of which worker.
  std::map<std::pair<std::uint64_t, std::uint32_t>, std::vector<ClientHandle>> in_children_;
  // Children that have ended lately: what they had said before may still come, and finds them so.
  struct GoneChild {
    std::uint64_t worker = 0;
    std::uint32_t pid = 0;
    Instant until{0};
  };
  std::deque<GoneChild> gone_children_;
  // Clients that fell silent, and the commit with which what they held is free.
  std::unordered_map<ClientHandle, proto::CommitSeq> freed_with_;
  std::uint64_t last_handle_ = 0;
  Instant next_check_{0};
  Instant last_tick_{0};
};

}  // namespace forkmill::broker
