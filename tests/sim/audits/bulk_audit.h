// BulkAudit: checks changes of many tasks (invariant 16): each task that a change has met is counted once; a task that
// is meant by its id, and waits from when the broker took the change until it answers, is met, also if the broker was
// restarted in between; a command that is repeated gets the answer that it had; and a task is granted from the queue,
// and with the priority, that an operator was told it has, after a restart of the broker as well, if the task is
// stored.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "broker/core/core.h"

namespace forkmill::sim {

// Each function throws Violation.
class BulkAudit {
 public:
  // A broker has recovered.
  void begin(const broker::Core& core);
  // A message that the broker is about to handle.
  void arrived(const broker::Core& core, proto::PeerId peer, const proto::Envelope& envelope);
  // The broker has finished a round, with these messages to send.
  void round(const broker::Core& core, const std::vector<broker::Send>& sends);
  // A message leaves the broker, when what it depends on is safe.
  void leaves(const broker::Send& send);

 private:
  using Question = std::pair<proto::PeerId, std::uint64_t>;  // the sender and the id of a command
  // A task that is in memory and waits. No number: there is none.
  struct Waiting {
    proto::TaskSeq seq{};
    std::uint32_t attempts = 0;
    friend bool operator==(const Waiting&, const Waiting&) = default;
  };
  struct Asked {
    proto::ChangeTasks order;
    bool alone = true;  // the order is new, and no other change was under way at any time
    Waiting waiting{};  // the only task that the order is about, as it was when the broker took the change
  };
  struct Answered {
    TaskId change;
    std::string counts;
    std::map<proto::TaskSeq, proto::ChangeTasks> changed;  // stored tasks
  };

  Waiting waiting_since_taken(const broker::Core& core, const proto::ChangeTasks& order);
  static Waiting waiting_in(const broker::Core& core, const proto::ChangeTasks& order);
  static Answered read(const broker::Core& core, const Asked& asked, const proto::Reply& reply);
  void check_grants(const proto::Grants& grants) const;

  std::map<Question, Asked> asked_;
  std::map<Question, Answered> answered_;                // answers on their way
  std::map<TaskId, Waiting> taken_;                      // tasks as they were when the broker took a change, by change
  std::map<TaskId, std::string> told_;                   // counts that operators know, by change
  std::map<proto::TaskSeq, proto::ChangeTasks> places_;  // single tasks, as operators know them
};

}  // namespace forkmill::sim
