// Client: what the broker knows of one client through all its sessions.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "broker/core/state/session.h"
#include "broker/core/state/unsafe_submissions.h"
#include "broker/core/tasks/tasks.h"
#include "proto/wire/messages.h"

namespace forkmill::broker {

// A spec that was accepted, and what was found out about it.
struct AcceptedSpec {
  CommonRef spec;                     // has no part if nothing was accepted yet
  std::uint32_t type_generation = 0;  // TaskTypes::generation() of its type
  bool stored = false;
  std::uint64_t queues_forgotten = 0;  // Queues::forgotten() when the queue was looked up
  std::uint64_t registry_version = 0;  // when the workers were asked for the signature
  // The client's session and Controls::rights_version when it was asked whether it may submit tasks with the spec.
  struct Permitted {
    proto::SessionId session{};  // none: was not asked, or by what has no session
    std::uint64_t rights_version = 0;
  };
  Permitted permitted{};
};

struct Client {
  ClientHandle handle;
  Session session;
  Owner* owner = nullptr;   // its principal; null: there are too many
  bool is_new = false;      // the broker knew nothing of the client when it came
  bool over_quota = false;  // the last task or object was refused for a quota; counts as refused once
  // A message of the client waits for tasks from the disk, or those in `behind` wait for the next round. Later ones
  // wait in `behind` as well, so that all keep their order.
  bool parked = false;
  std::deque<proto::Envelope> behind;
  std::size_t behind_bytes = 0;                       // about
  AcceptedSpec accepted;                              // the last one: most submissions of one client are alike
  std::uint64_t child_of = 0;                         // the worker in whose child it lives
  std::set<std::string> notices;                      // that UnservedNotices has told it
  std::unordered_map<proto::TaskSeq, Task*> daemons;  // unfinished tasks that end with it

  UnsafeSubmissions unsafe;  // count towards its window

  // Results on their way to the client. Each counts in its task's `deliveries`.
  struct Results {
    std::uint32_t window = 0;  // maximum of `under_way_count`, given by the client
    std::deque<TaskRef> due;   // to be sent
    std::uint64_t sent = 0;    // results so far, repeated ones included
    struct Sent {
      std::vector<TaskRef> tasks;
      std::size_t bytes = 0;
    };
    using UnderWay = std::map<proto::MessageSeq, Sent>;
    UnderWay under_way;  // sent in this session, not acknowledged
    std::size_t under_way_count = 0;
    std::size_t under_way_bytes = 0;
  };
  Results results;

  // Tasks on disk that the client attaches, and whose results are fetched when it has been sent those before: so that
  // they do not all come to memory at once.
  struct Attaching {
    struct Wanted {
      TaskId id;
      proto::TaskSeq held;  // its number in PagingState::held; none: it is not held
    };
    std::deque<Wanted> rest;
    bool goes_on = false;     // some of them are on their way, or about to be asked for
    std::uint64_t after = 0;  // the number of results that are sent before further ones are fetched

    // Lets further ones wait for all results that are due now.
    void wait_for(const Results& all) { after = all.sent + all.due.size(); }
  };
  Attaching attaching;

  // The last commands and the replies to them (operators/operator_commands.h).
  struct RememberedCommand {
    proto::SessionId session;  // in which the command came
    proto::Command command;
    std::optional<proto::Reply> reply;  // none: the command is being carried out
  };
  std::deque<RememberedCommand> commands;

  // The beginning of an id by which the message at hand names a task, and the ids in the table of the tasks that were
  // found for it: two are as good as more. None: the message names no task, or a whole id.
  struct Named {
    std::string text;
    std::vector<TaskId> found;
  };
  std::optional<Named> named;

  // Messages of this round; Outbox sends them.
  struct Outgoing {
    proto::SubmitAck ack;
    std::vector<proto::SubmitAck> full_acks;  // before `ack`: they have as many records as a message may have
    proto::CancelReply cancels;
    proto::Progress progress;
    proto::Started started;
    std::vector<TaskId> unknown;  // tasks that the client wants to attach, and that the broker does not know
    bool ack_waits = false;       // `ack` waits for the commit of this round
    bool touched = false;         // listed in Output
  };
  Outgoing outgoing;
};

}  // namespace forkmill::broker
