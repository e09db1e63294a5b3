#include "client/cli/views/division.h"

#include "client/cli/text/answers.h"
#include "client/cli/text/human.h"
#include "client/cli/views/cluster.h"

namespace forkmill::cli {

namespace {

Json row_of(const Json& rows, const char* key, const Json& value) {
  for (const auto& row : rows)
    if (value_of(row, key) == value) return row;
  return Json::object();
}

// A text that may be empty, or missing.
Cell dashed(const Json& row, const char* key) {
  const auto text = text_of(row, key);
  return {value_of(row, key), text.empty() ? "-" : text};
}

// The broker that is to own the shard, if another one does.
Cell destination(const Json& row) {
  const auto chosen = text_of(row, "chosen");
  const bool moves = !chosen.empty() && chosen != text_of(row, "broker");
  return {moves ? Json(chosen) : Json(), moves ? chosen : "-"};
}

bool is_settled(const Json& row) { return text_of(row, "broker") == text_of(row, "chosen"); }

}  // namespace

Table shard_table(const Json& status, const Json& division) {
  Table table{{{.name = "shard", .right = true},
               {.name = "listen", .title = "owner"},
               {.name = "epoch", .right = true},
               {.name = "uptime_ms", .title = "since", .right = true},
               {.name = "ready", .right = true},
               {.name = "running", .right = true},
               {.name = "scheduled", .wide = true, .right = true},
               {.name = "store", .wide = true},
               {.name = "broker"},
               {.name = "moving_to"},
               {.name = "pinned", .title = "pinned_to", .wide = true}}};
  auto only = status;
  only["shard"] = 1;
  const auto several = value_of(status, "shards");
  for (const auto& row : several.is_array() ? several : Json::array({only})) {
    const auto tasks = value_of(row, "tasks");
    const auto place = row_of(value_of(division, "shards"), "shard", value_of(row, "shard"));
    const auto since = static_cast<double>(number_of(row, "uptime_ms")) / 1000;
    table.add({plain(row, "shard"), Cell{value_of(row, "listen"), joined_texts(value_of(row, "listen"))},
               plain(row, "epoch"), Cell{value_of(row, "uptime_ms"), since > 0 ? format_duration(since) : "0s"},
               plain(tasks, "ready"), plain(tasks, "running"), plain(tasks, "scheduled"), plain(row, "store"),
               dashed(place.empty() ? row : place, "broker"), destination(place), dashed(place, "pinned")});
  }
  return table;
}

Table division_table(const Json& division) {
  Table table{{{.name = "shard", .right = true},
               {.name = "broker"},
               {.name = "epoch", .right = true},
               {.name = "moving_to"},
               {.name = "pinned", .title = "pinned_to"},
               {.name = "address", .title = "endpoints", .wide = true}}};
  for (const auto& row : value_of(division, "shards")) {
    table.add({plain(row, "shard"), dashed(row, "broker"), plain(row, "epoch"), destination(row), dashed(row, "pinned"),
               dashed(row, "address")});
  }
  return table;
}

Table broker_table(const Json& division) {
  Table table{{{.name = "name"}, {.name = "state"}, {.name = "shards"}}};
  for (const auto& row : value_of(division, "brokers")) {
    auto owned = Json::array();
    for (const auto& shard : value_of(division, "shards"))
      if (text_of(shard, "broker") == text_of(row, "name")) owned.push_back(value_of(shard, "shard"));
    const std::string state = is_true(row, "draining") ? "draining" : "serving";
    table.add({plain(row, "name"), Cell{state}, Cell{owned, owned.empty() ? "-" : joined_texts(owned)}});
  }
  for (const auto& name : value_of(division, "dead"))
    table.add({Cell{name.is_string() ? name.get<std::string>() : name.dump()}, Cell{std::string{"dead"}},
               Cell{Json::array(), "-"}});
  return table;
}

OrderProgress progress_of_move(const Json& division, std::int64_t shard, const std::string& broker) {
  const auto row = row_of(value_of(division, "shards"), "shard", shard);
  if (broker.empty()) return {is_settled(row)};
  if (text_of(row, "pinned") != broker) return {false, "another operator has changed where the shard is to be"};
  const auto target = row_of(value_of(division, "brokers"), "name", broker);
  if (target.empty()) return {false, "broker " + broker + " is dead"};
  if (is_true(target, "draining")) return {false, "broker " + broker + " is draining"};
  return {text_of(row, "broker") == broker};
}

OrderProgress progress_of_drain(const Json& division, const std::string& broker) {
  const auto row = row_of(value_of(division, "brokers"), "name", broker);
  const auto still = row_of(value_of(division, "shards"), "broker", broker);
  if (!row.empty() && !is_true(row, "draining"))
    return {false, "broker " + broker + " does not drain any more: it was started again, or an operator has undone it"};
  return {still.empty()};
}

OrderProgress progress_of_undo(const Json& division) {
  for (const auto& row : value_of(division, "shards"))
    if (!is_settled(row)) return {};
  return {true};
}

}  // namespace forkmill::cli
