// Worker: what the broker knows of one worker through all its sessions.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "broker/core/state/held_tasks.h"
#include "broker/core/state/session.h"
#include "broker/core/tasks/offers.h"
#include "broker/core/tasks/queue.h"
#include "broker/core/tasks/tasks.h"
#include "proto/wire/messages.h"

namespace forkmill::broker {

struct Worker {
  WorkerHandle handle;
  Session session;
  std::uint64_t instance = 0;
  std::uint64_t child_of = 0;  // the worker in whose child it lives, as the workers of pools do; 0: none
  proto::WorkerInfo info;
  Offer* offer = nullptr;  // null: it serves nothing, for now
  // Its place in the lines of its offer (lifecycle/worker_lines.h), and in the turns of its queues.
  struct Place {
    Offer::Workers::iterator at{};
    WorkerLine line = WorkerLine::none;
    bool is_outdated = false;      // listed in Output::outdated_places
    std::uint64_t since = 0;       // rises with each worker that joins a line
    std::size_t queue_turn = 0;    // the place of the queue that is next
    std::size_t process_turn = 0;  // counts, modulo the number of queues; for tasks with a process of their own
  };
  Place place;
  std::uint64_t granted = 0;
  std::uint64_t credit = 0;                           // granted never exceeds it
  static constexpr std::size_t kMaxHeld = 16 * 1024;  // tasks that it may hold
  struct Returns {
    std::size_t tasks = 0;     // handed back, beyond those that its finished ones excuse
    std::uint32_t pauses = 0;  // given because of these returns
  };
  Returns returns;
  bool draining = false;
  // Orders of operators that the worker has not carried out yet (peers/worker_orders.h).
  struct Orders {
    bool drain = false;
    bool restart = false;        // and start again afterwards
    std::uint32_t children = 0;  // 0: none
  };
  Orders orders;
  // The last pause: the worker is short of something, and is granted nothing until it has passed.
  struct Pause {
    Instant until{0};
    std::string reason;
  };
  Pause pause;
  HeldTasks holding;
  std::size_t processes = 0;              // tasks in `holding` with a process of their own
  std::vector<proto::ProcessRow> report;  // its last REPORT
  struct SentSignals {
    std::uint64_t last = 0;                  // the number of the last one
    std::vector<proto::SignalNote> unheard;  // the last ones to tasks that it holds, which may be under way
  };
  SentSignals signals;
  proto::Heartbeat load;  // its last HEARTBEAT
  struct Ended {
    std::uint64_t finished = 0;
    std::uint64_t lost = 0;
    std::uint64_t returned = 0;  // handed back: they have not ended
    std::uint64_t overrun = 0;   // lost ones that the broker has ended, since they ran over their timeout
  };
  Ended ended;  // attempts

  // Messages of this round; Outbox sends them.
  struct Outgoing {
    proto::Grants grants;
    std::size_t last_grants = 0;    // how many the message before had, as far as its room goes
    bool grants_wait = false;       // `grants` wait until the commit of this round is safe
    proto::CommitSeq grants_after;  // commit of the grants sent last
    proto::Revoke revoke;
    proto::Signals signals;
    proto::OutcomeAck ack;
    bool ack_waits = false;  // `ack` waits for the commit of this round
    bool touched = false;    // listed in Output
  };
  Outgoing outgoing;

  bool wants_more() const { return !draining && granted < credit; }
  bool wants_process() const { return !draining && processes < info.max_processes; }
  std::size_t in_pool() const { return holding.size() - processes; }
  bool has_idle_child() const { return in_pool() < info.children; }
};

}  // namespace forkmill::broker
