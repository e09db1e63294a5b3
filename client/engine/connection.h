// Connection: the rules of the sessions, tied to sockets and to the waiters of everything that was asked. There is a
// socket for each shard of the cluster with which there is a session.
//
//     inbox ──▶ sessions ──▶ sockets
//     waiters ◀── sessions ◀── sockets
//
// Belongs to whichever thread holds the driver's turn, but for the members that any thread may call.
#pragma once

#include <forkmill/client_options.h>

#include <cstdint>
#include <string>

#include "client/engine/capacity.h"
#include "client/engine/driver/driven_loop.h"
#include "client/engine/holdings/holdings.h"
#include "client/engine/inbox.h"
#include "client/engine/link/broker_links.h"
#include "client/engine/link/reachability.h"
#include "client/shards/sessions.h"
#include "proto/clock.h"

namespace forkmill::client {

class Connection final : public DrivenLoop {
 public:
  // Throws Error for an endpoint that makes no sense. All arguments outlive this.
  Connection(const ClientOptions& options, Inbox& inbox, Capacity& capacity, Holdings& holdings);

  bool step() noexcept override;
  proto::Instant next_wakeup() const override;
  bool has_requests() const override { return inbox_.size() > 0; }
  bool expects_answers() const override { return capacity_.outstanding() > 0; }
  bool is_urgent() const override;

  // Call when the waiter of this operation has given up.
  void give_up(Cookie operation);
  // Ends everything that was asked with client_closed, and the sessions with GOODBYE. Call finish() next.
  void close();
  // Waits until each GOODBYE has left. Otherwise the broker would count this client until a timeout.
  void finish();
  // Ends everything that was asked with disconnected, and the session for good.
  void fail(const std::string& text);

  // Readable when a socket has something.
  int fd() { return links_.fd(); }
  // Any thread.
  Reachability& reachability() { return reachability_; }
  // Any thread. Empty: the broker is reachable. Names the obstacle, if one is known.
  std::string why_waiting() const;

 private:
  void handle_requests() noexcept;
  void look_for_broker(proto::Instant now);
  void carry_out() noexcept;
  void carry_out(std::uint32_t shard) noexcept;

  const ClientOptions& options_;
  Inbox& inbox_;
  Capacity& capacity_;
  Holdings& holdings_;
  Reachability reachability_;
  Sessions sessions_;
  BrokerLinks links_;
  Effects effects_;        // being carried out
  RequestQueue requests_;  // being handled
};

}  // namespace forkmill::client
