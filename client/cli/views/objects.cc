#include "client/cli/views/objects.h"

#include "client/cli/text/answers.h"
#include "client/cli/text/fields.h"
#include "client/cli/text/human.h"
#include "client/cli/views/json.h"

namespace forkmill::cli {

namespace {

std::string peer_text(const Json& row) {
  const Json peer = value_of(row, "peer");
  const std::string host = text_of(peer, "host");
  if (host.empty()) return "(disconnected)";
  return text_of(peer, "client") + " on " + host + ", pid " + value_of(peer, "pid").dump();
}

// Holders or waiters.
Json peers_json(const Json& body, const char* key, std::initializer_list<const char*> keys) {
  auto rows = shaped_rows(body, key, keys);
  for (auto& row : rows) {
    row["peer"] = shaped(row["peer"], {"client", "host", "pid"});
  }
  return rows;
}

Json object_json(const Json& body) {
  auto json = Json::object();
  json["object"] =
      shaped(value_of(body, "object"), {"name", "kind", "durable", "size", "held", "waiting", "owner", "id"});
  json["holders"] = peers_json(body, "holders", {"peer", "who", "count", "token"});
  json["waiters"] = peers_json(body, "waiters", {"peer", "who", "verb", "waiting_ms"});
  return json;
}

}  // namespace

Table object_table(const Json& body) {
  Table table{{{.name = "name"},
               {.name = "kind"},
               {.name = "durable"},
               {.name = "size", .right = true},
               {.name = "held", .right = true},
               {.name = "waiting", .right = true},
               {.name = "owner", .wide = true},
               {.name = "id", .wide = true}}};
  for (const Json& row : value_of(body, "objects")) {
    const Json durable = value_of(row, "durable");
    table.add({plain(row, "name"), plain(row, "kind"), Cell{durable, durable == Json(true) ? "yes" : "no"},
               plain(row, "size"), plain(row, "held"), plain(row, "waiting"), plain(row, "owner"), plain(row, "id")});
  }
  return table;
}

std::string render_object_details(const Json& body, Format format) {
  if (!for_people(format)) return render_json(object_json(body), format);
  const Json object = value_of(body, "object");
  Fields fields;
  for (const char* key : {"name", "kind", "durable", "size"}) fields.add(key, plain(object, key));
  std::string text = fields.render(format);
  for (const Json& row : value_of(body, "holders")) {
    text += "holder   " + printable(peer_text(row)) + ", count " + value_of(row, "count").dump() + ", token " +
            value_of(row, "token").dump() + "\n";
  }
  for (const Json& row : value_of(body, "waiters")) {
    text += "waiter   " + printable(peer_text(row)) + ", " + text_of(row, "verb") + ", for " +
            format_duration(static_cast<double>(number_of(row, "waiting_ms")) / 1e3) + "\n";
  }
  return text;
}

}  // namespace forkmill::cli
