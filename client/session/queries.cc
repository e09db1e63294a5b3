#include "client/session/queries.h"

#include <algorithm>
#include <utility>

namespace forkmill::client {

void Queries::add(proto::Query query, Cookie cookie) {
  const auto id = ++last_id_;
  query.id = id;
  add(id, std::move(query), cookie);
}

void Queries::add(proto::AnyCommand command, Cookie cookie) {
  const auto id = ++last_id_;
  add(id, proto::Command{id, std::move(command)}, cookie);
}

void Queries::add(std::uint64_t id, proto::Message message, Cookie cookie) {
  unanswered_.emplace(id, Asked{std::move(message), cookie});
  unsent_.push_back(id);
}

void Queries::handle(proto::Reply& reply) {
  const auto asked = unanswered_.find(reply.id);
  if (asked == unanswered_.end()) return;
  effects_.answered.push_back({asked->second.cookie, std::move(reply)});
  unanswered_.erase(asked);
}

bool Queries::handle(const proto::ErrorMessage& error) {
  if (!error.about) return false;
  const auto is_about = [&](const auto& each) { return each.second.sent_as == error.about; };
  const auto asked = std::ranges::find_if(unanswered_, is_about);
  if (asked == unanswered_.end()) return false;
  effects_.fail_query(asked->second.cookie, error.code, error.text);
  unanswered_.erase(asked);
  return true;
}

void Queries::new_session() {
  unsent_.clear();
  for (auto& [id, asked] : unanswered_) {
    asked.sent_as = {};
    unsent_.push_back(id);
  }
}

void Queries::flush(Instant now, Conversation& conversation) {
  for (auto id : unsent_)
    if (const auto asked = unanswered_.find(id); asked != unanswered_.end())
      asked->second.sent_as = conversation.send(now, asked->second.message);
  unsent_.clear();
}

void Queries::end_all(Errc code, const std::string& text) {
  for (const auto& [id, asked] : unanswered_) effects_.fail_query(asked.cookie, code, text);
  unanswered_.clear();
  unsent_.clear();
}

}  // namespace forkmill::client
