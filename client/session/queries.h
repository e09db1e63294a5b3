// Queries: the queries and commands of this client to its broker. Each is sent in every session until it is answered;
// the broker does a command once nevertheless.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "client/session/conversation.h"
#include "client/session/effects.h"

namespace forkmill::client {

class Queries {
 public:
  explicit Queries(Effects& effects) : effects_{effects} {}

  void add(proto::Query query, Cookie cookie);
  void add(proto::AnyCommand command, Cookie cookie);
  void handle(proto::Reply& reply);
  // An error about the message of a query ends the query. Returns whether it is about one.
  bool handle(const proto::ErrorMessage& error);
  void new_session();
  void flush(Instant now, Conversation& conversation);
  void end_all(Errc code, const std::string& text);

 private:
  struct Asked {
    proto::Message message;  // a Query or a Command
    Cookie cookie;
    proto::MessageSeq sent_as{};  // in this session; none: it was not sent
  };

  void add(std::uint64_t id, proto::Message message, Cookie cookie);

  Effects& effects_;
  std::map<std::uint64_t, Asked> unanswered_;  // by id
  std::vector<std::uint64_t> unsent_;          // in this session
  std::uint64_t last_id_ = 0;
};

}  // namespace forkmill::client
