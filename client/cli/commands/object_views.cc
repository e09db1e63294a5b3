#include "client/cli/commands/object_views.h"

#include "client/cli/text/answers.h"
#include "client/cli/text/fields.h"
#include "client/cli/text/human.h"

namespace forkmill::cli {

namespace {

using Json = nlohmann::ordered_json;

std::string peer_text(const Json& row) {
  const Json peer = value_of(row, "peer");
  const std::string host = peer.value("host", "");
  if (host.empty()) return "(disconnected)";
  return peer.value("client", "") + " on " + host + ", pid " + value_of(peer, "pid").dump();
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
  if (format == Format::json) return body.dump(2) + "\n";
  if (format == Format::jsonl) return body.dump() + "\n";
  const Json object = value_of(body, "object");
  Fields fields;
  for (const char* key : {"name", "kind", "durable", "size"}) fields.add(key, plain(object, key));
  std::string text = fields.render(format);
  for (const Json& row : value_of(body, "holders")) {
    text += "holder   " + printable(peer_text(row)) + ", count " + value_of(row, "count").dump() + ", token " +
            value_of(row, "token").dump() + "\n";
  }
  for (const Json& row : value_of(body, "waiters")) {
    text += "waiter   " + printable(peer_text(row)) + ", " + row.value("verb", "") + ", for " +
            format_duration(static_cast<double>(row.value("waiting_ms", std::int64_t{0})) / 1e3) + "\n";
  }
  return text;
}

}  // namespace forkmill::cli
