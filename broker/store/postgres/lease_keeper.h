// LeaseKeeper: renews the lease of a shard, on a thread and a connection of its own, so that neither a long start nor a
// commit that waits for its standby makes the owner look dead.
#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>

#include "broker/store/postgres/patience.h"
#include "broker/store/postgres/server_session.h"
#include "broker/store/postgres/shard.h"

namespace forkmill::broker {

// LeaseHolder: keeps the lease of an owner until its end, and learns when the shard has another owner.
class LeaseHolder {
 public:
  virtual ~LeaseHolder() = default;
  // Any thread. Returns why the shard is no longer this owner's; empty: nothing is known of another one.
  virtual std::string deposed() const = 0;
};

// Lease: the lease of a shard, from the side of its owner. Renewals do not wait for the disk: a lease that is lost with
// the server only costs a takeover. One thread owns it, except where noted.
class Lease {
 public:
  using Connect = std::function<std::unique_ptr<ServerSession>()>;

  // The lease of the owner of a shard. `connect` may throw; it is called again after each failure.
  Lease(Connect connect, Tenure tenure) : connect_{std::move(connect)}, tenure_{tenure} {}

  // Returns false if the shard has another owner. A server that cannot be reached counts as no news.
  bool renew();
  // Ends the lease, if the server can be reached.
  void release();
  // Any thread.
  std::string deposed() const;

 private:
  const Connect connect_;
  const Tenure tenure_;
  std::unique_ptr<ServerSession> server_;
  mutable std::mutex mutex_;
  std::string deposed_;  // guarded by mutex_
};

class LeaseKeeper final : public LeaseHolder {
 public:
  using Connect = std::function<std::unique_ptr<ServerSession>(const Patience&)>;

  // Keeps the lease of the owner of a shard. `connect` is called on the thread of this object, and may throw.
  LeaseKeeper(Connect connect, Tenure tenure);
  // Ends the lease, if the server can be reached.
  ~LeaseKeeper() override;
  LeaseKeeper(const LeaseKeeper&) = delete;
  LeaseKeeper& operator=(const LeaseKeeper&) = delete;

  std::string deposed() const override { return lease_.deposed(); }

 private:
  void run();
  bool wait();  // until the next renewal; returns false if the thread shall end

  const Patience patience_;
  Lease lease_;  // used by the thread alone
  std::mutex mutex_;
  std::condition_variable stop_;
  bool stopping_ = false;  // guarded by mutex_
  std::thread thread_;
};

}  // namespace forkmill::broker
