// Registry: the tasks that the connected workers have, and their signatures.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "broker/core/state/worker.h"
#include "broker/core/tasks/task_types.h"

namespace forkmill::broker {

class Registry {
 public:
  void add(const proto::WorkerInfo& info);
  void remove(const proto::WorkerInfo& info);

  enum class Answer { served, other_signature, nobody };
  Answer ask(std::string_view name, std::uint64_t signature) const;
  // Rises when a worker comes or goes: an answer holds for its version.
  std::uint64_t version() const { return version_; }

 private:
  using Workers = std::map<std::uint64_t, std::size_t>;  // how many have the task, by signature
  std::map<std::string, Workers, std::less<>> by_name_;
  std::uint64_t version_ = 1;
};

}  // namespace forkmill::broker
