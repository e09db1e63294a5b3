// Foreman: the rules of a worker. Takes grants from the broker, spreads them over the children, ends what must end, and
// sees to it that every attempt in hand is answered exactly once: by its result, by the report of its child's death, or
// by being handed back unstarted. Pure: the link (link.h) lends it hands, a simulator can lend others.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "proto/wire/messages.h"
#include "worker/ipc/child_messages.h"
#include "worker/ipc/control_records.h"
#include "worker/rules/child_lines.h"
#include "worker/rules/ending.h"
#include "worker/rules/estimates.h"
#include "worker/rules/process_slots.h"
#include "worker/rules/session.h"

namespace forkmill::worker {

struct ForemanConfig {
  struct Task {
    std::string name;
    std::uint64_t hash = 0;
  };
  std::vector<Task> tasks;  // a handler's index is its place here
  std::size_t slots = 1;
  std::uint64_t max_tasks_per_child = 0;
  proto::Instant kill_grace = std::chrono::seconds{5};
  std::string name;  // stands in every outcome
  std::string host;
  std::size_t max_processes = 0;  // beyond `slots`
};

// What the rules ask of the world. An attempt is named by its serial, which no other attempt ever gets.
class ForemanHands {
 public:
  virtual ~ForemanHands() = default;
  virtual void assign(ChildKey child, std::uint64_t serial, std::uint32_t handler, const proto::GrantedTask& task) = 0;
  // True: the child has not started it and never will.
  virtual bool take_back(ChildKey child, std::uint64_t serial) = 0;
  // True: the child runs it, and will take no other.
  virtual bool condemn(ChildKey child, std::uint64_t serial) = 0;
  virtual void request_stop(ChildKey child, std::uint64_t serial) = 0;
  virtual void kill(ChildKey child, int signal) = 0;
  // A child for this task alone, in that place, which is beyond those of the pool.
  virtual void fork(std::uint32_t slot, const proto::GrantedTask& task) = 0;
  // To the child itself, not to what it started.
  virtual void signal(ChildKey child, int signal) = 0;

  virtual void send(const proto::Envelope& envelope) = 0;
  virtual void reconnect() = 0;
  virtual void on_welcome(const proto::Welcome& welcome) = 0;
  virtual void on_error(const proto::ErrorMessage& error) = 0;
};

class Foreman final : private SessionOut {
 public:
  Foreman(ForemanConfig config, proto::Hello hello, std::uint64_t seed, ForemanHands& hands);

  // ---- The broker
  void connected(proto::Instant now) { session_.connected(now); }
  void disconnected(proto::Instant now) { session_.disconnected(now); }
  void receive(proto::Instant now, const proto::Envelope& envelope);

  // ---- The children
  void child_spawned(ChildKey child, std::uint32_t pid = 0);
  void child_born(proto::Instant now, ChildKey child);
  void result(proto::Instant now, ChildKey child, const ChildResult& result);
  void progress(std::uint64_t serial, double fraction, std::string_view note);
  // Everything that the child had said before has been passed on. started(serial): whether it had taken that one up.
  void child_died(proto::Instant now, const ControlFacts& facts, std::string output,
                  const std::function<bool(std::uint64_t)>& started);

  // ---- The supervisor
  // A child that this link did not know has ended: whoever lived in it is gone.
  void process_gone(std::uint32_t pid) { session_.add_gone(pid); }
  void report(proto::Instant now, proto::Report report) { session_.report(now, std::move(report)); }
  // Hands back what has not started and lets the rest finish until `deadline`.
  void drain(proto::Instant now, proto::Instant deadline);
  // The children have been killed: reports that.
  void stop(proto::Instant now);

  // Does what is due: spreads, ends, hands back, and sends what there is to say.
  void settle(proto::Instant now);
  proto::Instant next() const;

  // ---- Questions
  // Nothing is in hand any more, and everybody knows.
  bool finished(proto::Instant now) const;
  // The broker does not take this worker; why.
  const std::optional<std::string>& refusal() const { return refusal_; }
  bool connected_once() const { return welcomed_; }
  std::size_t in_hand() const { return held_.size(); }
  // For the log: the task of an attempt.
  const proto::GrantedTask* task(std::uint64_t serial) const;
  // What a child runs, if it runs something.
  const proto::GrantedTask* task_of(std::uint32_t slot) const;

 private:
  struct Held {
    proto::GrantedTask task;
    std::uint32_t handler = 0;
    std::size_t bytes = 0;
    proto::Instant granted_at{0};
    std::optional<std::uint32_t> slot;  // the child in whose line it is
    Ending ending;
    std::optional<proto::ProgressNote> progress;  // not sent yet
    proto::Instant progress_at{0};                // when the next one may go
    // With a process of its own
    bool born = false;
    std::vector<int> signals;                    // for the child that is still to be forked
    std::optional<proto::OutcomeRecord> record;  // reported when the process has ended
  };
  class Hands;
  class ProcessHands;

  // SessionOut
  void send(const proto::Envelope& envelope) override { hands_.send(envelope); }
  void reconnect() override { hands_.reconnect(); }
  std::vector<proto::Grant> held() override;
  void on_granted(proto::GrantedTask task) override;
  void on_revoke(const proto::Grant& grant) override;
  void on_signal(const proto::Grant& grant, int signal) override;
  void on_abandon(const proto::Grant& grant) override;
  void on_welcome(const proto::Welcome& welcome) override;
  void on_refused(Errc code, const std::string& text) override;
  void on_error(const proto::ErrorMessage& error) override { hands_.on_error(error); }

  Held* find(std::uint64_t serial);
  Held* find(const proto::Grant& grant, std::uint64_t& serial);
  void drop(std::uint64_t serial);
  bool take_back(std::uint64_t serial, Held& held);
  bool take_back_process(std::uint64_t serial, const Held& held);
  void leave_waiting(std::uint64_t serial);

  // processes: foreman_processes.cc
  void start_process(std::uint64_t serial, Held& held);
  void process_born(ChildKey child);
  void process_result(Held& held, const ChildResult& result);
  void process_died(const ControlFacts& facts, proto::Forensics forensics);
  void tell_started(const Held& held);
  void end_due_processes();
  proto::Instant grace_of(const Held& held) const;

  void spread();
  void begin_front(std::uint32_t slot);
  void call_back_overdue();
  void call_back(std::uint32_t slot);
  void hand_back_stale();
  void hand_back_all();
  void end_due();
  void end_running(EndReason reason);
  void flush_progress();
  void update_room();

  void refuse(const proto::GrantedTask& task, Errc code, std::string message);
  void report(const Held& held, proto::OutcomeRecord record);
  static proto::OutcomeRecord success_of(const ChildResult& result);
  static proto::OutcomeRecord failure_of(const Held& held, const ChildResult& result);
  static std::string death_text(const ControlFacts& facts);
  void report_loss(const Held& held, proto::Forensics forensics, std::string message);

  ForemanConfig config_;
  ForemanHands& hands_;
  std::unordered_map<std::string, std::uint32_t> handlers_;
  Estimates estimates_;
  ChildLines child_lines_;
  ProcessSlots process_slots_;
  Session session_;

  proto::Instant now_{0};
  std::uint64_t last_serial_ = 0;
  std::unordered_map<std::uint64_t, Held> held_;
  std::unordered_map<proto::Grant, std::uint64_t> serials_;
  std::deque<std::uint64_t> waiting_;  // with no child, in order
  std::size_t progress_waiting_ = 0;   // held_ with a note unsent

  bool welcomed_ = false;
  std::optional<std::string> refusal_;
  bool draining_ = false;
  bool stopped_ = false;
  proto::Instant drain_deadline_ = proto::kNever;
  proto::Instant leave_at_ = proto::kNever;  // whatever has not been acknowledged by then
};

}  // namespace forkmill::worker
