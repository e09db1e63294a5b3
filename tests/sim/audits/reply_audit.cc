#include "tests/sim/audits/reply_audit.h"

#include <algorithm>

#include "tests/sim/rules/replies.h"
#include "tests/sim/world/strangers.h"

namespace forkmill::sim {

void ReplyAudit::begin() {
  asked_.clear();
  answered_.clear();
}

void ReplyAudit::arrived(const broker::BrokerState& state, proto::PeerId peer, const proto::Envelope& envelope) {
  if (is_stranger(peer)) return;
  broker::ClientHandle asker;
  for (const auto& [handle, client] : state.clients)
    if (client->session.id == envelope.header.session) asker = handle;
  if (const auto* query = std::get_if<proto::Query>(&envelope.message)) asked_[{peer, query->id}] = {*query, asker};
  if (const auto* command = std::get_if<proto::Command>(&envelope.message))
    asked_[{peer, command->id}] = {*command, asker};
}

void ReplyAudit::round(const broker::BrokerState& state, const std::vector<broker::Send>& sends) {
  for (const broker::Send& one : sends) {
    if (is_stranger(one.peer)) continue;
    if (const auto* results = std::get_if<proto::Results>(&one.envelope.message)) {
      for (const auto& result : results->results)
        if (result.outcome.kind == proto::OutcomeKind::rejected && history_.has_views())
          history_.views().shown(result.id, "");
    }
    const auto* reply = std::get_if<proto::Reply>(&one.envelope.message);
    const auto asked = reply == nullptr ? asked_.end() : asked_.find({one.peer, reply->id});
    if (asked == asked_.end()) continue;
    check(asked->second, *reply);
  }
  std::erase_if(answered_, [&](const auto& one) { return !state.clients.contains(one.first); });
}

void ReplyAudit::check(const Asked& asked, const proto::Reply& reply) {
  if (const auto* query = std::get_if<proto::Query>(&asked.what)) return check_fresh_reply(history_, *query, reply);
  const auto& command = std::get<proto::Command>(asked.what);
  auto& answered = answered_[asked.client];
  const bool again = std::ranges::find(answered, command) != answered.end();
  if (!again) answered.push_back(command);
  check_fresh_reply(history_, command, reply, again);
}

void ReplyAudit::leaves(const broker::Send& send) {
  const proto::Message& message = send.envelope.message;
  if (const auto* welcome = std::get_if<proto::Welcome>(&message)) {
    history_.futures().session_began(welcome->session);
  } else if (is_stranger(send.peer)) {
    return;  // a stranger checks what it is told by itself
  } else if (const auto* results = std::get_if<proto::Results>(&message)) {
    for (const auto& result : results->results) history_.reported(result);
  } else if (const auto* cancels = std::get_if<proto::CancelReply>(&message)) {
    for (const auto& answer : cancels->answers)
      if (answer.state == proto::CancelState::cancelled) history_.requests().cancelled(answer.id);
  } else if (const auto* reply = std::get_if<proto::Reply>(&message)) {
    const auto asked = asked_.find({send.peer, reply->id});
    if (asked != asked_.end())
      std::visit([&](const auto& what) { check_safe_reply(history_, what, *reply); }, asked->second.what);
  }
}

}  // namespace forkmill::sim
