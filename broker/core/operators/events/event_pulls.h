// EventPulls: clients that watch the events of tasks. A client asks for the next events behind a cursor; the broker
// answers as soon as there are some that it wants and may see, else after kLongestWait. The broker therefore keeps
// nothing for a client but its question, and a client that is too slow misses events and is told which.
#pragma once

#include <cstdint>
#include <list>
#include <optional>

#include "broker/core/events/event_cursor.h"
#include "broker/core/operators/answers/replies.h"
#include "broker/core/operators/events/event_budget.h"
#include "broker/core/state/broker_state.h"
#include "broker/core/state/task_visibility.h"

namespace forkmill::broker {

class EventPulls {
 public:
  static constexpr std::size_t kMaxRows = 500;     // rows of one answer
  static constexpr std::size_t kMaxPulls = 256;    // that wait, of all clients
  static constexpr std::size_t kMaxOfClient = 64;  // that wait
  static constexpr Instant kLongestWait{10s};      // for an event
  static constexpr Instant kUnwatched{60s};        // how long events are kept after the last question

  // Counts since the start of the broker.
  struct Meter {
    std::uint64_t told = 0;
    std::uint64_t missed = 0;
  };

  explicit EventPulls(BrokerState& state) : state_{state} {}

  // Answers at once, or lets the question wait; flush() answers it then.
  std::optional<proto::Reply> pull(const Client& client, const proto::Query& query);
  // Answers the questions for which something has happened in this round. Call at its end.
  void flush();
  Instant next_wakeup() const;

  std::size_t waiting() const { return pulls_.size(); }
  const Meter& meter() const { return meter_; }

 private:
  struct Pull {
    std::uint64_t query = 0;
    ClientHandle client;
    proto::SessionId session;
    Instant since{0};
    proto::TaskFilter filter{};
    TaskVisibility visibility{};
    std::size_t most = kMaxRows;
    std::uint64_t position = 0;
    bool is_of_earlier_run = false;
  };

  proto::Result<Pull> new_pull(const Client& client, const proto::Query& query) const;
  bool has_room_for(ClientHandle client) const;
  // Answers the question if there is something to tell. Returns whether it is over.
  bool serve(Pull& pull);
  proto::Reply reply_from(Pull& pull, std::uint64_t missed_from, std::uint64_t missed_to, std::size_t told,
                          const std::string& rows);
  void rest();

  BrokerState& state_;
  std::list<Pull> pulls_{};  // the latest that were looked at are behind
  EventBudget budget_{};
  std::uint64_t seen_ = 0;                // the end of the ring at the last flush
  bool is_behind_ = false;                // there was no budget for some
  Instant next_look_ = proto::kNever;     // at the latest
  Instant unwatched_at_ = proto::kNever;  // the events are forgotten then
  Meter meter_{};
};

}  // namespace forkmill::broker
