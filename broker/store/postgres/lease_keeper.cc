#include "broker/store/postgres/lease_keeper.h"

#include <pthread.h>

#include <utility>

#include "proto/os/signals_blocked.h"

namespace forkmill::broker {

// The store's thread reports what is wrong with the server; here it is tried again.
bool Lease::renew() {
  try {
    if (server_ == nullptr) {
      server_ = connect_();
      server_->run("SET synchronous_commit = off");
      announce_owner(*server_, tenure_);
    }
    if (renew_lease(*server_, tenure_)) return true;
    const std::lock_guard lock{mutex_};
    deposed_ = deposed_text(read_shard(*server_, tenure_.shard), tenure_.epoch);
    return false;
  } catch (const std::runtime_error&) {
    server_.reset();
    return true;
  }
}

void Lease::release() {
  try {
    if (server_ != nullptr) release_lease(*server_, tenure_);
  } catch (const std::runtime_error&) {
    server_.reset();
  }
}

std::string Lease::deposed() const {
  const std::lock_guard lock{mutex_};
  return deposed_;
}

LeaseKeeper::LeaseKeeper(Connect connect, Tenure tenure)
    : patience_{kLease}, lease_{[this, connect = std::move(connect)] { return connect(patience_); }, tenure} {
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

void LeaseKeeper::run() {
  pthread_setname_np(pthread_self(), "lease");
  while (lease_.renew() && wait()) {
  }
  lease_.release();
}

bool LeaseKeeper::wait() {
  std::unique_lock lock{mutex_};
  return !stop_.wait_for(lock, kLeaseRenewal, [this] { return stopping_; });
}

}  // namespace forkmill::broker
