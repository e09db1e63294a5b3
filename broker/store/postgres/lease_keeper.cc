#include "broker/store/postgres/lease_keeper.h"

#include <pthread.h>

#include <utility>

#include "broker/store/postgres/shard.h"
#include "proto/os/signals_blocked.h"

namespace forkmill::broker {

LeaseKeeper::LeaseKeeper(Connect connect, proto::Epoch epoch)
    : connect_{std::move(connect)}, epoch_{epoch}, patience_{kLease} {
  const proto::SignalsBlocked blocked;
  thread_ = std::thread{[this] { run(); }};
}

LeaseKeeper::~LeaseKeeper() {
  {
    const std::lock_guard lock{mutex_};
    stopping_ = true;
  }
  stop_.notify_one();
  thread_.join();
}

std::string LeaseKeeper::deposed() const {
  const std::lock_guard lock{mutex_};
  return deposed_;
}

void LeaseKeeper::run() {
  pthread_setname_np(pthread_self(), "lease");
  while (renew() && wait()) {
  }
  release();
}

bool LeaseKeeper::wait() {
  std::unique_lock lock{mutex_};
  return !stop_.wait_for(lock, kLeaseRenewal, [this] { return stopping_; });
}

// The store's thread reports what is wrong with the server; here it is tried again.
bool LeaseKeeper::renew() {
  try {
    if (server_ == nullptr) {
      server_ = connect_(patience_);
      server_->run("SET synchronous_commit = off");
    }
    if (renew_lease(*server_, epoch_)) return true;
    const std::lock_guard lock{mutex_};
    deposed_ = deposed_text(read_shard(*server_));
    return false;
  } catch (const std::runtime_error&) {
    server_.reset();
    return true;
  }
}

void LeaseKeeper::release() {
  try {
    if (server_ != nullptr) release_lease(*server_, epoch_);
  } catch (const std::runtime_error&) {
    server_.reset();
  }
}

}  // namespace forkmill::broker
