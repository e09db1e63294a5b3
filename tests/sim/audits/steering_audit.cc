#include "tests/sim/audits/steering_audit.h"

#include <tuple>

#include "broker/core/tasks/process_queue.h"
#include "tests/sim/audits/require.h"
#include "tests/sim/world/trace.h"

namespace forkmill::sim {

namespace {

auto values_of(const broker::Control& control) {
  return std::tuple{control.paused, control.max_tasks, control.max_bytes, control.max_running};
}

}  // namespace

std::optional<SteeringAudit::Thing> SteeringAudit::thing_of(const proto::Command& command) {
  return std::visit(
      [](const auto& one) -> std::optional<Thing> {
        using One = std::decay_t<decltype(one)>;
        if constexpr (std::is_same_v<One, proto::PauseName> || std::is_same_v<One, proto::ResumeName>)
          return Thing{Kind::name, one.name};
        else if constexpr (std::is_same_v<One, proto::SteerWorkers>)
          return Thing{Kind::worker, one.name};
        else if constexpr (std::is_same_v<One, proto::ChangeTasks>)
          return std::nullopt;
        else if constexpr (requires { one.queue; })
          return Thing{Kind::queue, one.queue};
        else
          return std::nullopt;
      },
      command.command);
}

broker::Control SteeringAudit::control_of(const broker::BrokerState& state, const Thing& thing) {
  const auto& controls = thing.kind == Kind::queue  ? state.controls.queues
                         : thing.kind == Kind::name ? state.controls.names
                                                    : state.controls.workers;
  const auto found = controls.find(thing.name);
  return found == controls.end() ? broker::Control{} : found->second;
}

void SteeringAudit::begin(const broker::BrokerState& state) {
  asked_.clear();
  answered_.clear();
  if (!state.identity.durable) return told_.clear();
  for (const auto& [thing, control] : told_)
    require(values_of(control) == values_of(control_of(state, thing)), "15",
            [&, &name = thing.name] { return "what was set for " + name + " is forgotten"; });
}

void SteeringAudit::arrived(proto::PeerId peer, const proto::Envelope& envelope) {
  const auto* command = std::get_if<proto::Command>(&envelope.message);
  const auto thing = command == nullptr ? std::nullopt : thing_of(*command);
  if (thing) asked_[{peer, command->id}] = *thing;
}

// A command is carried out in the round of its reply. It may have waited since it arrived: behind a message of its
// client that needs tasks from the disk.
void SteeringAudit::round(const broker::BrokerState& state, const std::vector<broker::Send>& sends) {
  for (const broker::Send& one : sends) {
    const auto* reply = std::get_if<proto::Reply>(&one.envelope.message);
    if (reply != nullptr && reply->code == Errc::ok) note_carried_out(state, {one.peer, reply->id});
  }
  for (const broker::Send& one : sends)
    if (const auto* grants = std::get_if<proto::Grants>(&one.envelope.message))
      check_grants(state, *worker_at(state, one.peer), *grants);
}

void SteeringAudit::note_carried_out(const broker::BrokerState& state, const Question& question) {
  const auto asked = asked_.find(question);
  if (asked == asked_.end()) return;
  const Thing& thing = asked->second;
  told_.erase(thing);
  std::erase_if(answered_, [&](const auto& one) { return one.second.first == thing; });
  answered_[question] = {thing, control_of(state, thing)};
}

void SteeringAudit::leaves(const broker::Send& send) {
  const auto* reply = std::get_if<proto::Reply>(&send.envelope.message);
  if (reply == nullptr) return;
  if (const auto answered = answered_.extract(Question{send.peer, reply->id}); !answered.empty())
    told_[answered.mapped().first] = answered.mapped().second;
}

bool SteeringAudit::is_paused(const Thing& thing) const {
  const auto told = told_.find(thing);
  return told != told_.end() && told->second.paused;
}

void SteeringAudit::check_grants(const broker::BrokerState& state, const broker::Worker& worker,
                                 const proto::Grants& grants) const {
  require(!is_paused({Kind::worker, worker.session.name.str()}), "15",
          [&] { return "tasks were granted to " + worker.session.name.str() + ", which is paused"; });
  for (const proto::GrantedTask& task : grants.tasks) {
    const std::string name{broker::base_queue(task.spec->queue)};
    require(!is_paused({Kind::queue, name}), "15",
            [&] { return "task " + brief(task.id) + " was granted from queue " + name + ", which is paused"; });
    require(!is_paused({Kind::name, task.spec->name}), "15",
            [&] { return "task " + brief(task.id) + " was granted although " + task.spec->name + " is paused"; });
    const broker::Queue& queue = *state.queues.find(name);
    const std::size_t max = queue.budget.limits().max_running;
    const std::size_t running = queue.running + (queue.processes == nullptr ? 0 : queue.processes->running);
    require(max == 0 || running <= max, "15", [&] {
      return "workers have " + std::to_string(running) + " tasks of queue " + name + " and may have " +
             std::to_string(max);
    });
  }
}

}  // namespace forkmill::sim
