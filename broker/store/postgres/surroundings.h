// StoreSurroundings: what a store in PostgreSQL needs beside its rules: a way to its server, pauses, and a holder of
// its lease. Simulations replace it.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <thread>
#include <utility>

#include "broker/store/postgres/lease_keeper.h"
#include "broker/store/postgres/session.h"

namespace forkmill::broker {

struct StoreSurroundings {
  ConnectToServer connect = connect_by_libpq;
  std::function<void(std::chrono::milliseconds)> sleep = [](std::chrono::milliseconds time) {
    std::this_thread::sleep_for(time);
  };
  // Holds the lease of the owner of a shard. The first argument makes a session that is ready, and may throw.
  std::function<std::unique_ptr<LeaseHolder>(LeaseKeeper::Connect, Tenure)> hold_lease =
      [](LeaseKeeper::Connect open, Tenure tenure) { return std::make_unique<LeaseKeeper>(std::move(open), tenure); };
};

}  // namespace forkmill::broker
