#include "worker/rules/session/session.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "proto/buggify.h"
#include "proto/mutants.h"

namespace forkmill::worker {

namespace {

using namespace std::chrono_literals;

constexpr proto::HandshakeOptions kHandshake{.first_patience = 3s, .longest_patience = 30s, .pause_after_goodbye = 1s};

// The broker repeats numbered signals until it knows that they have come. Each is let through once. heard: the highest
// number so far.
void drop_repeated(proto::Signals& signals, std::uint64_t& heard) {
  std::erase_if(signals.notes, [&](const proto::SignalNote& note) {
    if (note.number != 0 && note.number <= heard) return true;
    heard = std::max(heard, note.number);
    return false;
  });
}

// Whether a broker that has welcomed the worker is to be left for the one that has taken over. `warning`: for the log.
bool is_deposed(proto::Instant now, const proto::Welcome& welcome, proto::Succession& brokers, std::string& warning) {
  if (proto::mutant(proto::Mutant::worker_stays_with_deposed) || !brokers.is_earlier(welcome)) return false;
  const bool is_first = !brokers.has_met_earlier();
  const bool leaves = brokers.is_deposed(welcome, now);
  if (!leaves)
    warning = proto::Succession::text_of_return(welcome);
  else if (is_first)
    warning = proto::Succession::kTextOfDeposed;
  return leaves;
}

}  // namespace

Session::Session(proto::Hello hello, std::uint64_t seed) : hello_{std::move(hello)}, handshake_{kHandshake, seed} {}

// ---- Coming to a session --------------------------------------------------------------------------------------------

void Session::greet(proto::Instant now, std::vector<proto::Grant> holding) {
  owed_.greeting = false;
  outbox_.begin_greeting();
  hello_.worker.holding = std::move(holding);
  outbox_.outcomes.list_unsent(hello_.worker.holding);
  effects_.send.push_back(handshake_.greet(now, hello_));
}

bool Session::handle(proto::Instant now, proto::Envelope& envelope) {
  using Heard = proto::Handshake::Heard;
  switch (handshake_.handle(now, envelope)) {
    case Heard::welcome: {
      const auto& welcome = std::get<proto::Welcome>(envelope.message);
      if (is_deposed(now, welcome, succession_, effects_.warning)) {
        handshake_.leave(now);
        return false;
      }
      succession_.begin(welcome);
      hello_.worker.holding_store = welcome.store;
      credit_.begin_session(welcome.granted);
      owed_.signals = false;  // HELLO has told
      outbox_.begin_session(now, handshake_.silence_limit(), welcome.abandon);
      if (draining_) drain(now);
      return true;
    }
    case Heard::message:
      return handle(envelope.message);
    case Heard::postponed:
    case Heard::refused:
      return true;
    case Heard::forgotten:
      owed_.greeting = true;
      return false;
    case Heard::moved:
      if (proto::mutant(proto::Mutant::worker_ignores_moved)) return false;
      effects_.moved = std::make_unique<const proto::Moved>(std::get<proto::Moved>(envelope.message));
      return true;
    case Heard::goodbye:
    case Heard::stale:
      return false;
  }
  return false;
}

bool Session::handle(proto::Message& message) {
  if (const auto* grants = std::get_if<proto::Grants>(&message)) {
    const auto needs_credit = [](const proto::GrantedTask& task) { return !task.spec->options.process; };
    credit_.add_grants(std::count_if(grants->tasks.begin(), grants->tasks.end(), needs_credit));
    return true;
  }
  if (const auto* ack = std::get_if<proto::OutcomeAck>(&message)) {
    outbox_.outcomes.acknowledge(ack->messages);
    return false;
  }
  if (auto* signals = std::get_if<proto::Signals>(&message)) {
    drop_repeated(*signals, hello_.worker.signals_heard);
    owed_.signals = true;
    return !signals->notes.empty();
  }
  return std::holds_alternative<proto::Revoke>(message) || std::holds_alternative<proto::Drain>(message) ||
         std::holds_alternative<proto::Scale>(message) || std::holds_alternative<proto::LogLimits>(message) ||
         std::holds_alternative<proto::ErrorMessage>(message);
}

void Session::tick(proto::Instant now) {
  using Due = proto::Handshake::Due;
  switch (handshake_.tick(now)) {
    case Due::hello:
      owed_.greeting = true;
      return;
    case Due::heartbeat:
      return beat(now);
    case Due::no_answer:
    case Due::silence:
      effects_.reconnect = true;
      return;
    case Due::nothing:
      return;
  }
}

// ---- Saying ---------------------------------------------------------------------------------------------------------

void Session::say(proto::Instant now, proto::Message message) {
  effects_.send.push_back(handshake_.stamp(now, std::move(message)));
}

void Session::beat(proto::Instant now) {
  load_.signals_heard = hello_.worker.signals_heard;
  owed_.signals = false;
  say(now, load_);
}

void Session::set_load(std::uint64_t room, proto::Heartbeat load) {
  credit_.set_room(room);
  load_ = load;
}

void Session::drain(proto::Instant now) {
  draining_ = true;
  if (handshake_.established()) say(now, proto::Drain{});
}

void Session::goodbye(proto::Instant now, std::string text) {
  if (!handshake_.established()) return;
  say(now, proto::Goodbye{Errc::ok, std::move(text)});
  handshake_.disconnected();
}

void Session::flush(proto::Instant now) {
  auto report = std::exchange(outbox_.report, std::nullopt);
  const auto scaled = std::exchange(outbox_.scaled, std::nullopt);
  if (scaled) hello_.worker.children = *scaled;
  if (!handshake_.established()) return;
  if (scaled) say(now, proto::Scaled{*scaled});
  if (owed_.signals) beat(now);
  if (report) say(now, std::move(*report));
  if (!outbox_.started.empty()) say(now, proto::Started{std::exchange(outbox_.started, {})});
  if (!outbox_.progress.empty()) say(now, proto::Progress{std::exchange(outbox_.progress, {})});
  if (!outbox_.returns.empty()) {
    const auto pause = std::chrono::ceil<proto::milliseconds>(outbox_.pause);
    say(now, proto::Return{std::exchange(outbox_.returns, {}), credit_.announce(), pause,
                           pause.count() == 0 ? std::string{} : outbox_.shortage});
  }
  if (!outbox_.revoke_answers.empty())
    say(now, proto::Revoked{std::exchange(outbox_.revoke_answers, {}), credit_.announce()});
  if (outbox_.deaths.has_untold()) say(now, outbox_.deaths.pop(now));
  flush_outcomes(now);
  if (!outbox_.logs.empty()) say(now, proto::Logs{std::exchange(outbox_.logs, {})});
  // Returns, answers and outcomes have carried the credit. It goes alone only when it has changed.
  if (!draining_ && credit_.is_news()) say(now, proto::Credit{credit_.announce()});
}

void Session::flush_outcomes(proto::Instant now) {
  if (proto::buggify(proto::Path::outcome_waits)) return;
  auto unsent = outbox_.outcomes.pop_unsent();
  for (std::size_t begin = 0; begin < unsent.size();) {
    auto batch = next_batch(unsent, begin);
    say(now, proto::Outcomes{batch, credit_.announce()});
    outbox_.outcomes.keep(effects_.send.back().header.seq, std::move(batch));
  }
}

}  // namespace forkmill::worker
