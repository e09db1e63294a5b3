// Connection: the session's rules, tied to a socket and to the waiters of everything that was asked.
//
//     inbox ──▶ session ──▶ socket
//     waiters ◀── session ◀── socket
//
// Belongs to whichever thread holds the driver's turn, but for the members that any thread may call.
#pragma once

#include <forkmill/client_options.h>

#include <string>

#include "client/engine/capacity.h"
#include "client/engine/driver/work.h"
#include "client/engine/holdings/holdings.h"
#include "client/engine/inbox.h"
#include "client/engine/link/broker_link.h"
#include "client/engine/link/reachability.h"
#include "client/session/session.h"
#include "proto/clock.h"

namespace forkmill::client {

class Connection final : public Work {
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
  // Ends everything that was asked with client_closed, and the session with GOODBYE. Returns true if there was a
  // session; then call socket().finish(), which waits until GOODBYE has left. Otherwise the broker would count this
  // client until a timeout.
  [[nodiscard]] bool close();
  // Ends everything that was asked with disconnected, and the session for good.
  void fail(const std::string& text);

  proto::Dealer& socket() { return link_.socket(); }
  // Any thread.
  Reachability& reachability() { return reachability_; }
  // Any thread. Empty: the broker is reachable. Names the obstacle, if one is known.
  std::string why_waiting() const;

 private:
  void handle_requests() noexcept;
  void look_for_broker(proto::Instant now);
  void carry_out() noexcept;

  const ClientOptions& options_;
  Inbox& inbox_;
  Capacity& capacity_;
  Holdings& holdings_;
  Reachability reachability_;
  BrokerLink link_;
  Session session_;
  Effects effects_;        // being carried out
  RequestQueue requests_;  // being handled
};

}  // namespace forkmill::client
