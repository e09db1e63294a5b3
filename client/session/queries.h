// Queries: the questions of this client to its broker. Each is asked in every session until it is answered.
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
  void handle(proto::Reply& reply);
  void new_session();
  void flush(Instant now, Conversation& conversation);
  void end_all(Errc code, const std::string& text);

 private:
  struct Asked {
    proto::Query query;
    Cookie cookie;
  };

  Effects& effects_;
  std::map<std::uint64_t, Asked> unanswered_;  // by id
  std::vector<std::uint64_t> unsent_;          // in this session
  std::uint64_t last_id_ = 0;
};

}  // namespace forkmill::client
