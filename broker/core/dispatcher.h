// Dispatcher: hands each message to the part that carries it out, if its sender may send it (permissions.h).
#pragma once

#include <optional>
#include <string>

#include "broker/core/message_parking.h"
#include "broker/core/operators/listing/id_search.h"
#include "broker/core/parts.h"
#include "broker/core/query_line.h"
#include "proto/result.h"

namespace forkmill::broker {

class Dispatcher {
 public:
  explicit Dispatcher(Parts& parts) : parts_{parts}, state_{parts.state} {}

  void handle(proto::PeerId peer, proto::Result<proto::Envelope>&& envelope, proto::SessionId fresh);
  void handle(StoreAnswer answer);
  // Answers the next query that waits, begins the next list if there is none under way, and goes on with the search for
  // the task that another message names. Call once in each round.
  void answer_waiting();
  // Whether answer_waiting() has something to do now.
  bool has_waiting() const {
    return naming_ || !searches_.empty() || !queries_.empty() || (!lists_.empty() && !parts_.operators.is_waiting());
  }
  // Goes on with ATTACH messages of many results, and with messages that have waited for the disk. Call once in each
  // round.
  void go_on() { parking_.go_on(handler()); }

 private:
  MessageParking::Handle handler() {
    return [this](proto::PeerId peer, proto::Envelope& envelope, proto::SessionId fresh, const TaskIds* found) {
      handle(peer, envelope, fresh, found);
    };
  }
  // `found`: the tasks that the message names, by number, if it has waited for them. Null: it has not waited.
  void handle(proto::PeerId peer, proto::Envelope& envelope, proto::SessionId fresh, const TaskIds* found,
              bool has_waited = false);
  // Where the message waits, which is costly (QueryLine).
  QueryLine& line_of(const proto::Message& message);
  void answer_next(QueryLine& line);
  void search();
  void handle_hello(proto::PeerId peer, proto::Envelope& envelope, proto::SessionId fresh, const TaskIds* found);
  void dispatch(Client& client, const proto::Header& header, proto::Message& message);
  void dispatch(Worker& worker, const proto::Header& header, proto::Message& message);
  void attach(Client& client, const proto::Attach& attach);
  void finish_attempts(Worker& worker, proto::MessageSeq message, proto::Outcomes& outcomes);
  void hand_back(Worker& worker, proto::Return& back);
  void forward(Worker& worker, proto::Progress& progress);
  static void set_credit(Worker& worker, std::uint64_t total);
  static milliseconds pause_for_returns(Worker& worker);
  void refuse(proto::PeerId peer, const proto::Header& header, Errc code, std::string text);

  // A message that names a task by the beginning of its id, for which the tasks are looked through.
  struct Naming {
    proto::PeerId peer;
    proto::Envelope envelope;
    IdSearch search;
  };

  Parts& parts_;
  BrokerState& state_;
  QueryLine queries_;
  QueryLine lists_;     // one of them at a time: others do not wait for them
  QueryLine searches_;  // messages that need a search, which may take seconds: others do not wait for them
  std::optional<Naming> naming_;
  MessageParking parking_{state_, parts_.paging, parts_.index};
};

}  // namespace forkmill::broker
