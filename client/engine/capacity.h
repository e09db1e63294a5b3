// Capacity: how much a client may hold (ClientOptions: max_outstanding, max_unsent, max_unsent_bytes). Submitters wait
// here for room. Thread-safe.
#pragma once

#include <forkmill/client_options.h>
#include <forkmill/detail/state.h>

#include <atomic>
#include <cstddef>

#include "client/engine/inbox.h"
#include "client/session/session.h"

namespace forkmill::client {

class Capacity {
 public:
  // engine: waits for the room's signal as for any other. All three outlive this.
  Capacity(const ClientOptions& options, const Inbox& inbox, detail::Origin& engine)
      : options_{options}, inbox_{inbox}, engine_{engine} {}

  // Blocks until there is room for one more task, as ClientOptions::when_full says, or until the inbox is closed.
  // Throws Rejected{window_full} when there is none in time.
  void wait_for_room();
  // Blocks until the broker has all submissions (true) or until the deadline has passed (false).
  bool wait_for_delivery(const detail::Deadline& deadline);
  // Takes note of what the session holds now.
  void publish(const Load& load);
  // Ends all waits: the inbox was closed.
  void end_waits() {
    room_.set();
    delivered_.set();
  }

  // Tasks whose end is still to come, as the session last published it.
  std::size_t outstanding() const { return outstanding_; }

 private:
  // With a share of 1/spare of the limits of unsent tasks left over; 0: none. There is no such share for outstanding
  // tasks: they may stay for as long as no worker comes, and a submitter that waits for an acknowledgement would wait
  // for them.
  bool has_room(std::size_t spare = 0) const;
  [[noreturn]] void throw_full(const std::string& why) const;

  const ClientOptions& options_;
  const Inbox& inbox_;
  detail::Origin& engine_;
  detail::Signal room_;
  detail::Signal delivered_;
  std::atomic<int> waiters_{0};
  std::atomic<std::size_t> outstanding_{0};
  std::atomic<std::size_t> held_tasks_{0};
  std::atomic<std::size_t> held_bytes_{0};
};

}  // namespace forkmill::client
