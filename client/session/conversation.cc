#include "client/session/conversation.h"

#include <algorithm>
#include <utility>

namespace forkmill::client {

using namespace std::chrono_literals;

namespace {

constexpr milliseconds kFirstGreetPause = 5s;
constexpr milliseconds kLongestGreetPause = 30s;
constexpr milliseconds kPauseAfterGoodbye = 300ms;

proto::Hello hello_of(const SessionOptions& options) {
  proto::Hello hello;
  hello.role = proto::Role::client;
  hello.name = options.name;
  hello.host = options.host;
  hello.pid = options.pid;
  hello.software = options.software;
  hello.instance = options.instance;
  hello.child_of = options.child_of;
  return hello;
}

}  // namespace

Conversation::Conversation(const SessionOptions& options, Effects& effects)
    : effects_{effects}, hello_{hello_of(options)}, random_{options.seed} {}

void Conversation::link_up(Instant now) {
  link_is_up_ = true;
  greet(now);
}

void Conversation::link_down() {
  link_is_up_ = false;
  stop();
}

void Conversation::stop() {
  state_ = State::offline;
  greet_at_ = proto::kNever;
}

void Conversation::greet(Instant now) {
  state_ = State::greeting;
  greet_pause_ = std::clamp(greet_pause_ * 2, kFirstGreetPause, kLongestGreetPause);
  hello_.nonce = random_.next();
  greet_at_ = now + random_.jittered(greet_pause_);
  hello_.resume = session_;
  hello_.order = std::max(hello_.order + 1, static_cast<std::uint64_t>(now.count()));
  effects_.send.push_back({{}, hello_});
}

void Conversation::begin_again(Instant now) {
  if (state_ == State::open) greet(now);
}

void Conversation::retry_later(Instant now) {
  state_ = State::offline;
  greet_at_ = link_is_up_ ? now + random_.jittered(kPauseAfterGoodbye) : proto::kNever;
}

void Conversation::reconnect(const char* why) {
  effects_.log.push_back({false, std::string{why} + "; connecting again"});
  effects_.reconnect = true;
  link_down();
}

bool Conversation::tick(Instant now) {
  switch (state_) {
    case State::greeting:
      if (now >= greet_at_) reconnect("the broker does not answer");
      return false;
    case State::offline:
      if (link_is_up_ && now >= greet_at_) greet(now);
      return false;
    case State::open:
      break;
  }
  if (now < liveness_.silent_at()) return now >= liveness_.beat_due();
  reconnect("the broker has gone silent");
  return false;
}

void Conversation::beat(Instant now) {
  liveness_.beaten(now);
  send(now, proto::Heartbeat{});
}

Instant Conversation::next_wakeup() const {
  return state_ == State::open ? std::min(liveness_.silent_at(), liveness_.beat_due()) : greet_at_;
}

bool Conversation::is_answered_by(const proto::Welcome& welcome) const {
  return state_ == State::greeting && welcome.nonce == hello_.nonce;
}

void Conversation::begin(Instant now, const proto::Welcome& welcome) {
  state_ = State::open;
  session_ = welcome.session;
  last_seq_ = {};
  liveness_.begin(now, welcome.heartbeat, welcome.session_timeout);
  greet_at_ = proto::kNever;
  greet_pause_ = 0ms;
}

bool Conversation::hears(Instant now, const proto::Header& header) {
  if (state_ != State::open || header.session != session_) return false;
  liveness_.heard(now);
  return true;
}

proto::MessageSeq Conversation::send(Instant now, proto::Message message) {
  last_seq_ = last_seq_.next();
  liveness_.spoke(now);
  effects_.send.push_back({{session_, last_seq_}, std::move(message)});
  return last_seq_;
}

}  // namespace forkmill::client
