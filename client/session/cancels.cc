#include "client/session/cancels.h"

#include <utility>

#include "client/session/batches.h"

namespace forkmill::client {

void Cancels::add(const TaskId& id, Cookie cookie, bool unless_started) {
  const auto [found, fresh] = unanswered_.try_emplace(id);
  auto& asked = found->second;
  if (cookie != 0) asked.cookies.push_back(cookie);
  const bool stronger = asked.unless_started && !unless_started;
  asked.unless_started = asked.unless_started && unless_started;
  auto* entry = tasks_.find(id);
  if (entry != nullptr && entry->phase == OutstandingTasks::Phase::queued) {
    const bool under_key = tasks_.is_under_key(id);
    submissions_.end(entry,
                     proto::Outcome::ended(proto::OutcomeKind::cancelled, Errc::cancelled, "before it was sent"));
    // Under a key another client may have submitted the task as well: a waiter for the answer is told by the broker.
    if (!under_key || asked.cookies.empty()) return answer(id, proto::CancelState::cancelled);
  }
  if (fresh || stronger) unsent_.push_back(id);
}

void Cancels::handle(const proto::CancelReply& reply) {
  for (const auto& one : reply.answers) answer(one.id, one.state);
}

void Cancels::answer(const TaskId& id, proto::CancelState state) {
  const auto asked = unanswered_.find(id);
  if (asked == unanswered_.end()) return;
  // Answers an earlier request, which let a running task go on; the answer to the later one follows.
  if (state == proto::CancelState::started && !asked->second.unless_started) return;
  for (auto cookie : asked->second.cookies) effects_.answer_cancel(cookie, state);
  unanswered_.erase(asked);
}

void Cancels::new_session() {
  unsent_.clear();
  for (const auto& [id, asked] : unanswered_) unsent_.push_back(id);
}

void Cancels::flush(Instant now, Conversation& conversation) {
  proto::Cancel cancel;
  const auto send = [&] {
    if (!cancel.ids.empty() || !cancel.unless_started.empty()) conversation.send(now, std::exchange(cancel, {}));
  };
  for (const auto& id : unsent_) {
    const auto asked = unanswered_.find(id);
    if (asked == unanswered_.end()) continue;
    (asked->second.unless_started ? cancel.unless_started : cancel.ids).push_back(id);
    if (cancel.ids.size() + cancel.unless_started.size() == kIdsOfAMessage) send();
  }
  send();
  unsent_.clear();
}

void Cancels::end_all(Errc code, const std::string& text) {
  for (const auto& [id, asked] : unanswered_)
    for (auto cookie : asked.cookies) effects_.fail_query(cookie, code, text);
  unanswered_.clear();
  unsent_.clear();
}

}  // namespace forkmill::client
