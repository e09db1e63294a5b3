#include "tests/sim/audits/bulk_audit.h"

#include <msgpack.hpp>

#include "broker/core/tasks/process_queue.h"
#include "tests/sim/audits/require.h"
#include "tests/sim/world/trace.h"

namespace forkmill::sim {

using proto::TaskAction;

namespace {

// The number of a stored task; none: it is stored nowhere, or gone.
proto::TaskSeq stored_seq(const broker::BrokerState& state, const TaskId& id) {
  if (const broker::Task* task = state.tasks.find(id)) return task->durable ? task->seq : proto::TaskSeq{};
  const auto paged_out = state.tasks.find_paged_out(id);
  return paged_out ? paged_out->seq : proto::TaskSeq{};
}

// Whether the change is under way, or remembered as done.
bool has_begun(const broker::Core& core, const TaskId& change) {
  broker::Client anyone;  // may see all
  const std::string listed = core.bulk_changes().list(anyone, change.to_string()).value().bytes();
  const auto handle = msgpack::unpack(listed.data(), listed.size());
  return handle->as<std::map<std::string, msgpack::object>>().at("changes").via.array.size > 0;
}

}  // namespace

void BulkAudit::begin(const broker::Core& core) {
  asked_.clear();
  answered_.clear();
  if (core.state().identity.durable) return;
  taken_.clear();
  told_.clear();
  places_.clear();
}

void BulkAudit::arrived(const broker::Core& core, proto::PeerId peer, const proto::Envelope& envelope) {
  const auto* command = std::get_if<proto::Command>(&envelope.message);
  const auto* order = command == nullptr ? nullptr : std::get_if<proto::ChangeTasks>(&command->command);
  if (order == nullptr) return;
  for (auto& [question, asked] : asked_) asked.alone = false;
  for (auto& [question, answered] : answered_) answered.changed.clear();
  places_.clear();
  const bool alone = asked_.empty() && core.bulk_changes().is_idle() && !has_begun(core, order->id);
  asked_[{peer, command->id}] = {*order, alone, waiting_since_taken(core, *order)};
}

// A command that is repeated is about the tasks that the broker had when the command came first: later ones stay.
BulkAudit::Waiting BulkAudit::waiting_since_taken(const broker::Core& core, const proto::ChangeTasks& order) {
  if (!has_begun(core, order.id)) taken_[order.id] = waiting_in(core, order);
  return taken_[order.id];
}

BulkAudit::Waiting BulkAudit::waiting_in(const broker::Core& core, const proto::ChangeTasks& order) {
  const auto id = TaskId::parse(order.filter.id);
  if (!id || order.action != TaskAction::cancel) return {};
  const broker::Task* task = core.state().tasks.find(*id);
  if (task == nullptr || (task->state != broker::State::ready && task->state != broker::State::scheduled)) return {};
  return {task->seq, static_cast<std::uint32_t>(task->attempts.value())};
}

BulkAudit::Answered BulkAudit::read(const broker::Core& core, const Asked& asked, const proto::Reply& reply) {
  const auto handle = msgpack::unpack(reply.body.view().data(), reply.body.size());
  const auto map = handle->as<std::map<std::string, msgpack::object>>();
  const auto number = [&](const char* key) { return map.at(key).as<std::uint64_t>(); };
  std::uint64_t sum = number("changed") + number("requested");
  Answered answered{asked.order.id, std::to_string(sum), {}};
  for (const auto& [reason, count] : map.at("skipped").as<std::map<std::string, std::uint64_t>>()) {
    sum += count;
    answered.counts += ", " + std::to_string(count) + " " + reason;
  }
  require(asked.order.dry_run || number("matched") == sum, "16", [&] {
    return "a change has met " + std::to_string(number("matched")) + " tasks, and tells of " + std::to_string(sum);
  });
  const bool has_waited = asked.waiting.seq && asked.waiting == waiting_in(core, asked.order);
  require(asked.order.dry_run || !has_waited || sum > 0, "16",
          [&] { return "a change has missed the task " + asked.order.filter.id; });
  if (!asked.alone) return answered;
  for (const auto& row : map.at("tasks").as<std::vector<std::map<std::string, msgpack::object>>>()) {
    const auto id = TaskId::parse(row.at("id").as<std::string>());
    if (const auto seq = stored_seq(core.state(), id.value())) answered.changed.emplace(seq, asked.order);
  }
  return answered;
}

void BulkAudit::round(const broker::Core& core, const std::vector<broker::Send>& sends) {
  for (const broker::Send& one : sends) {
    if (const auto* grants = std::get_if<proto::Grants>(&one.envelope.message)) check_grants(*grants);
    const auto* reply = std::get_if<proto::Reply>(&one.envelope.message);
    const auto asked = reply == nullptr ? asked_.end() : asked_.find({one.peer, reply->id});
    if (asked == asked_.end()) continue;
    if (reply->code == Errc::ok) answered_[asked->first] = read(core, asked->second, *reply);
    asked_.erase(asked);
  }
}

void BulkAudit::leaves(const broker::Send& send) {
  const auto* reply = std::get_if<proto::Reply>(&send.envelope.message);
  if (reply == nullptr) return;
  const auto found = answered_.extract(Question{send.peer, reply->id});
  if (found.empty()) return;
  Answered& answered = found.mapped();
  const auto [told, is_new] = told_.emplace(answered.change, answered.counts);
  require(is_new || told->second == answered.counts, "16", [&] {
    return "a change that is repeated has changed " + answered.counts + " tasks; before it was " + told->second;
  });
  for (const auto& [seq, order] : answered.changed) places_.insert_or_assign(seq, order);
}

void BulkAudit::check_grants(const proto::Grants& grants) const {
  for (const proto::GrantedTask& task : grants.tasks) {
    const auto place = places_.find(task.grant.seq);
    if (place == places_.end()) continue;
    const proto::ChangeTasks& order = place->second;
    require(order.action != TaskAction::move || broker::base_queue(task.spec->queue) == order.queue, "16", [&] {
      return "task " + brief(task.id) + " was granted from queue " + task.spec->queue + " after it was moved to " +
             order.queue;
    });
    require(order.action != TaskAction::reprioritise || task.spec->options.priority == order.priority, "16",
            [&] { return "task " + brief(task.id) + " was granted with another priority than it was given"; });
  }
}

}  // namespace forkmill::sim
