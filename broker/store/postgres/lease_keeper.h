// LeaseKeeper: renews the lease of a shard, on a thread and a connection of its own, so that neither a long start nor a
// commit that waits for its standby makes the owner look dead. Renewals do not wait for the disk: a lease that is lost
// with the server only costs a takeover.
#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "broker/store/postgres/server_connection.h"
#include "proto/ids.h"

namespace forkmill::broker {

class LeaseKeeper {
 public:
  using Connect = std::function<std::unique_ptr<ServerConnection>(const Patience&)>;

  // Keeps the lease of the owner of `epoch`. `connect` is called on the thread of this object, and may throw.
  LeaseKeeper(Connect connect, proto::Epoch epoch);
  // Ends the lease, if the server can be reached.
  ~LeaseKeeper();
  LeaseKeeper(const LeaseKeeper&) = delete;
  LeaseKeeper& operator=(const LeaseKeeper&) = delete;

  // Any thread. Returns why the shard is no longer this owner's; empty: nothing is known of another one.
  std::string deposed() const;

 private:
  void run();
  bool wait();   // until the next renewal; returns false if the thread shall end
  bool renew();  // returns false if the shard has another owner
  void release();

  const Connect connect_;
  const proto::Epoch epoch_;
  const Patience patience_;
  std::unique_ptr<ServerConnection> server_;  // used by the thread alone
  mutable std::mutex mutex_;
  std::condition_variable stop_;
  bool stopping_ = false;  // guarded by mutex_, like deposed_
  std::string deposed_;
  std::thread thread_;
};

}  // namespace forkmill::broker
