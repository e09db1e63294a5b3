#include "broker/core/operators/bulk/bulk_change.h"

#include <forkmill/serialize.h>

#include <algorithm>
#include <stdexcept>
#include <tuple>

#include "broker/core/objects/base/record_packing.h"

namespace forkmill::broker {

namespace {

using Patterns = proto::Patterns;

// Later versions may append fields to these.
using FilterBody = std::tuple<std::string, std::string, std::string, std::string, std::string, std::int64_t,
                              std::int64_t, std::string>;
using OrderBody = std::tuple<std::string, unsigned, FilterBody, bool, std::string, std::int32_t>;
using RightsBody = std::tuple<Patterns, Patterns, Patterns, bool, int, std::uint64_t, std::uint64_t>;
using CountsBody = std::tuple<std::uint64_t, std::uint64_t, std::map<std::string, std::uint64_t>>;
using ChangeBody = std::tuple<OrderBody, std::uint64_t, std::string, bool, RightsBody, std::int64_t, std::int64_t,
                              std::uint64_t, std::uint64_t, CountsBody>;

std::string bytes_of(const TaskId& id) { return {reinterpret_cast<const char*>(id.bytes().data()), id.bytes().size()}; }

TaskId id_of(const std::string& bytes) {
  TaskId::Bytes id{};
  if (bytes.size() != id.size()) throw std::runtime_error{"an id of another length"};
  std::copy(bytes.begin(), bytes.end(), id.begin());
  return TaskId{id};
}

OrderBody body_of_order(const proto::ChangeTasks& order) {
  const proto::TaskFilter& filter = order.filter;
  const FilterBody body{filter.id,   filter.queue,         filter.name,          filter.state,
                        filter.text, filter.since.count(), filter.until.count(), filter.arguments};
  return {bytes_of(order.id), static_cast<unsigned>(order.action), body, order.running, order.queue, order.priority};
}

proto::ChangeTasks order_of(const OrderBody& body) {
  const auto& [id, action, filter, running, queue, priority] = body;
  proto::ChangeTasks order;
  order.id = id_of(id);
  if (action < 1 || action > static_cast<unsigned>(last_of(proto::TaskAction::cancel)))
    throw std::runtime_error{"an unknown action"};
  order.action = static_cast<proto::TaskAction>(action);
  std::int64_t since = 0;
  std::int64_t until = 0;
  std::tie(order.filter.id, order.filter.queue, order.filter.name, order.filter.state, order.filter.text, since, until,
           order.filter.arguments) = filter;
  order.filter.since = milliseconds{since};
  order.filter.until = milliseconds{until};
  order.running = running;
  order.queue = queue;
  order.priority = priority;
  return order;
}

RightsBody body_of_rights(const proto::Rights& rights) {
  return {rights.submit,       rights.submit_names, rights.manage,           rights.own_tasks_only,
          rights.max_priority, rights.quotas.tasks, rights.quotas.task_bytes};
}

proto::Rights rights_of(const RightsBody& body) {
  proto::Rights rights;
  std::tie(rights.submit, rights.submit_names, rights.manage, rights.own_tasks_only, rights.max_priority,
           rights.quotas.tasks, rights.quotas.task_bytes) = body;
  return rights;
}

}  // namespace

std::string_view action_name(proto::TaskAction action) {
  switch (action) {
    case proto::TaskAction::cancel:
      return "cancel";
    case proto::TaskAction::retry:
      return "retry";
    case proto::TaskAction::drop:
      return "drop";
    case proto::TaskAction::move:
      return "move";
    case proto::TaskAction::reprioritise:
      break;
  }
  return "reprioritise";
}

std::string pack_change(const BulkChange& change) {
  return pack_record(RecordType::bulk_change, [&](DurableState::Packer& packer) {
    packer.pack(ChangeBody{body_of_order(change.order), change.client.value(), change.principal,
                           change.rights.has_value(), body_of_rights(change.rights.value_or(proto::Rights{})),
                           change.begun_at.count(), change.finished_at.count(), change.last.value(),
                           change.done.value(),
                           CountsBody{change.counts.changed, change.counts.requested, change.counts.skipped}});
  });
}

BulkChange unpack_change(std::string_view record) {
  const auto handle = forkmill::detail::unpack_bounded(record);
  const auto [kind, packed] = handle.get().as<std::tuple<unsigned, msgpack::object>>();
  const auto [order, client, principal, limited, rights, begun_at, finished_at, last, done, counts] =
      packed.as<ChangeBody>();
  BulkChange change;
  change.order = order_of(order);
  change.client = ClientHandle{client};
  change.principal = principal;
  if (limited) change.rights = rights_of(rights);
  change.begun_at = milliseconds{begun_at};
  change.finished_at = milliseconds{finished_at};
  change.last = proto::TaskSeq{last};
  change.done = proto::TaskSeq{done};
  std::tie(change.counts.changed, change.counts.requested, change.counts.skipped) = counts;
  change.matched = change.counts.all();
  return change;
}

PackedMap body_of(const BulkChange& change) {
  const proto::ChangeTasks& order = change.order;
  PackedMap filter;
  for (const auto& [key, value] : {std::pair{"id", &order.filter.id},
                                   {"queue", &order.filter.queue},
                                   {"name", &order.filter.name},
                                   {"state", &order.filter.state},
                                   {"text", &order.filter.text},
                                   {"arguments", &order.filter.arguments}})
    if (!value->empty()) filter.add(key, *value);
  if (order.filter.since.count() > 0) filter.add("since_ms", order.filter.since.count());
  if (order.filter.until.count() > 0) filter.add("until_ms", order.filter.until.count());
  PackedMap body;
  body.add("id", order.id.to_string())
      .add("action", action_name(order.action))
      .add("filter", filter)
      .add("dry_run", order.dry_run)
      .add("running", order.running)
      .add("queue", order.queue)
      .add("priority", order.priority)
      .add("principal", change.principal)
      .add("done", change.is_done())
      .add("begun_at_ms", change.begun_at.count())
      .add("finished_at_ms", change.finished_at.count())
      .add("matched", change.matched)
      .add("changed", change.counts.changed)
      .add("requested", change.counts.requested)
      .add("skipped", change.counts.skipped);
  if (order.dry_run) body.add("states", change.states);
  return body;
}

}  // namespace forkmill::broker
