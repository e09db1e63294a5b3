#include "proto/session/handshake.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "proto/check.h"

namespace forkmill::proto {

namespace {

// The broker will answer the same HELLO in the same way.
bool is_final(Errc code) {
  switch (code) {
    case Errc::version_unsupported:
    case Errc::name_invalid:
    case Errc::not_permitted:
    case Errc::right_missing:
    case Errc::malformed:
    case Errc::message_too_large:
      return true;
    default:
      return false;
  }
}

bool asks_for_hello(Errc code) { return code == Errc::hello_required || code == Errc::session_unknown; }

// Between half of `longest` and `longest`.
Instant pause(Instant longest, SplitMix64& random) {
  const auto half = std::max<std::int64_t>(longest.count() / 2, 1);
  return Instant{half + static_cast<std::int64_t>(random.next() % static_cast<std::uint64_t>(half))};
}

// unanswered: HELLOs in a row that brought no session.
Instant patience(const HandshakeOptions& options, unsigned unanswered, SplitMix64& random) {
  return pause(std::min(options.longest_patience, options.first_patience * (1U << std::min(unanswered, 8U))), random);
}

}  // namespace

Envelope Handshake::greet(Instant now, Hello hello) {
  FORKMILL_CHECK(step_.state != State::refused);
  step_ = {State::greeting, now + patience(options_, unanswered_, random_)};
  order_ = std::max(order_ + 1, static_cast<std::uint64_t>(now.count()));
  hello.nonce = nonce_ = random_.next();
  hello.order = order_;
  hello.resume = session_;
  return {{}, std::move(hello)};
}

void Handshake::disconnected() {
  if (step_.state == State::refused) return;
  step_ = {};
}

void Handshake::leave(Instant now) {
  FORKMILL_CHECK(step_.state == State::established);
  step_ = {State::greeting, now + pause(options_.pause_after_goodbye, random_)};
  nonce_ = random_.next();  // no answer has it
  session_ = session_before_;
}

void Handshake::refuse() { step_ = {State::refused, kNever}; }

Handshake::Heard Handshake::handle(Instant now, const Envelope& envelope) {
  if (const auto* welcome = std::get_if<Welcome>(&envelope.message)) return establish(now, *welcome);
  if (const auto* moved = std::get_if<Moved>(&envelope.message)) {
    if (step_.state != State::greeting || moved->nonce != nonce_) return Heard::stale;
    unanswered_ = 0;
    step_ = {State::waiting, now + pause(options_.pause_after_moved, random_)};
    return Heard::moved;
  }
  if (const auto* error = std::get_if<ErrorMessage>(&envelope.message)) {
    const auto heard = handle_error(now, envelope.header, *error);
    if (heard != Heard::message) return heard;
  }
  if (!established() || envelope.header.session != session_) return Heard::stale;
  liveness_.heard(now);
  if (!std::holds_alternative<Goodbye>(envelope.message)) return Heard::message;
  step_ = {State::waiting, now + pause(options_.pause_after_goodbye, random_)};
  return Heard::goodbye;
}

Handshake::Heard Handshake::establish(Instant now, const Welcome& welcome) {
  if (step_.state != State::greeting || welcome.nonce != nonce_) return Heard::stale;
  step_ = {State::established, kNever};
  session_before_ = session_;
  session_ = welcome.session;
  last_seq_ = {};
  unanswered_ = 0;
  liveness_.begin(now, welcome.heartbeat, welcome.session_timeout);
  return Heard::welcome;
}

Handshake::Heard Handshake::handle_error(Instant now, const Header& header, const ErrorMessage& error) {
  if (established()) {
    if (asks_for_hello(error.code)) return Heard::forgotten;
    return header.session == session_ ? Heard::message : Heard::stale;
  }
  // HELLO has no number: an ERROR about a numbered message answers something that was sent before HELLO.
  if (step_.state != State::greeting || error.about || asks_for_hello(error.code)) return Heard::stale;
  if (is_final(error.code)) {
    refuse();
    return Heard::refused;
  }
  if (error.code == Errc::shutting_down) {
    step_ = {State::waiting, now + pause(options_.pause_after_goodbye, random_)};
  } else {
    ++unanswered_;
    step_ = {State::waiting, now + patience(options_, unanswered_, random_)};
  }
  return Heard::postponed;
}

Handshake::Due Handshake::tick(Instant now) {
  if (established()) {
    if (liveness_.is_silent(now)) {
      disconnected();
      return Due::silence;
    }
    if (!liveness_.beat_is_due(now)) return Due::nothing;
    liveness_.beat(now);
    return Due::heartbeat;
  }
  if (now < step_.at) return Due::nothing;
  if (step_.state == State::waiting) return Due::hello;
  ++unanswered_;
  disconnected();
  return Due::no_answer;
}

Envelope Handshake::stamp(Instant now, Message message) {
  FORKMILL_CHECK(established());
  last_seq_ = last_seq_.next();
  liveness_.spoke(now);
  return {{session_, last_seq_}, std::move(message)};
}

Instant Handshake::next_wakeup() const { return established() ? liveness_.next_wakeup() : step_.at; }

}  // namespace forkmill::proto
