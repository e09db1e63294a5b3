// Sessions: a client's sessions with the shards of a cluster, as one. A session is made when something is asked of its
// shard. With one shard, all goes to the one session as it is. Pure, like a Session, and fed in the same way; messages,
// connections and effects are those of one shard each.
//
//     requests ──▶ Placement ──one shard──▶ Session ──▶ effects
//                      └──all shards──▶ Gatherings, EventRounds ──▶ each Session
//
// The program has a number of its own for each named object, with the shard in it (object_numbers.h).
//
// How many shards there are is known from the first answer of a broker. Until then the session of shard 1 has all, but
// for what only a cluster with several shards takes: that waits.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "client/session/session.h"
#include "client/shards/event_rounds.h"
#include "client/shards/gatherings.h"
#include "client/shards/placement.h"
#include "client/shards/unplaced.h"

namespace forkmill::client {

class Sessions {
 public:
  explicit Sessions(SessionOptions options);

  // ---- The session of one shard
  // How many shards may have a session; they are numbered from 1.
  std::uint32_t count() const { return static_cast<std::uint32_t>(sessions_.size()); }
  // Null: there is none yet.
  Session* of(std::uint32_t shard) { return sessions_[shard - 1].get(); }
  // Call in place of Session::take_effects().
  void take_effects(Instant now, std::uint32_t shard, Effects& effects);

  // ---- All of them
  void handle(Instant now, Request&& request);
  void handle(Instant now, SubmitTask&& request);
  void tick(Instant now);
  void flush(Instant now);
  Instant next_wakeup() const;
  void end_all(Errc code, const std::string& text);
  void refuse(Errc code, const std::string& text);
  void close(Instant now);
  // All sessions that there are, are open.
  bool open() const;
  Load load() const;

 private:
  Session& make(std::uint32_t shard);
  void learn(Instant now, std::uint32_t shards);
  bool is_single() const { return placement_ && placement_->shards() == 1; }
  template <class F>
  void for_each(F&& f) const {
    for (const auto& session : sessions_)
      if (session) f(*session);
  }

  SessionOptions options_;
  std::vector<std::unique_ptr<Session>> sessions_;  // by shard
  std::optional<Placement> placement_;              // none: the number of shards is not known yet
  std::optional<proto::Failure> refusal_;           // ends all that is asked later
  Unplaced unplaced_;
  Gatherings gatherings_;
  EventRounds event_rounds_;
  Effects own_;  // requests that no session gets end here, and answers that are there already
};

}  // namespace forkmill::client
