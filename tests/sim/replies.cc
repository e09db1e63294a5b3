#include "tests/sim/replies.h"

#include <msgpack.hpp>

#include "tests/sim/history.h"

namespace forkmill::sim {

using proto::QueryKind;

namespace {

using Map = std::map<std::string, msgpack::object>;

msgpack::object_handle unpacked(const proto::Reply& reply) {
  return msgpack::unpack(reply.body.view().data(), reply.body.size());
}

TaskId id_of(const std::string& text) {
  const auto id = TaskId::parse(text);
  if (!id) throw Violation{"model: '" + text + "' is no task's id"};
  return *id;
}

void check_task(Model& model, const proto::Query& query, const proto::Reply& reply) {
  if (reply.code != Errc::ok) return model.shown(id_of(query.argument), "");
  const auto handle = unpacked(reply);
  const auto map = handle->as<Map>();
  if (map.at("id").as<std::string>() != query.argument) throw Violation{"model: another task is shown than asked for"};
  model.shown(id_of(query.argument), map.at("state").as<std::string>());
}

void check_tasks(Model& model, const proto::Query& query, const proto::Reply& reply) {
  const auto handle = unpacked(reply);
  std::vector<Model::Row> rows;
  for (const auto& row : handle->as<Map>().at("tasks").as<std::vector<Map>>()) {
    rows.push_back({id_of(row.at("id").as<std::string>()), row.at("seq").as<std::uint64_t>(),
                    row.at("queue").as<std::string>(), row.at("name").as<std::string>(),
                    row.at("state").as<std::string>(), row.at("attempt").as<std::uint32_t>()});
  }
  model.listed(query.filter, rows);
}

void check_status(const Model& model, const proto::Reply& reply) {
  const auto handle = unpacked(reply);
  const auto tasks = handle->as<Map>().at("tasks").as<std::map<std::string, std::uint64_t>>();
  model.summed({tasks.at("scheduled") + tasks.at("ready") + tasks.at("running"), tasks.at("succeeded"),
                tasks.at("failed"), tasks.at("cancelled"), tasks.at("expired")});
}

}  // namespace

void check_task_reply(Model& model, const proto::Query& query, const proto::Reply& reply) {
  if (query.kind == QueryKind::task) check_task(model, query, reply);
}

void check_list_reply(Model& model, const proto::Query& query, const proto::Reply& reply) {
  if (reply.code != Errc::ok) return;
  if (query.kind == QueryKind::tasks) return check_tasks(model, query, reply);
  if (query.kind == QueryKind::status) check_status(model, reply);
}

proto::TaskSeq next_page(const proto::Reply& reply) {
  const auto handle = unpacked(reply);
  return proto::TaskSeq{handle->as<Map>().at("next").as<std::uint64_t>()};
}

}  // namespace forkmill::sim
