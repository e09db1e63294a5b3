// Loop: connects the core with sockets, store, clock and signals, on one thread. Each round feeds the core what has
// arrived, finishes the round, hands changes to the store's thread, sends what may be sent, and waits.
#pragma once

#include <spdlog/logger.h>

#include <memory>
#include <string>
#include <vector>

#include "broker/access_control.h"
#include "broker/audit_log.h"
#include "broker/core/core.h"
#include "broker/core/held_sends.h"
#include "broker/history_feed.h"
#include "broker/loop_waiter.h"
#include "broker/memory_watch.h"
#include "broker/options.h"
#include "broker/store/group_commit_thread.h"
#include "proto/os/real_env.h"
#include "proto/transport/router.h"

namespace forkmill::broker {

class Loop {
 public:
  // Opens the store and binds the endpoints. Throws TransportError for an endpoint, std::runtime_error for a store that
  // cannot be opened.
  Loop(ProgramOptions options, std::unique_ptr<Store> store, std::shared_ptr<spdlog::logger> log);
  ~Loop();
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  // The endpoints as bound, with the ports that the system chose.
  const std::vector<std::string>& endpoints() const { return endpoints_; }

  // Runs until SIGTERM, SIGINT or SIGHUP, which must be blocked in every thread; SIGHUP reads the authorized keys again
  // and looks for the log file at its path, if the options name one of these. Returns the exit code: 0, or 1 if the
  // store failed.
  int run();

 private:
  std::size_t take_input();
  // Waits for `most` at most. Returns false if the broker is to stop.
  bool wait(Instant most);
  void sweep(Instant now);
  void carry_out(Effects effects);
  // Handles the news of the store's thread. Returns false if the store failed.
  bool take_news();
  int end();
  void send(Send& send);

  ProgramOptions options_;
  std::shared_ptr<spdlog::logger> log_;
  proto::RealEnv env_;
  AuditLog audit_;
  AccessControl access_control_;
  MemoryWatch memory_;
  proto::Router router_{&access_control_.authenticator()};
  LoopWaiter waiter_;
  std::vector<std::string> endpoints_;
  std::unique_ptr<Core> core_;
  SelfReport self_;
  std::unique_ptr<GroupCommitThread> store_;  // null: a memory store, used by this thread
  std::unique_ptr<HistoryFeed> history_;      // null: finished tasks have no history
  struct Commits {
    proto::CommitSeq safe;
    HeldSends waiting;
  };
  Commits commits_;
  Instant swept_at_{0};
};

}  // namespace forkmill::broker
