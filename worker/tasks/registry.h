// Registry: the handler of each task. Filled before the pool forks, then only read: a handler's index is the same in
// every process of the pool.
#pragma once

#include <forkmill/worker.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace forkmill::worker {

struct Registration {
  std::string name;
  std::string signature;
  std::uint64_t hash = 0;
  std::unique_ptr<detail::Handler> handler;
};

class Registry {
 public:
  // Throws std::invalid_argument if the name is not allowed or has a handler already, if the signature is too long, or
  // if there are limits::kMaxRegisteredTasks already.
  void add(Registration registration);

  // Returns the handler's index; empty: the task has none.
  std::optional<std::uint32_t> find(const std::string& name) const;
  const Registration& at(std::uint32_t index) const { return tasks_.at(index); }
  const std::vector<Registration>& all() const { return tasks_; }
  bool empty() const { return tasks_.empty(); }

 private:
  std::vector<Registration> tasks_;
  std::unordered_map<std::string, std::uint32_t> by_name_;
};

}  // namespace forkmill::worker
