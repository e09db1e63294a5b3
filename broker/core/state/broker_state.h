// BrokerState: all that the broker knows, in one place, and what it wants done. The parts of the core (Intake,
// Matching, Attempts …) hold the rules and share this state; none of them keeps state that another one needs.
#pragma once

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "broker/core/state/options.h"
#include "broker/core/state/session.h"
#include "broker/core/tasks/deadlines.h"
#include "broker/core/tasks/paged_out_deadlines.h"
#include "broker/core/tasks/queue.h"
#include "broker/core/tasks/task_types.h"
#include "broker/core/tasks/tasks.h"
#include "broker/store/records.h"
#include "broker/store/requests.h"
#include "broker/store/store.h"
#include "proto/mutants.h"

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
};

// Identity: facts of this broker that are fixed at its start.
struct Identity {
  std::string store;
  proto::Epoch epoch;
  proto::CommitSeq commit;  // the last commit in the store
  bool durable = false;     // commits outlive the broker
  std::string software;
  std::vector<std::string> listen;
  proto::TaskSeq last_seq;  // new tasks get higher numbers
};

struct Totals {
  std::uint64_t succeeded = 0;
  std::uint64_t failed = 0;
  std::uint64_t cancelled = 0;
  std::uint64_t expired = 0;
};

struct BrokerState {
  BrokerState(CoreOptions core_options, Identity who)
      : options{std::move(core_options)},
        identity{std::move(who)},
        task_types{options.max_task_types},
        tasks{last_used_seq(identity)},
        commit{identity.commit},
        safe{identity.commit} {}

  static proto::TaskSeq last_used_seq(const Identity& who) {
    const std::uint64_t last = who.last_seq.value();
    const bool again = proto::mutant(proto::Mutant::numbers_used_again) && last >= Store::kLeftOut;
    return proto::TaskSeq{again ? last - Store::kLeftOut : last};
  }

  CoreOptions options;
  Identity identity;
  proto::Now now;  // time of the call that is being handled
  proto::Now started;

  TaskTypes task_types;
  Tasks tasks;
  std::map<std::string, std::unique_ptr<Queue>, std::less<>> queues;  // never erased: tasks point to them
  std::unordered_map<ClientHandle, std::unique_ptr<Client>> clients;
  std::unordered_map<WorkerHandle, std::unique_ptr<Worker>> workers;
  std::vector<Queue*> process_queues;  // queues of tasks with a process of their own; all are in `queues`
  std::unordered_map<proto::TaskSeq, proto::StartedNote>
      process_starts;  // processes of running tasks that have their own
  Deadlines deadlines;
  Totals totals;
  bool disk_full = false;  // rejects what would have to be stored

  // ---- Paged-out tasks
  PagedOutDeadlines paged_out_deadlines;
  std::vector<LaneKey> needs_refill;
  std::size_t resident_scheduled = 0;
  std::size_t fetched_early = 0;                                // scheduled tasks in memory that came from the disk
  std::unordered_map<proto::TaskSeq, Task*> in_paged_out_line;  // resident tasks whose place in line is a paged-out one
  std::unordered_map<proto::TaskSeq, std::vector<ClientHandle>> paged_out_watchers;
  // Tasks that were changed and paged out again: answers of the store to requests up to that ticket are out of date.
  std::unordered_map<proto::TaskSeq, std::uint64_t> outdated;
  Instant grace_until{0};  // nothing is granted before: see CoreOptions::restart_grace

  // ---- This round
  std::vector<Send> sends;
  std::vector<StoreOp> ops;
  std::vector<StoreRequest> requests;
  proto::CommitSeq commit;  // the last commit handed to the store
  proto::CommitSeq safe;    // the last commit that the store has; a peer may be told of no later one
  std::vector<ClientHandle> touched_clients;
  std::vector<WorkerHandle> touched_workers;

  void no_longer_scheduled(Task& task);

  // Numbers the requests to the store.
  std::uint64_t next_ticket() { return ++last_ticket; }
  std::uint64_t last_ticket = 0;

  // Returns the commit that makes the changes of this round safe, and all before.
  proto::CommitSeq safe_after() const { return ops.empty() ? commit : commit.next(); }

  Client* client(ClientHandle handle) {
    auto found = clients.find(handle);
    return found == clients.end() ? nullptr : found->second.get();
  }
  Worker* worker(WorkerHandle handle) {
    auto found = workers.find(handle);
    return found == workers.end() ? nullptr : found->second.get();
  }
  // Returns the queue of that name, which is made if need be. Null: there are as many queues as there may be.
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
    if (!session.peer) return;  // out of reach: messages that matter are sent again when the peer resumes
    sends.push_back({session.peer, {{session.id, session.sent}, std::move(message)}, std::max(after, session.after)});
  }
  // Unix time as it is stored: it goes on steadily from the start of this broker, even if the wall clock is set.
  milliseconds stamp(Instant at) const {
    return started.unix_time + std::chrono::duration_cast<milliseconds>(at - started.steady);
  }
  milliseconds stamp() const { return stamp(now.steady); }
  Instant instant(milliseconds stamped) const { return started.steady + Instant{stamped - started.unix_time}; }

  // Returns when a task arrived. A task from before this broker's start arrived before it even if the wall clock was
  // set back meanwhile: otherwise all stored tasks would wait until the clock has caught up.
  Instant arrived(proto::TaskSeq seq, milliseconds stamped) const {
    const Instant at = instant(stamped);
    return seq <= identity.last_seq ? std::min(at, started.steady) : at;
  }

  // Returns the time by which the silence of a peer is measured: never the wall clock, which may jump.
  Instant silence_clock() const {
    return proto::mutant(proto::Mutant::expiry_by_wall_clock) ? Instant{now.unix_time} : now.steady;
  }

  // Returns when a task that arrived at `arrived` may start. The wall clock counts only for `not_before`.
  Instant first_due(const proto::TaskOptions& options, Instant arrived) const;

  // Adds the task at the end of its line, which may be on disk: the task must not be touched afterwards.
  void line_up(Task& task);
  void take_out_of_line(Task& task);
  // Removes a durable task from memory; it stays on disk. The task must be ready and in the paged-out part of its line,
  // or scheduled, or finished and on no shelf.
  void put_away(Task& task);
  // Appends an op that changes the task in the store.
  template <class Op>
  void rewrite(Task& task, Op op) {
    task.rewritten = true;
    ops.emplace_back(std::move(op));
  }

  // Moves the task along the table of states.h. A step that is not in the table fails a check, since it is a bug.
  void step(Task& task, Event event);
};

}  // namespace forkmill::broker
