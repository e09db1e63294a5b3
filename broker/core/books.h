// Books: all that the broker knows, in one place, and what it wants done. The parts of the core (Intake, Matching,
// Attempts …) hold the rules and share these books; none of them keeps state that another one needs.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "broker/core/deadlines.h"
#include "broker/core/kinds.h"
#include "broker/core/options.h"
#include "broker/core/queue.h"
#include "broker/core/session.h"
#include "broker/core/tasks.h"
#include "broker/store/records.h"

namespace forkmill::broker {

// A message to send once the commit `after` is safe; at once when that is none, or was safe before.
struct Send {
  proto::PeerId peer;
  proto::Envelope envelope;
  proto::CommitSeq after;
};

struct Effects {
  std::vector<Send> sends;
  std::vector<StoreOp> ops;  // to be committed as number `commit`
  proto::CommitSeq commit;
};

// What this broker is, fixed at its start.
struct Identity {
  std::string store;
  proto::Epoch epoch;
  proto::CommitSeq commit;  // the last one in the store
  bool durable = false;     // what is committed outlives the broker
  std::string software;
  std::vector<std::string> listen;
};

struct Totals {
  std::uint64_t succeeded = 0;
  std::uint64_t failed = 0;
  std::uint64_t cancelled = 0;
  std::uint64_t expired = 0;
};

struct Books {
  Books(CoreOptions core_options, Identity who)
      : options{std::move(core_options)},
        identity{std::move(who)},
        kinds{options.max_kinds},
        commit{identity.commit},
        safe{identity.commit} {}

  CoreOptions options;
  Identity identity;
  proto::Now now;  // of the call that is being handled
  proto::Now started;

  Kinds kinds;
  Tasks tasks;
  std::map<std::string, std::unique_ptr<Queue>, std::less<>> queues;  // never erased: tasks point to them
  std::unordered_map<ClientHandle, std::unique_ptr<Client>> clients;
  std::unordered_map<WorkerHandle, std::unique_ptr<Worker>> workers;
  Deadlines deadlines;
  Totals totals;

  // This round
  std::vector<Send> sends;
  std::vector<StoreOp> ops;
  proto::CommitSeq commit;  // the last one handed to the store
  proto::CommitSeq safe;    // the last one that it has; only of this one may a peer be told
  std::vector<ClientHandle> touched_clients;
  std::vector<WorkerHandle> touched_workers;

  // The commit that makes safe what this round has changed and all before.
  proto::CommitSeq safe_after() const { return ops.empty() ? commit : commit.next(); }

  Client* client(ClientHandle handle) {
    auto found = clients.find(handle);
    return found == clients.end() ? nullptr : found->second.get();
  }
  Worker* worker(WorkerHandle handle) {
    auto found = workers.find(handle);
    return found == workers.end() ? nullptr : found->second.get();
  }
  // Null: there are as many queues as there may be.
  Queue* queue(std::string_view name);

  void touch(Client& one) {
    if (!one.touched) touched_clients.push_back(one.handle);
    one.touched = true;
  }
  void touch(Worker& one) {
    if (!one.touched) touched_workers.push_back(one.handle);
    one.touched = true;
  }
  void send(Session& session, proto::Message message, proto::CommitSeq after = {}) {
    session.sent = session.sent.next();
    if (!session.peer) return;  // out of reach: what matters is sent again when it resumes
    sends.push_back({session.peer, {{session.id, session.sent}, std::move(message)}, after});
  }
  // Moves the task along the table of states.h; a step that is not there is a bug of ours.
  void step(Task& task, Event event);
};

}  // namespace forkmill::broker
