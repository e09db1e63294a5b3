#include "client/session/session.h"

#include <algorithm>
#include <utility>

#include "client/session/outcomes.h"

namespace forkmill::client {

Session::Session(const SessionOptions& options)
    : conversation_{options, effects_},
      tasks_{effects_},
      submissions_{options, tasks_},
      results_{tasks_, submissions_},
      cancels_{tasks_, submissions_, effects_},
      queries_{effects_},
      operations_{effects_} {}

// ---- Link and clock -------------------------------------------------------------------------------------------------

void Session::link_up(Instant now) {
  if (!refusal_) conversation_.link_up(now);
}

void Session::link_down(Instant) { conversation_.link_down(); }

void Session::tick(Instant now) {
  if (!conversation_.tick(now)) return;
  operations_.confirm(now, conversation_);
  conversation_.beat(now);
}

void Session::flush(Instant now) {
  if (!open()) return;
  const auto before = effects_.send.size();
  tasks_.flush(now, conversation_);
  submissions_.flush(now, conversation_);
  cancels_.flush(now, conversation_);
  queries_.flush(now, conversation_);
  operations_.flush(now, conversation_);
  results_.flush(now, effects_.send.size() > before, conversation_);
}

Instant Session::next_wakeup() const {
  const auto at = conversation_.next_wakeup();
  return open() ? std::min({at, results_.next_wakeup(), submissions_.next_wakeup()}) : at;
}

Effects Session::take_effects() {
  Effects effects;
  effects.swap(effects_);
  return effects;
}

void Session::take_effects(Effects& effects) { effects.swap(effects_); }

// ---- What the broker says -------------------------------------------------------------------------------------------

struct Session::Arrival {
  Session& session;
  const Instant now;
  const proto::MessageSeq seq;

  void operator()(proto::Welcome& welcome) const;
  void operator()(proto::ErrorMessage& error) const;
  void operator()(proto::Goodbye& goodbye) const {
    session.effects_.log.push_back(
        {false, "the broker says goodbye (" + goodbye.text + "); waiting for it to come back"});
    session.conversation_.retry_later(now);
  }
  void operator()(proto::SubmitAck& ack) const {
    session.history_.acknowledged(ack.commit);
    session.submissions_.handle(now, ack);
  }
  void operator()(proto::Results& results) const { session.results_.handle(now, seq, results); }
  void operator()(proto::Progress& progress) const { session.tasks_.handle(progress); }
  void operator()(proto::Started& started) const { session.tasks_.handle(started); }
  void operator()(proto::CancelReply& reply) const { session.cancels_.handle(reply); }
  void operator()(proto::Reply& reply) const { session.queries_.handle(reply); }
  void operator()(proto::Operated& operated) const { session.operations_.handle(operated); }
  template <class Other>
  void operator()(Other&) const {}

 private:
  void refuse(Errc code, const std::string& text) const {
    session.effects_.log.push_back({true, text});
    session.refuse(code, text);
  }
};

void Session::handle(Instant now, proto::Envelope&& envelope) {
  if (refusal_) return;
  const Arrival arrival{*this, now, envelope.header.seq};
  if (auto* welcome = std::get_if<proto::Welcome>(&envelope.message)) return arrival(*welcome);
  if (auto* error = std::get_if<proto::ErrorMessage>(&envelope.message)) return arrival(*error);
  if (!conversation_.hears(now, envelope.header)) return;
  std::visit(arrival, envelope.message);
}

void Session::Arrival::operator()(proto::Welcome& welcome) const {
  if (!session.conversation_.is_answered_by(welcome)) return;
  if (session.history_.is_longer_than(welcome)) {
    return refuse(Errc::disconnected,
                  "the broker came back with an older history of store '" + welcome.store +
                      "' than it had acknowledged (commit " + std::to_string(welcome.commit.value()) + ", was " +
                      std::to_string(session.history_.commit().value()) +
                      "): tasks are lost. Was a backup restored, or an old data directory started?");
  }
  session.history_.begin(welcome);
  session.conversation_.begin(now, welcome);
  session.tasks_.new_session(welcome.resumed);
  session.submissions_.new_session(welcome);
  session.results_.new_session();
  session.cancels_.new_session();
  session.queries_.new_session();
  session.operations_.new_session(welcome.kept);
  session.effects_.holdings_lost = session.effects_.holdings_lost || !welcome.kept;
}

void Session::Arrival::operator()(proto::ErrorMessage& error) const {
  auto& conversation = session.conversation_;
  switch (error.code) {
    case Errc::hello_required:
    case Errc::session_unknown:
      return conversation.begin_again(now);
    case Errc::version_unsupported:
    case Errc::name_invalid:
      if (conversation.greeting()) refuse(error.code, "the broker refuses this client: " + error.text);
      return;
    case Errc::shutting_down:
      if (conversation.greeting()) conversation.retry_later(now);
      return;
    default:
      break;
  }
  if (!conversation.open()) return;
  session.effects_.log.push_back(
      {false, "the broker reports " + std::string{errc_name(error.code)} + ": " + error.text});
  session.submissions_.handle(now, error);
}

// ---- What the program asks ------------------------------------------------------------------------------------------

struct Session::Asking {
  Session& session;
  const proto::Failure* refusal;  // null: the session was not refused

  void operator()(SubmitTask& submit) const {
    if (refusal != nullptr) return end(submit.cookie);
    session.submissions_.add(std::move(submit.task), submit.cookie);
  }
  void operator()(AttachTask& attach) const {
    if (refusal != nullptr) return end(attach.cookie);
    session.tasks_.attach(attach.id, attach.cookie);
  }
  void operator()(CancelTask& cancel) const {
    if (refusal != nullptr) return session.effects_.fail_query(cancel.cookie, refusal->code, refusal->text);
    session.cancels_.add(cancel.id, cancel.cookie);
  }
  void operator()(AskBroker& ask) const {
    if (refusal != nullptr) return session.effects_.fail_query(ask.cookie, refusal->code, refusal->text);
    session.queries_.add(std::move(ask.query), ask.cookie);
  }
  void operator()(OperateObject& operate) const {
    if (refusal != nullptr) return session.effects_.fail_operation(operate.cookie, refusal->code, refusal->text);
    session.operations_.add(std::move(operate.operation), operate.harmless, operate.cookie);
  }
  void operator()(GiveUp& given_up) const { session.operations_.give_up(given_up.cookie); }

 private:
  void end(Cookie cookie) const { session.effects_.end(cookie, rejection(refusal->code, refusal->text)); }
};

void Session::handle(Instant, Request&& request) {
  std::visit(Asking{*this, refusal_ ? &*refusal_ : nullptr}, request);
}

// ---- The end --------------------------------------------------------------------------------------------------------

void Session::end_all(Errc code, const std::string& text) {
  tasks_.end_all(rejection(code, text));
  submissions_.clear();
  queries_.end_all(code, text);
  cancels_.end_all(code, text);
  operations_.end_all(code, text);
}

void Session::refuse(Errc code, const std::string& text) {
  refusal_ = {code, text};
  conversation_.stop();
  end_all(code, text);
}

void Session::close(Instant now) {
  if (open()) {
    results_.hurry(now);
    flush(now);
    conversation_.send(now, proto::Goodbye{Errc::ok, "the client was closed"});
  }
  refuse(Errc::client_closed, "the client was closed");
}

}  // namespace forkmill::client
