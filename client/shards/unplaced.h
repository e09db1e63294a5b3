// Unplaced: the requests that were made while it is not known how many shards the cluster has. The session with the
// first shard gets them at once, and a copy stays here: that session is given up if there are several shards, and the
// requests are made again. What one broker alone would refuse, such as a task for NAME@3, is held: no session gets it
// before the number of shards is known. Pure.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <unordered_map>
#include <variant>
#include <vector>

#include "client/session/effects.h"
#include "client/session/requests.h"
#include "client/session/session.h"
#include "proto/result.h"

namespace forkmill::client {

// Ends a request that no session gets.
void refuse_request(const SubmitTask& submit, const proto::Failure& failure, Effects& effects);
void refuse_request(const Request& request, const proto::Failure& failure, Effects& effects);

class Unplaced {
 public:
  using Kept = std::variant<SubmitTask, Request>;

  // Keeps the request, and gives it to the session of the first shard unless it is held. What ends at once, ends in
  // `effects`. `refusal`: ends all that is held; none: the first session was not refused.
  void handle(Instant now, SubmitTask&& submit, Session& first, const std::optional<proto::Failure>& refusal,
              Effects& effects);
  void handle(Instant now, Request&& request, Session& first, const std::optional<proto::Failure>& refusal,
              Effects& effects);
  // Drops the requests whose waiters have ended in these effects of the first session.
  void forget(const Effects& effects);

  // Returns all that is left, or all that is held, in the order in which it was asked for.
  std::vector<Kept> take();
  std::vector<Kept> take_held();
  // Ends all that is held.
  void refuse_held(const proto::Failure& failure, Effects& effects);
  // Tasks that are held.
  const Load& held() const { return held_; }

 private:
  struct Entry {
    Kept request;
    bool is_held;
  };
  void keep(Entry entry, Cookie cookie);
  void forget(Cookie cookie);
  bool drop_held(Cookie cookie);
  // Ends the task if it is held. Returns whether the cancel needs nothing more.
  bool cancel_held(const CancelTask& cancel, Effects& effects);

  std::uint64_t last_ = 0;
  std::map<std::uint64_t, Entry> kept_;
  std::unordered_map<Cookie, std::uint64_t> places_;      // in kept_
  std::unordered_map<TaskId, std::uint64_t> held_tasks_;  // in kept_
  Load held_;
};

}  // namespace forkmill::client
