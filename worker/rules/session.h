// Session: the worker's side of the conversation with the broker (proto/PROTOCOL.md, Sessions). Says HELLO on every new
// connection, keeps outcomes until they are acknowledged and sends them again in the next session, gives credit, beats,
// and drops a connection on which the broker has fallen silent. Pure: time and seed are given to it, what is to be sent
// leaves through SessionOut.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "proto/random.h"
#include "proto/wire/messages.h"

namespace forkmill::worker {

class SessionOut {
 public:
  virtual ~SessionOut() = default;
  virtual void send(const proto::Envelope& envelope) = 0;
  // Drop the connection and make a new one.
  virtual void reconnect() = 0;

  // Every grant that the worker holds and that has no outcome yet.
  virtual std::vector<proto::Grant> held() = 0;
  virtual void on_granted(proto::GrantedTask task) = 0;
  virtual void on_revoke(const proto::Grant& grant) = 0;
  virtual void on_signal(const proto::Grant& grant, int signal) = 0;
  // No longer ours: stop it and forget it.
  virtual void on_abandon(const proto::Grant& grant) = 0;
  virtual void on_welcome(const proto::Welcome& welcome) = 0;
  // The broker will never take this worker; `text` says why.
  virtual void on_refused(Errc code, const std::string& text) = 0;
  virtual void on_error(const proto::ErrorMessage& error) = 0;
};

class Session {
 public:
  // hello: everything but nonce, resume, holding and holding_store.
  Session(proto::Hello hello, std::uint64_t seed, SessionOut& out);

  // ---- What happens
  void connected(proto::Instant now);
  void disconnected(proto::Instant now);
  void receive(proto::Instant now, const proto::Envelope& envelope);
  void tick(proto::Instant now);

  // ---- What the worker says; goes out with flush(), and again after a reconnect where it must
  void add_outcome(proto::OutcomeRecord record);
  void add_return(const proto::Grant& grant) { returns_.push_back(grant); }
  void add_revoked(const proto::Grant& grant, proto::RevokeState state) { revoked_.push_back({grant, state}); }
  void add_progress(proto::ProgressNote note) { progress_.push_back(std::move(note)); }
  void add_started(proto::StartedNote note) { started_.push_back(std::move(note)); }
  // Said as soon as there is a session, and in the next one if that comes soon: it may have been lost.
  void add_gone(std::uint32_t pid) { gone_.push_back({pid, proto::kNever}); }
  void report(proto::Instant now, proto::Report report);
  // How many further grants the worker would take now; those with a process of their own do not count.
  void set_room(std::uint64_t room) { room_ = room; }
  void set_load(std::uint32_t running, std::uint32_t waiting) { load_ = {running, waiting}; }
  void drain(proto::Instant now);
  void goodbye(proto::Instant now, const std::string& text);
  void flush(proto::Instant now);

  // ---- Questions
  bool established() const { return state_ == State::established; }
  // Outcomes that the broker has not acknowledged.
  std::size_t unacknowledged() const;
  proto::Instant next() const;

 private:
  enum class State { disconnected, greeting, established, waiting };  // waiting: told to come back later

  void say_hello(proto::Instant now);
  void start_over(proto::Instant now);
  void welcome(proto::Instant now, const proto::Welcome& welcome);
  void refused(proto::Instant now, const proto::ErrorMessage& error);
  void granted(const proto::Grants& grants);
  void signalled(const proto::SignalNote& note);
  void acknowledged(const proto::OutcomeAck& ack);
  void abandon(const proto::Welcome& welcome);

  proto::MessageSeq say(proto::Instant now, proto::Envelope& envelope);
  proto::Instant beat_at() const;
  template <class Body>
  proto::Envelope envelope_of(Body body);
  void flush_outcomes(proto::Instant now);
  void flush_rest(proto::Instant now);
  void say_gone(proto::Instant now);
  std::uint64_t credit() { return credit_said_ = granted_ + room_; }
  proto::Instant pause();

  struct Sent {
    proto::MessageSeq seq;
    std::vector<proto::OutcomeRecord> outcomes;
  };

  proto::Hello hello_;
  SessionOut& out_;
  proto::SplitMix64 random_;

  State state_ = State::disconnected;
  bool draining_ = false;
  proto::SessionId session_;
  proto::MessageSeq said_;  // the last message of this session
  proto::Instant heartbeat_{0};
  proto::Instant silence_limit_{0};
  proto::Instant last_said_{0};
  proto::Instant last_heard_{0};
  proto::Instant last_beat_{0};
  proto::Instant act_at_ = proto::kNever;  // greeting: give up on this connection; waiting: try again
  unsigned failures_ = 0;                  // greetings in a row that nobody answered

  std::uint64_t granted_ = 0;  // grants of this session's count
  std::uint64_t credit_said_ = 0;
  std::uint64_t room_ = 0;
  proto::Heartbeat load_;

  std::deque<proto::OutcomeRecord> outcomes_;  // not sent yet
  std::deque<Sent> sent_;                      // not acknowledged yet
  std::vector<proto::Grant> returns_;
  std::vector<proto::RevokeAnswer> revoked_;
  std::vector<proto::ProgressNote> progress_;
  std::vector<proto::StartedNote> started_;
  struct Gone {
    std::uint32_t pid = 0;
    proto::Instant said_at{0};  // for the first time
  };
  bool is_old(const Gone& one, proto::Instant now) const;
  std::vector<Gone> gone_;         // to be said
  std::vector<Gone> gone_lately_;  // said, and perhaps not heard
};

}  // namespace forkmill::worker
