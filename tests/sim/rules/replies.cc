#include "tests/sim/rules/replies.h"

#include <msgpack.hpp>

namespace forkmill::sim {

using proto::QueryKind;

namespace {

using Map = std::map<std::string, msgpack::object>;

msgpack::object_handle unpacked(const proto::Reply& reply) {
  return msgpack::unpack(reply.body.view().data(), reply.body.size());
}

TaskId id_of(const std::string& text) {
  const auto id = TaskId::parse(text);
  if (!id) throw Violation{"model: '" + text + "' is not the id of a task"};
  return *id;
}

// The state of the task that the answer shows; empty: there is no such task.
std::string state_in(const proto::Query& query, const proto::Reply& reply) {
  if (reply.code != Errc::ok) return {};
  const auto handle = unpacked(reply);
  const auto map = handle->as<Map>();
  if (map.at("id").as<std::string>() != query.argument)
    throw Violation{"model: the answer shows another task than asked for"};
  return map.at("state").as<std::string>();
}

void check_tasks(const TaskViews& views, const proto::Query& query, const proto::Reply& reply) {
  const auto handle = unpacked(reply);
  std::vector<TaskViews::Row> rows;
  for (const auto& row : handle->as<Map>().at("tasks").as<std::vector<Map>>()) {
    rows.push_back({id_of(row.at("id").as<std::string>()), row.at("seq").as<std::uint64_t>(),
                    row.at("queue").as<std::string>(), row.at("name").as<std::string>(),
                    row.at("state").as<std::string>(), row.at("attempt").as<std::uint32_t>()});
  }
  views.listed(query.filter, rows);
}

void check_status(const TaskViews& views, const proto::Reply& reply) {
  const auto handle = unpacked(reply);
  const auto tasks = handle->as<Map>().at("tasks").as<std::map<std::string, std::uint64_t>>();
  views.summed({tasks.at("scheduled") + tasks.at("ready") + tasks.at("running"), tasks.at("succeeded"),
                tasks.at("failed"), tasks.at("cancelled"), tasks.at("expired")});
}

std::string state_in(const proto::Reply& reply) {
  const auto handle = unpacked(reply);
  return handle->as<Map>().at("state").as<std::string>();
}

}  // namespace

void check_safe_reply(History& history, const proto::Query& query, const proto::Reply& reply) {
  if (query.kind == QueryKind::task) return history.views().settled(id_of(query.argument), state_in(query, reply));
  if (query.kind != QueryKind::process || reply.code != Errc::ok) return;
  history.views().settled(id_of(query.argument), state_in(reply));
}

void check_safe_reply(History& history, const proto::Command& command, const proto::Reply& reply) {
  const auto* signal = std::get_if<proto::SendSignal>(&command.command);
  if (signal != nullptr && reply.code == Errc::ok) history.views().settled(id_of(signal->task), state_in(reply));
}

void check_fresh_reply(History& history, const proto::Query& query, const proto::Reply& reply) {
  if (query.kind == QueryKind::task) return history.views().shown(id_of(query.argument), state_in(query, reply));
  if (reply.code != Errc::ok) return;
  if (query.kind == QueryKind::tasks) return check_tasks(history.views(), query, reply);
  if (query.kind == QueryKind::status) return check_status(history.views(), reply);
  if (query.kind != QueryKind::process) return;
  const std::string state = state_in(reply);
  history.views().shown(id_of(query.argument), state == "waiting" ? "running" : state);
}

void check_fresh_reply(History& history, const proto::Command& command, const proto::Reply& reply, bool again) {
  const auto* signal = std::get_if<proto::SendSignal>(&command.command);
  if (signal == nullptr || reply.code != Errc::ok) return;
  history.requests().signal_answered({id_of(signal->task), signal->signal, state_in(reply)}, again);
}

std::set<TaskId> ids_listed(const proto::Reply& reply) {
  const auto handle = unpacked(reply);
  std::set<TaskId> ids;
  for (const auto& row : handle->as<Map>().at("tasks").as<std::vector<Map>>())
    ids.insert(id_of(row.at("id").as<std::string>()));
  return ids;
}

proto::TaskSeq next_page(const proto::Reply& reply) {
  const auto handle = unpacked(reply);
  return proto::TaskSeq{handle->as<Map>().at("next").as<std::uint64_t>()};
}

}  // namespace forkmill::sim
