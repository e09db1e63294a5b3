// BrokerLinks: the sockets of a client, one for each shard with which it has a session.
//
// Belongs to one thread at a time.
#pragma once

#include <forkmill/client_options.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "client/engine/link/broker_link.h"
#include "client/engine/link/reachability.h"
#include "client/shards/sessions.h"
#include "proto/clock.h"

namespace forkmill::client {

class BrokerLinks {
 public:
  // Throws Error for an endpoint or keys that make no sense. All arguments outlive this.
  BrokerLinks(const ClientOptions& options, Reachability& reachability, Sessions& sessions);

  // Readable when a socket has something.
  int fd() { return links_.front()->socket().fd(); }
  // Asks each socket: only after all have nothing does fd() signal changes.
  bool is_pending();
  // Makes the sockets of sessions that have none.
  void make_missing();
  // Gives the sessions what has arrived. Does not block.
  void receive(proto::Instant now);
  // Sends what the session of a shard says, goes where its broker is, and connects again if that is needed. `is_new`:
  // the session was made in this round.
  void carry_out(std::uint32_t shard, const Effects& effects, bool is_new);
  // Drops all connections and makes new ones.
  void reconnect_all();
  // Calls f with each shard that has a socket.
  template <class F>
  void for_each(F&& f) const {
    for (std::uint32_t shard = 1; shard <= links_.size(); ++shard)
      if (links_[shard - 1]) f(shard);
  }

  // Takes note of the sessions that are open, and about to be closed.
  void begin_finish();
  // Waits until the GOODBYE of each has left.
  void finish();

 private:
  void follow(std::uint32_t shard, const proto::Moved& moved, bool is_new);
  void reconnect(std::uint32_t shard);

  const ClientOptions& options_;
  Reachability& reachability_;
  Sessions& sessions_;
  std::vector<std::unique_ptr<BrokerLink>> links_;  // by shard; null: there is no session
  std::vector<std::uint32_t> to_finish_;            // shards
};

}  // namespace forkmill::client
