#include <forkmill/registered.h>

#include <algorithm>
#include <atomic>
#include <stdexcept>
#include <utility>

namespace forkmill::detail {

namespace {

std::vector<RegisteredFunction>& functions() {
  static std::vector<RegisteredFunction> all;
  return all;
}

std::vector<std::function<void()>>& endings() {
  static std::vector<std::function<void()>> all;
  return all;
}

std::atomic<void (*)(const TaskId&, std::string_view)> result_watcher{nullptr};
std::atomic<std::uint32_t> shard_of_task{0};

}  // namespace

void register_function(RegisteredFunction function) {
  const auto same = [&](const RegisteredFunction& one) { return one.name == function.name; };
  if (std::any_of(functions().begin(), functions().end(), same))
    throw std::invalid_argument{"the name " + function.name + " is registered already"};
  functions().push_back(std::move(function));
}

const std::vector<RegisteredFunction>& registered_functions() { return functions(); }

void at_result(void (*what)(const TaskId& task, std::string_view result)) { result_watcher = what; }

void note_result(const TaskId& task, std::string_view result) {
  if (const auto what = result_watcher.load()) what(task, result);
}

void set_task_shard(std::uint32_t shard) { shard_of_task = shard; }

std::uint32_t task_shard() { return shard_of_task; }

void at_process_end(std::function<void()> what) { endings().push_back(std::move(what)); }

void run_at_process_end() {
  for (const auto& what : endings()) what();
}

}  // namespace forkmill::detail
