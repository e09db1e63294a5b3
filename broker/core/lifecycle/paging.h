// Paging: brings tasks from disk back into memory: the next tasks of a lane that runs low, tasks of which something is
// due soon, and tasks that a message names. The message waits until they are there.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <variant>
#include <vector>

#include "broker/core/lifecycle/retention.h"
#include "broker/core/lifecycle/task_grants.h"
#include "broker/core/state/broker_state.h"

namespace forkmill::broker {

class Paging {
 public:
  Paging(BrokerState& state, TaskGrants& grants, Retention& retention)
      : state_{state}, grants_{grants}, retention_{retention} {}

  // Notes one task of the store at the start; call by rising seq. All tasks are left on disk.
  void recover(const TaskSummary& task);

  // A message that waits for tasks.
  struct Parked {
    proto::PeerId peer;
    proto::Envelope envelope;
    proto::SessionId fresh{};
    TaskIds ids{};                    // tasks that were found
    std::vector<TaskRef> visitors{};  // tasks that were paged in for it
    // A message that can be handled in parts comes back with the first of its tasks, and the numbers of the others.
    bool in_parts = false;
    std::vector<proto::TaskSeq> left{};
    bool holds_up = true;                      // later messages of the client wait behind it
    std::function<bool(const Task&)> wants{};  // tasks that need not stay in memory for it are not found; null: all do
    std::vector<proto::TaskSeq> held{};        // in PagingState::held for it
  };
  void park(Parked message, std::vector<proto::TaskSeq> wanted);

  // Pages in the tasks that the store has found. Returns the message that need not wait any longer, if there is one;
  // call release() once it has been handled.
  std::optional<Parked> handle(std::uint64_t ticket, FetchAnswer answer);

  // Fetches tasks for a part of the core that looks at many of them. Returns the ticket of the request.
  std::uint64_t visit(std::vector<proto::TaskSeq> seqs);
  struct Visit {
    std::vector<proto::TaskSeq> visited;  // in the order asked for
    std::vector<TaskRef> tasks;           // `visited` without those that are gone, in memory
    std::vector<TaskRef> visitors;        // `tasks` that were paged in, to be released
    std::vector<proto::TaskSeq> left;     // to be asked for again
  };
  // The answer to such a request.
  Visit handle_visit(std::uint64_t ticket, FetchAnswer answer);
  // Pages visitors out again, unless something has changed where they belong.
  void release(const std::vector<TaskRef>& visitors);

  // Whether there are tasks that must not run twice, and that a worker may still hold since before the restart.
  bool has_suspects() const { return !suspects_.are_settled(); }

  // Requests the tasks that lanes and deadlines need. Call after matching.
  void flush();
  Instant next_wakeup() const;

 private:
  struct ForLane {
    LaneKey lane;
  };
  struct ForDeadlines {};
  struct ForSuspects {};
  struct ForVisit {};
  using Purpose = std::variant<ForLane, ForDeadlines, ForSuspects, ForVisit, Parked>;
  struct Pending {
    std::vector<proto::TaskSeq> seqs;
    Purpose purpose;
  };

  void request(std::vector<proto::TaskSeq> seqs, Purpose purpose);
  bool out_of_date(std::uint64_t ticket, proto::TaskSeq seq) const;
  void forget_outdated();
  // Returns the task, and sets `was_paged_out` if it has made it resident. Null: the task is gone.
  Task* page_in(StoredTask stored, bool& was_paged_out);
  void set_up_waiting(Task& task, const Progression& progression, State state);
  void set_up_finished(Task& task, Finish finish);
  void ask_for_lines();
  void ask_for_deadlines();
  void settle_suspects();

  BrokerState& state_;
  TaskGrants& grants_;
  Retention& retention_;
  std::map<std::uint64_t, Pending> pending_;
  bool deadlines_asked_ = false;
  // Tasks that must not run twice, of which an attempt may have begun before the restart. A task is lost if no worker
  // has come back with it by the end of the grace period.
  struct Suspects {
    std::vector<proto::TaskSeq> unfetched;
    bool are_on_their_way = false;
    std::vector<TaskRef> resident;
    bool are_settled() const { return unfetched.empty() && !are_on_their_way && resident.empty(); }
  };
  Suspects suspects_;
};

// Returns the bytes that a task counts for in its queue. Headers are kept as long as the task is.
inline std::size_t counted_bytes(const proto::TaskSpec& spec, std::size_t payload, std::size_t value, bool finished,
                                 bool failed) {
  return finished ? value + proto::given_bytes(spec, failed ? payload : 0) : proto::given_bytes(spec, payload);
}

}  // namespace forkmill::broker
