// Registry: which task is run by which handler. Filled before the pool forks, then only read; a handler's index is the
// same in every process of the pool.
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
  // Throws std::invalid_argument for a name that is not allowed or taken, and beyond limits::kMaxRegisteredTasks.
  void add(Registration registration);

  std::optional<std::uint32_t> find(const std::string& name) const;
  const Registration& at(std::uint32_t index) const { return tasks_.at(index); }
  const std::vector<Registration>& all() const { return tasks_; }
  bool empty() const { return tasks_.empty(); }

 private:
  std::vector<Registration> tasks_;
  std::unordered_map<std::string, std::uint32_t> by_name_;
};

}  // namespace forkmill::worker
