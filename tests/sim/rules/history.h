// History: what was asked, what was answered and what was done, as seen from outside, and whether the answers fit.
// Events are of four kinds: invoke (a task was submitted or asked for), ok and fail (its future ended), unknown (its
// client is gone). What the broker gave out and what children ran stands beside them. A contradiction throws Violation
// at the event that makes it certain.
//
//   1   an acknowledged submit is not forgotten        3   a future ends once; a result never changes
//   4   a result is that of an attempt that ended so   5   "cancelled" means that no attempt starts any more
//   6   one attempt at a time, of those that are at known workers
//   8   what has ended, and is known, does not begin anew
//   10  attempts, delays and deadlines are kept        14  in the end every future has ended
#pragma once

#include <forkmill/task_id.h>

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "broker/core/state/broker_state.h"
#include "proto/wire/messages.h"
#include "tests/sim/rules/model.h"
#include "tests/sim/rules/process_history.h"
#include "tests/sim/rules/violation.h"
#include "tests/sim/world/cookie.h"
#include "tests/sim/world/world.h"

namespace forkmill::sim {

struct Counts {
  std::uint64_t submitted = 0;
  std::uint64_t acknowledged = 0;
  std::uint64_t succeeded = 0;
  std::uint64_t failed = 0;   // in any way that the task's options and faults allow
  std::uint64_t unknown = 0;  // the client was gone
  std::uint64_t lost = 0;     // with a broker that keeps nothing
  std::uint64_t executions = 0;
  std::uint64_t repeated = 0;  // executions of a task beyond its first
  Counts& operator+=(const Counts& other);
};

class History {
 public:
  // Who is told of everything when it happens has a model of each task, too, and knows what runs. Who reads what
  // programs have written down has not: their children do not say when they are killed.
  enum class Sight { everything, journals };
  explicit History(World& world, Sight sight = Sight::everything) : world_{world}, processes_{world} {
    if (sight == Sight::everything) model_.emplace(world);
  }

  // ---- Clients
  Cookie invoke(const proto::Submission& task);
  Cookie invoke_attach(const TaskId& id);
  // `session`: in which the broker said so; it may be another one by now.
  void acknowledged(Cookie cookie, proto::SessionId session);
  void session_began(proto::SessionId session) { broker_of_[session] = broker_; }
  void resolved(Cookie cookie, const proto::Outcome& outcome, bool known_before);
  void unknown(Cookie cookie);
  // Its future was told in which process it runs.
  void born(Cookie cookie, std::uint32_t pid) const;
  // Somebody wants its process signalled; and what he is answered.
  void signal_asked(const TaskId& id);
  struct Signalled {
    TaskId id;
    int signal = 0;
    std::string state;
  };
  void signal_answered(const Signalled& answer, bool anew);
  void cancel_asked(const TaskId& id);
  void cancelled(const TaskId& id);  // somebody was told so
  // An operator wants a dead letter tried again as another task, or dropped; and what he is answered.
  struct DeadOrder {
    TaskId id;
    TaskId new_id;  // nil: drop it
    std::uint64_t asked_of = 0;
    bool certain = false;  // it was one when that was asked
  };
  DeadOrder dead_asked(const TaskId& id, const TaskId& new_id);
  void dead_answered(const DeadOrder& order, Errc code);

  // ---- The broker
  // `skew`: of its wall clock, at that moment. It reckons by that one until it is started again.
  void broker_started(milliseconds skew) {
    ++broker_;
    skew_ = skew;
    if (model_) model_->broker_started();
    processes_.broker_started();
    taken_up_.clear();
  }
  void granted(const proto::GrantedTask& task, broker::WorkerHandle worker, const broker::BrokerState& state);
  // The same by somebody who does not see the state.
  void granted(const proto::GrantedTask& task, broker::WorkerHandle worker);
  // It came back with an attempt that an earlier broker had given it.
  void taken_up(const TaskId& id, broker::WorkerHandle worker) { taken_up_[worker].push_back(id); }
  void worker_ended(broker::WorkerHandle worker);
  void reported(const proto::TaskResult& result);

  // ---- Children
  void started(const proto::GrantedTask& task);
  void succeeded(const proto::GrantedTask& task);
  void threw(const proto::GrantedTask& task);
  // It runs no more, however that came.
  void stopped(const proto::GrantedTask& task) { std::erase(tasks_.at(task.id).running, task.grant); }
  // What a child answers in that attempt.
  static std::string value_of(const proto::GrantedTask& task);

  bool all_ended() const { return open_ == 0; }
  void check_all_ended() const;
  const Counts& counts() const { return counts_; }
  Model& model() { return *model_; }
  ProcessHistory& processes() { return processes_; }

 private:
  struct Future {
    TaskId id;
    bool attach = false;
    bool ended = false;
    std::string body;  // its arguments' beginning: of one key, others may be another task
    bool acknowledged = false;
    std::uint64_t acknowledged_by = 0;
  };
  struct Record {
    proto::Submission task;
    bool known = false;                 // submitted here
    std::uint64_t acknowledged_by = 0;  // which broker, counted from 1
    std::uint64_t cancelled_by = 0;
    bool cancel_asked = false;
    std::map<std::uint64_t, std::string> outcomes;  // as reported, by broker: 0 for all when it is durable
    std::set<std::string> successes;                // values that attempts ended with
    std::set<std::string> bodies;                   // of all that were submitted
    std::uint64_t starts = 0;
    std::uint64_t granted_by = 0;
    std::set<proto::Attempt> throws;  // attempts that ended by an error of the handler
    std::vector<proto::Grant> running;
    bool worker_lost = false;  // of any attempt
  };
  struct Given {
    std::set<std::uint64_t> brokers;
    broker::WorkerHandle worker;
    bool lost = false;  // that worker's session ended
    std::size_t starts = 0;
  };
  struct GrantKey {
    TaskId id;
    proto::Grant grant;
    friend auto operator<=>(const GrantKey&, const GrantKey&) = default;
  };

  // This broker gave it out, and has not given its worker up.
  bool is_mortal(const TaskId& id) const { return model_ && model_->is_mortal(id); }
  void check_cancelled(const Record& record, const Given& given, const proto::GrantedTask& task) const;
  bool current(const Given& given) const { return given.brokers.contains(broker_) && !given.lost; }
  [[noreturn]] void violated(const std::string& rule, const TaskId& id, const std::string& text) const;
  bool survives_restart(const Record& record) const;
  void check_time(const broker::Task& task, const proto::TaskOptions& options, const broker::BrokerState& state) const;
  void check_success(const Record& record, const Future& future, const proto::Outcome& outcome) const;
  void check_rejection(Record& record, const Future& future, const proto::Outcome& outcome, bool known_before);
  [[noreturn]] void refuse(const Future& future, const proto::Outcome& outcome, const std::string& why) const;
  void check_failure(Record& record, const Future& future, const proto::Outcome& outcome, bool known_before);

  World& world_;
  std::optional<Model> model_;
  ProcessHistory processes_;
  std::unordered_map<proto::SessionId, std::uint64_t> broker_of_;
  std::uint64_t broker_ = 0;
  milliseconds skew_{0};
  std::vector<Future> futures_;  // by cookie − 1
  std::size_t open_ = 0;
  std::unordered_map<TaskId, Record> tasks_;
  std::map<GrantKey, Given> grants_;
  std::map<broker::WorkerHandle, std::vector<GrantKey>> given_to_;
  std::map<broker::WorkerHandle, std::vector<TaskId>> taken_up_;
  Counts counts_;
};

}  // namespace forkmill::sim
