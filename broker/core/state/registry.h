// Registry: the tasks that the connected workers have, and their signatures.
#pragma once

#include <cstdint>
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
  // Returns the signatures of the task, such as "f64(f64), i32(i32)"; not all of them if they are very long.
  std::string signatures(std::string_view name) const;

 private:
  struct Entry {
    std::string text;
    std::size_t workers = 0;
  };
  std::map<std::string, std::map<std::uint64_t, Entry>, std::less<>> by_name_;
  std::uint64_t version_ = 1;
};

}  // namespace forkmill::broker
