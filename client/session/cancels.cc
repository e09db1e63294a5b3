#include "client/session/cancels.h"

#include <forkmill/serialize.h>

#include "client/session/batches.h"

namespace forkmill::client {

void Cancels::add(const TaskId& id, Cookie cookie) {
  auto [asked, fresh] = unanswered_.try_emplace(id);
  if (cookie != 0) asked->second.push_back(cookie);
  auto* entry = tasks_.find(id);
  if (entry != nullptr && entry->phase == Tasks::Phase::queued) {
    const bool under_key = tasks_.is_under_key(id);
    submissions_.end(entry,
                     proto::Outcome::ended(proto::OutcomeKind::cancelled, Errc::cancelled, "before it was sent"));
    // Under a key another client may have submitted the task as well: a waiter for the answer is told by the broker.
    if (!under_key || asked->second.empty()) return answer(id, proto::CancelState::cancelled);
  }
  if (fresh) unsent_.push_back(id);
}

void Cancels::handle(const proto::CancelReply& reply) {
  for (const auto& one : reply.answers) answer(one.id, one.state);
}

void Cancels::answer(const TaskId& id, proto::CancelState state) {
  const auto asked = unanswered_.find(id);
  if (asked == unanswered_.end()) return;
  const auto body = proto::Payload::own(pack_value(static_cast<unsigned>(state)));
  for (auto cookie : asked->second) effects_.answered.push_back({cookie, {0, Errc::ok, {}, body}});
  unanswered_.erase(asked);
}

void Cancels::new_session() {
  unsent_.clear();
  for (const auto& [id, cookies] : unanswered_) unsent_.push_back(id);
}

void Cancels::flush(Instant now, Conversation& conversation) {
  if (!unsent_.empty()) send_in_batches<proto::Cancel>(unsent_, kIdsOfAMessage, now, conversation);
}

void Cancels::end_all(Errc code, const std::string& text) {
  for (const auto& [id, cookies] : unanswered_)
    for (auto cookie : cookies) effects_.fail_query(cookie, code, text);
  unanswered_.clear();
  unsent_.clear();
}

}  // namespace forkmill::client
