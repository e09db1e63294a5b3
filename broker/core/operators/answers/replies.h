// Replies to queries and commands. The body of a reply is a msgpack map, laid out in PROTOCOL.md under QUERY and
// COMMAND.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "broker/core/operators/answers/packed_map.h"
#include "broker/core/state/task_visibility.h"
#include "proto/limits.h"
#include "proto/result.h"
#include "proto/text.h"
#include "proto/wire/messages.h"

namespace forkmill::broker {

using ReplyBody = proto::Result<PackedMap>;

// Replies to the query or command with this id.
inline proto::Reply reply_to(std::uint64_t id, const ReplyBody& body) {
  if (body.ok()) return {id, Errc::ok, {}, proto::Payload::own(body.value().bytes())};
  // The text may repeat what was asked, which may be as long as any text.
  return {
      id, body.failure().code, std::string{proto::first_bytes(body.failure().text, proto::limits::kMaxErrorText)}, {}};
}

// For commands and queries about the process of a task.
inline proto::Failure no_process(const Client& client, const Task& task) {
  return {Errc::bad_request, "task " + id_for(client, task).to_string() + " has no process of its own"};
}

// For a text that names none of the tasks that the client may see.
inline proto::Failure task_unknown(const Client& client, std::string_view text) {
  return {Errc::task_unknown, why_unknown(client, text)};
}

}  // namespace forkmill::broker
