// Session: the conversation with one peer. Client and Worker: what the broker knows of the peer through all its
// sessions.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "broker/core/tasks/queue.h"
#include "broker/core/tasks/tasks.h"
#include "proto/wire/messages.h"

namespace forkmill::broker {

struct Session {
  proto::SessionId id;
  proto::PeerId peer;      // none: out of reach
  proto::MessageSeq sent;  // the last message sent in this session
  Instant heard{0};
  milliseconds since{0};  // Unix time of its beginning
  std::string name;
  std::string host;
  std::uint32_t pid = 0;
  // Sessions that this one carries on, until the peer has sent something in it: a HELLO that comes late from a broken
  // connection takes over, too, and the peer goes on from the session that it knows.
  std::vector<proto::SessionId> before;
  std::uint64_t order = 0;   // order of the HELLO that began it
  proto::CommitSeq after{};  // nothing goes out in this session before this commit is safe
};

struct Client {
  ClientHandle handle;
  Session session;
  std::uint32_t window_results = 0;
  bool anew = false;  // the broker knew nothing of the client when it came
  // A message of the client waits for tasks from the disk. Later ones wait in `behind`, so that all keep their order.
  bool parked = false;
  std::deque<proto::Envelope> behind;
  SharedSpec last_spec;                               // most submissions of one client are alike
  std::uint64_t child_of = 0;                         // the worker in whose child it lives
  std::unordered_map<proto::TaskSeq, Task*> daemons;  // unfinished tasks that end with it

  std::deque<TaskRef> due;  // results to send; each counts in its task's `deliveries`, as do those under way
  std::map<proto::MessageSeq, std::vector<TaskRef>> under_way;  // sent in this session, not acknowledged
  std::size_t under_way_count = 0;

  // The last commands and the replies to them (operators/operator_commands.h).
  struct RememberedCommand {
    proto::SessionId session;  // in which the command came
    proto::Command command;
    std::optional<proto::Reply> reply;  // none: the command is being carried out
  };
  std::deque<RememberedCommand> commands;

  // For the end of the round
  proto::SubmitAck ack;
  proto::CancelReply cancels;
  proto::Progress progress;
  proto::Started started;
  bool touched = false;    // some of the above is set
  bool ack_waits = false;  // `ack` waits for the commit of this round
};

struct Worker {
  WorkerHandle handle;
  Session session;
  std::uint64_t instance = 0;
  proto::WorkerInfo info;
  std::vector<Queue*> queues;
  std::size_t next_queue = 0;       // the queue whose turn it is
  std::vector<signed char> serves;  // by kind: 1, 0, or -1 for not looked up yet
  std::uint64_t granted = 0;
  std::uint64_t credit = 0;  // granted never exceeds it
  bool draining = false;
  std::unordered_map<proto::TaskSeq, Task*> holding;
  std::size_t processes = 0;               // tasks in `holding` with a process of their own
  std::vector<proto::ProcessRow> report;   // its last REPORT
  std::uint64_t signalled = 0;             // the number of the last signal sent to it
  std::vector<proto::SignalNote> unheard;  // signals to tasks that it holds, which may be under way
  proto::Heartbeat load;                   // its last HEARTBEAT
  std::uint64_t finished = 0;
  std::uint64_t lost = 0;

  // For the end of the round
  proto::Grants grants;
  bool grants_wait = false;       // `grants` wait until the commit of this round is safe
  proto::CommitSeq grants_after;  // commit of the grants sent last
  proto::Revoke revoke;
  proto::Signals signals;
  proto::OutcomeAck ack;
  bool ack_waits = false;
  bool touched = false;

  bool wants_more() const { return !draining && granted < credit; }
  bool wants_process() const { return !draining && processes < info.max_processes; }
  std::size_t in_pool() const { return holding.size() - processes; }
  bool has_idle_child() const { return in_pool() < info.children; }
};

}  // namespace forkmill::broker
