// HistoryQueries: what operators ask of the history of finished tasks, which the owner of the core keeps. An answer
// comes when the history has answered.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <variant>

#include "broker/core/operators/answers/replies.h"
#include "broker/core/state/broker_state.h"
#include "broker/store/requests.h"

namespace forkmill::broker {

class HistoryQueries {
 public:
  // Questions of all clients that wait for the history; further ones are refused.
  static constexpr std::size_t kMaxWaiting = 64;

  explicit HistoryQueries(BrokerState& state) : state_{state} {}

  // Lists tasks of the history. Returns why not; none: the reply comes later.
  std::optional<proto::Reply> list(const proto::Query& query, const Client& asker);
  // Looks for the task that `query.argument` names and that is not in the table of tasks, to show it or to tell why it
  // ended (why_task). None: the reply comes later.
  std::optional<proto::Reply> show(const proto::Query& query, const Client& asker);
  // Looks for the task that `text` names. Calls `then` with the reason why it cannot be changed, task_unknown if it is
  // not in the history either, also when the asker has gone. Returns that reason if it is known at once, and does not
  // call `then`.
  using Refuse = std::function<void(proto::Failure)>;
  std::optional<proto::Failure> refuse_change(const Client& asker, std::string_view text, Refuse then);

  bool awaits(std::uint64_t ticket) const { return waiting_.contains(ticket); }
  // The history's answer. REQUIRES: awaits(ticket).
  void handle(StoreAnswer answer);

 private:
  struct Change {
    std::string text;
    Refuse then;
  };
  struct Waiting {
    ClientHandle asker;
    std::variant<proto::Query, Change> what;
    std::string unknown{};  // why the table of tasks does not have the task that is looked for
  };

  std::optional<proto::Failure> find(const Client& asker, std::string_view text, Waiting waiting);
  static proto::Failure refusal(const Waiting& waiting, const Client* asker, const HistoryAnswer& found);
  ReplyBody answer(const Waiting& waiting, const Client& asker, const HistoryAnswer& found) const;

  BrokerState& state_;
  std::unordered_map<std::uint64_t, Waiting> waiting_;  // by the ticket of the request
};

}  // namespace forkmill::broker
