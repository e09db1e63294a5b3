#include "client/session/session.h"

#include <algorithm>
#include <utility>

namespace forkmill::client {

Session::Session(const SessionOptions& options)
    : on_message_{options.on_message},
      conversation_{options, effects_},
      history_{options.has_standbys},
      tasks_{effects_},
      submissions_{options, tasks_},
      results_{tasks_, submissions_},
      cancels_{tasks_, submissions_, effects_},
      queries_{effects_},
      operations_{effects_} {}

// ---- Connection and clock -------------------------------------------------------------------------------------------

void Session::tick(Instant now) {
  if (!conversation_.tick(now)) return;
  operations_.confirm(now, conversation_);
  conversation_.send(now, proto::Heartbeat{});
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

  // A new session is open.
  void begin(const proto::Welcome& welcome) const;

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
  void operator()(proto::ErrorMessage& error) const {
    if (session.queries_.handle(error)) return;                               // told to the caller
    const bool is_notice = error.code == Errc::unknown_task && !error.about;  // tells of tasks that wait for a worker
    session.effects_.log.push_back(
        {false, is_notice ? error.text : "the broker reports " + std::string{errc_name(error.code)} + ": " + error.text,
         is_notice});
    session.submissions_.handle(now, error);
  }
  template <class Other>
  void operator()(Other&) const {}
};

void Session::handle(Instant now, proto::Envelope&& envelope) {
  const Arrival arrival{*this, now, envelope.header.seq};
  switch (conversation_.handle(now, envelope)) {
    case Conversation::Heard::message:
      if (on_message_) on_message_(envelope.message);
      return std::visit(arrival, envelope.message);
    case Conversation::Heard::welcome:
      return arrival.begin(std::get<proto::Welcome>(envelope.message));
    case Conversation::Heard::refused: {
      const auto& error = std::get<proto::ErrorMessage>(envelope.message);
      return refuse(error.code, "the broker refuses this client: " + error.text);
    }
    default:
      return;
  }
}

void Session::Arrival::begin(const proto::Welcome& welcome) const {
  const bool is_first = !session.history_.has_met_deposed();
  switch (session.history_.judge(welcome, now)) {
    case History::Verdict::deposed:
      if (is_first) session.conversation_.warn(proto::Succession::kTextOfDeposed);
      session.effects_.obstacle = proto::Succession::kTextOfDeposed;
      return session.conversation_.leave(now);
    case History::Verdict::lost:
      return session.refuse(Errc::disconnected,
                            "the broker came back with an older history of store '" + welcome.store +
                                "' than it had acknowledged (commit " + std::to_string(welcome.commit.value()) +
                                ", was " + std::to_string(session.history_.commit().value()) +
                                "): tasks are lost. Was a backup restored, or an old data directory started?");
    case History::Verdict::returned:
      session.conversation_.warn(proto::Succession::text_of_return(welcome));
      break;
    case History::Verdict::stay:
      break;
  }
  if (auto warning = session.history_.warning_about(welcome); !warning.empty())
    session.conversation_.warn(std::move(warning));
  session.history_.begin(welcome);
  session.tasks_.new_session(welcome.resumed);
  session.submissions_.new_session(welcome);
  session.results_.new_session();
  session.cancels_.new_session();
  session.queries_.new_session();
  session.operations_.new_session(welcome.kept);
  session.effects_.holdings_lost = session.effects_.holdings_lost || !welcome.kept;
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
    session.cancels_.add(cancel.id, cancel.cookie, cancel.unless_started);
  }
  void operator()(AskBroker& ask) const {
    if (refusal != nullptr) return session.effects_.fail_query(ask.cookie, refusal->code, refusal->text);
    session.queries_.add(std::move(ask.query), ask.cookie);
  }
  void operator()(CommandBroker& request) const {
    if (refusal != nullptr) return session.effects_.fail_query(request.cookie, refusal->code, refusal->text);
    session.queries_.add(std::move(request.command), request.cookie);
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

void Session::handle(Instant, SubmitTask&& request) { Asking{*this, refusal_ ? &*refusal_ : nullptr}(request); }

// ---- The end --------------------------------------------------------------------------------------------------------

void Session::end_all(Errc code, const std::string& text) {
  tasks_.end_all(rejection(code, text));
  submissions_.clear();
  queries_.end_all(code, text);
  cancels_.end_all(code, text);
  operations_.end_all(code, text);
}

void Session::refuse(Errc code, const std::string& text) {
  if (code != Errc::client_closed) effects_.log.push_back({true, text});
  refusal_ = effects_.refusal = {code, text};
  conversation_.refuse();
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
