// Loop: ties the core to sockets, store, clock and signals. One thread: what has arrived goes in, one round is
// finished, what is to be stored is handed to the store's thread, what may be sent is sent, then it waits.
#pragma once

#include <spdlog/logger.h>

#include <memory>
#include <string>
#include <vector>

#include "broker/core/core.h"
#include "broker/core/held_sends.h"
#include "broker/options.h"
#include "broker/store/store_thread.h"
#include "proto/transport/real_env.h"
#include "proto/transport/router.h"
#include "proto/transport/waiter.h"

namespace forkmill::broker {

class Loop {
 public:
  // Opens the store and the endpoints. Throws TransportError, or std::runtime_error for a store that cannot be opened.
  Loop(ProgramOptions options, std::unique_ptr<Store> store, std::shared_ptr<spdlog::logger> log);
  ~Loop();
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  // The endpoints as bound.
  const std::vector<std::string>& endpoints() const { return endpoints_; }

  // Until SIGTERM or SIGINT, which must be blocked in every thread. 0, or 1 when the store failed.
  int run();

 private:
  std::size_t take_input();
  void describe_self();
  void carry_out(Effects effects);
  // What the store's thread has done. False: it failed.
  bool take_news();
  int end();
  void send(Send& send);
  bool stop_requested();

  ProgramOptions options_;
  std::shared_ptr<spdlog::logger> log_;
  proto::RealEnv env_;
  proto::Router router_;
  proto::Waiter waiter_;
  std::vector<std::string> endpoints_;
  std::unique_ptr<Core> core_;
  std::unique_ptr<StoreThread> store_;  // null: nothing outlives this process
  HeldSends held_;
  proto::CommitSeq committed_;
  int signals_ = -1;
};

}  // namespace forkmill::broker
