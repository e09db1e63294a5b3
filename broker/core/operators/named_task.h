// named_task: the task that a query or a command is about.
#pragma once

#include <optional>
#include <string_view>
#include <variant>

#include "proto/wire/messages.h"

namespace forkmill::broker {

// The id, or the beginning of one. None: the query or command names no task.
inline std::optional<std::string_view> named_task(const proto::Query& query) {
  using proto::QueryKind;
  const bool names_one = query.kind == QueryKind::task || query.kind == QueryKind::process ||
                         query.kind == QueryKind::why_task || query.kind == QueryKind::logs;
  return names_one ? std::optional<std::string_view>{query.argument} : std::nullopt;
}
inline std::optional<std::string_view> named_task(const proto::Command& command) {
  return std::visit(
      [](const auto& one) -> std::optional<std::string_view> {
        if constexpr (requires { one.task; })
          return one.task;
        else
          return std::nullopt;
      },
      command.command);
}
inline std::optional<std::string_view> task_named_in(const proto::Message& message) {
  if (const auto* query = std::get_if<proto::Query>(&message)) return named_task(*query);
  if (const auto* command = std::get_if<proto::Command>(&message)) return named_task(*command);
  return std::nullopt;
}

}  // namespace forkmill::broker
