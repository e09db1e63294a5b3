// Logs: what each attempt has printed, and whether what the broker shows of it is that. Rule 20 of history.h.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "proto/wire/messages.h"

namespace forkmill::sim {

class Logs {
 public:
  void printed(const TaskId& task, const proto::Grant& grant, std::string_view text);
  // The broker shows `text` at that position of the attempt's log. Throws Violation.
  void shown(const TaskId& task, const proto::Grant& grant, std::uint64_t position, std::string_view text) const;
  // The broker says that the log has had that number of bytes. Throws Violation.
  void ends_at(const TaskId& task, const proto::Grant& grant, std::uint64_t bytes) const;

 private:
  const std::string& of(const TaskId& task, const proto::Grant& grant) const;

  std::map<std::pair<TaskId, proto::Grant>, std::string> texts_;
};

}  // namespace forkmill::sim
