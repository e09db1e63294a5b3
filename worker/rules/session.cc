#include "worker/rules/session.h"

#include <algorithm>
#include <iterator>
#include <type_traits>
#include <unordered_set>
#include <utility>

#include "proto/buggify.h"
#include "proto/mutants.h"

namespace forkmill::worker {

namespace {

using namespace std::chrono_literals;
namespace limits = proto::limits;

constexpr proto::Instant kGreetingFirst = 3s;  // for a WELCOME to come; then twice as long each time
constexpr proto::Instant kGreetingMost = 30s;
constexpr proto::Instant kComeBack = 1s;  // after a GOODBYE on a connection that stays

std::size_t size_of(const proto::OutcomeRecord& record) {
  std::size_t size = record.outcome.value.size();
  if (record.outcome.error) size += record.outcome.error->message.size() + record.outcome.error->backtrace.size();
  return size;
}

}  // namespace

Session::Session(proto::Hello hello, std::uint64_t seed, SessionOut& out)
    : hello_{std::move(hello)}, out_{out}, random_{seed} {}

// Doubles with each failure, and is drawn from its second half: workers that lost the same broker do not come in step.
proto::Instant Session::pause() {
  const proto::Instant whole = std::min(kGreetingMost, kGreetingFirst * (1 << std::min(failures_, 8U)));
  return whole / 2 +
         proto::Instant{static_cast<std::int64_t>(random_.next() % static_cast<std::uint64_t>(whole.count() / 2))};
}

// ---- Connection -----------------------------------------------------------------------------------------------------

void Session::connected(proto::Instant now) { say_hello(now); }

void Session::disconnected(proto::Instant) {
  state_ = State::disconnected;
  act_at_ = proto::kNever;  // the transport reconnects by itself
}

void Session::say_hello(proto::Instant now) {
  state_ = State::greeting;
  hello_.nonce = random_.next();
  hello_.order = std::max(hello_.order + 1, static_cast<std::uint64_t>(now.count()));
  hello_.resume = session_;
  hello_.worker.holding = out_.held();
  // What was sent in the session before is under way nowhere now: it goes out again, first.
  for (auto sent = sent_.rbegin(); sent != sent_.rend(); ++sent) {
    outcomes_.insert(outcomes_.begin(), std::make_move_iterator(sent->outcomes.begin()),
                     std::make_move_iterator(sent->outcomes.end()));
  }
  sent_.clear();
  // What was to be handed back is not in the list below: that hands it back.
  returns_.clear();
  revoked_.clear();
  for (const auto& record : outcomes_) hello_.worker.holding.push_back(record.grant);
  out_.send({{}, hello_});
  last_said_ = now;
  last_heard_ = now;
  act_at_ = now + pause();
}

void Session::start_over(proto::Instant now) {
  ++failures_;
  state_ = State::disconnected;
  act_at_ = proto::kNever;
  last_heard_ = now;
  out_.reconnect();
}

void Session::receive(proto::Instant now, const proto::Envelope& envelope) {
  last_heard_ = now;
  if (const auto* welcomed = std::get_if<proto::Welcome>(&envelope.message)) return welcome(now, *welcomed);
  const auto* error = std::get_if<proto::ErrorMessage>(&envelope.message);
  if (error != nullptr && !established()) return refused(now, *error);
  if (!established()) return;
  if (error != nullptr && (error->code == Errc::hello_required || error->code == Errc::session_unknown)) {
    return say_hello(now);
  }
  if (envelope.header.session != session_) return;  // stale
  if (error != nullptr) {
    out_.on_error(*error);
  } else if (const auto* grants = std::get_if<proto::Grants>(&envelope.message)) {
    granted(*grants);
  } else if (const auto* ack = std::get_if<proto::OutcomeAck>(&envelope.message)) {
    acknowledged(*ack);
  } else if (const auto* revoke = std::get_if<proto::Revoke>(&envelope.message)) {
    for (const auto& grant : revoke->grants) out_.on_revoke(grant);
  } else if (const auto* signals = std::get_if<proto::Signals>(&envelope.message)) {
    for (const auto& note : signals->notes) signalled(note);
  } else if (std::holds_alternative<proto::Goodbye>(envelope.message)) {
    state_ = State::waiting;
    act_at_ = now + kComeBack;
  }
}

void Session::welcome(proto::Instant now, const proto::Welcome& welcome) {
  if (state_ != State::greeting || welcome.nonce != hello_.nonce) return;
  state_ = State::established;
  failures_ = 0;
  act_at_ = proto::kNever;
  session_ = welcome.session;
  hello_.worker.holding_store = welcome.store;
  said_ = {};
  heartbeat_ = std::clamp(welcome.heartbeat, proto::milliseconds{0}, limits::kMaxDuration);
  silence_limit_ = std::clamp(welcome.session_timeout, proto::milliseconds{0}, limits::kMaxDuration);
  last_said_ = now;
  granted_ = welcome.granted;
  credit_said_ = granted_;
  for (const Gone& one : std::exchange(gone_lately_, {}))
    if (!is_old(one, now)) gone_.push_back(one);
  started_.clear();  // whoever is told of the WELCOME says them again, but for those that are abandoned
  abandon(welcome);
  out_.on_welcome(welcome);
  if (draining_) drain(now);
}

void Session::abandon(const proto::Welcome& welcome) {
  if (welcome.abandon.empty()) return;
  const std::unordered_set<proto::Grant> gone{welcome.abandon.begin(), welcome.abandon.end()};
  std::erase_if(outcomes_, [&](const proto::OutcomeRecord& record) { return gone.count(record.grant) != 0; });
  std::erase_if(returns_, [&](const proto::Grant& grant) { return gone.count(grant) != 0; });
  // Another broker may give the same grant out anew: this would be taken for that one's.
  std::erase_if(progress_, [&](const proto::ProgressNote& note) { return gone.count(note.grant) != 0; });
  for (const auto& grant : welcome.abandon) out_.on_abandon(grant);
}

void Session::refused(proto::Instant now, const proto::ErrorMessage& error) {
  if (state_ != State::greeting) return;
  switch (error.code) {
    case Errc::version_unsupported:
    case Errc::name_invalid:
    case Errc::not_permitted:
    case Errc::malformed:
    case Errc::message_too_large:
      out_.on_refused(error.code, error.text);
      break;
    case Errc::hello_required:
    case Errc::session_unknown:
      break;  // about something said before this HELLO
    default:
      ++failures_;
      state_ = State::waiting;
      act_at_ = now + pause();
      out_.on_error(error);
      break;
  }
}

void Session::granted(const proto::Grants& grants) {
  for (const auto& task : grants.tasks) {
    if (!task.process) ++granted_;
    out_.on_granted(task);
  }
}

// The broker says those again that it does not know to have come.
void Session::signalled(const proto::SignalNote& note) {
  std::uint64_t& heard = hello_.worker.signals_heard;
  if (note.number != 0 && note.number <= heard) return;
  heard = std::max(heard, note.number);
  out_.on_signal(note.grant, note.signal);
}

void Session::acknowledged(const proto::OutcomeAck& ack) {
  for (const auto seq : ack.messages) {
    const auto found = std::find_if(sent_.begin(), sent_.end(), [&](const Sent& sent) { return sent.seq == seq; });
    if (found != sent_.end()) sent_.erase(found);
  }
}

// ---- Time -----------------------------------------------------------------------------------------------------------

void Session::tick(proto::Instant now) {
  if (now >= act_at_) {
    if (state_ == State::waiting)
      say_hello(now);
    else
      start_over(now);
    return;
  }
  if (!established()) return;
  if (silence_limit_.count() != 0 && now >= last_heard_ + silence_limit_) return start_over(now);
  if (heartbeat_.count() != 0 && now >= beat_at()) {
    auto beat = envelope_of(load_);
    last_beat_ = now;
    say(now, beat);
  }
}

// When nothing was said for a while, and when nothing was heard: reports and notes of progress are answered by nobody,
// and a broker that is only told such things must not be taken for dead.
proto::Instant Session::beat_at() const { return std::max(std::min(last_said_, last_heard_), last_beat_) + heartbeat_; }

proto::Instant Session::next() const {
  proto::Instant next = act_at_;
  if (!established()) return next;
  if (silence_limit_.count() != 0) next = std::min(next, last_heard_ + silence_limit_);
  if (heartbeat_.count() != 0) next = std::min(next, beat_at());
  return next;
}

// ---- Saying ---------------------------------------------------------------------------------------------------------

template <class Body>
proto::Envelope Session::envelope_of(Body body) {
  return {{}, std::move(body)};
}

proto::MessageSeq Session::say(proto::Instant now, proto::Envelope& envelope) {
  said_ = said_.next();
  envelope.header = {session_, said_};
  last_said_ = now;
  out_.send(envelope);
  return said_;
}

void Session::add_outcome(proto::OutcomeRecord record) { outcomes_.push_back(std::move(record)); }

std::size_t Session::unacknowledged() const {
  std::size_t count = outcomes_.size();
  for (const Sent& sent : sent_) count += sent.outcomes.size();
  return count;
}

void Session::drain(proto::Instant now) {
  draining_ = true;
  if (!established()) return;
  auto envelope = envelope_of(proto::Drain{});
  say(now, envelope);
}

void Session::goodbye(proto::Instant now, const std::string& text) {
  if (!established()) return;
  auto envelope = envelope_of(proto::Goodbye{Errc::ok, text});
  say(now, envelope);
  state_ = State::disconnected;
}

void Session::report(proto::Instant now, proto::Report report) {
  if (!established()) return;
  auto envelope = envelope_of(std::move(report));
  say(now, envelope);
}

void Session::flush(proto::Instant now) {
  if (!established()) return;
  if (!started_.empty()) {
    auto envelope = envelope_of(proto::Started{std::exchange(started_, {})});
    say(now, envelope);
  }
  if (!progress_.empty()) {
    auto envelope = envelope_of(proto::Progress{std::exchange(progress_, {})});
    say(now, envelope);
  }
  flush_rest(now);
  flush_outcomes(now);
  // Everything above carried the credit; on its own it goes only when it has news.
  if (!draining_ && granted_ + room_ != credit_said_) {
    auto envelope = envelope_of(proto::Credit{credit()});
    say(now, envelope);
  }
}

void Session::flush_rest(proto::Instant now) {
  if (!returns_.empty()) {
    auto envelope = envelope_of(proto::Return{std::exchange(returns_, {}), credit()});
    say(now, envelope);
  }
  if (!revoked_.empty()) {
    auto envelope = envelope_of(proto::Revoked{std::exchange(revoked_, {}), credit()});
    say(now, envelope);
  }
  if (!gone_.empty()) say_gone(now);
}

void Session::say_gone(proto::Instant now) {
  proto::ChildrenGone message;
  std::erase_if(gone_lately_, [&](const Gone& one) { return is_old(one, now); });
  for (Gone& one : std::exchange(gone_, {})) {
    one.said_at = std::min(one.said_at, now);
    message.pids.push_back(one.pid);
    gone_lately_.push_back(one);
  }
  auto envelope = envelope_of(std::move(message));
  say(now, envelope);
}

// By then the broker has found out by itself.
bool Session::is_old(const Gone& one, proto::Instant now) const { return now > one.said_at + 2 * silence_limit_; }

void Session::flush_outcomes(proto::Instant now) {
  if (proto::buggify(proto::Path::outcome_waits)) return;
  while (!outcomes_.empty()) {
    auto envelope = envelope_of(proto::Outcomes{});
    auto& message = std::get<proto::Outcomes>(envelope.message);
    message.credit = credit();
    std::size_t bytes = 0;
    while (!outcomes_.empty() && message.outcomes.size() < limits::kBatchTasks && bytes < limits::kBatchBytes) {
      bytes += size_of(outcomes_.front());
      message.outcomes.push_back(std::move(outcomes_.front()));
      outcomes_.pop_front();
      if (proto::buggify(proto::Path::one_outcome)) break;
    }
    const auto seq = say(now, envelope);
    if (!proto::mutant(proto::Mutant::outcome_not_kept)) sent_.push_back({seq, std::move(message.outcomes)});
  }
}

}  // namespace forkmill::worker
