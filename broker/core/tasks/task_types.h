// TaskTypes: small numbers for pairs of a task name and a signature. Matching compares numbers, not text. A pair keeps
// its number for as long as there are unfinished tasks of it; then another pair may get the number.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace forkmill::broker {

using TaskTypeId = std::uint32_t;

class TaskTypes {
 public:
  explicit TaskTypes(std::size_t most) : most_{most} {}

  // How the workers are asked whether one of them has the pair. Set before the first pair; not set: all pairs count as
  // served.
  using IsServed = std::function<bool(std::string_view name, std::uint64_t signature)>;
  void ask_with(IsServed is_served) { is_served_ = std::move(is_served); }
  // Call when the tasks of that name that workers have may have changed.
  void note_workers_changed(std::string_view name);
  // Whether a connected worker has the pair.
  bool is_served(TaskTypeId type) const { return types_[type].is_served; }
  // Rises when is_served() of a pair changes.
  std::uint64_t served_version() const { return served_version_; }

  // Counts an unfinished task of the pair, and returns the number of the pair. None: `most` pairs are in use.
  std::optional<TaskTypeId> acquire(std::string_view name, std::uint64_t signature);
  // The same for a pair that had this number in this generation. Returns false if it may have another one by now.
  bool acquire_again(TaskTypeId type, std::uint32_t generation) {
    if (types_[type].generation != generation) return false;
    ++types_[type].tasks;
    last_ = type;
    return true;
  }
  // Call when a task of the pair has finished.
  void release(TaskTypeId type);
  // None: the pair is not known.
  std::optional<TaskTypeId> find(std::string_view name, std::uint64_t signature) const;
  // The pair must be in use.
  TaskTypeId number(std::string_view name, std::uint64_t signature) const;

  const std::string& name(TaskTypeId type) const { return types_[type].name; }
  std::uint64_t signature(TaskTypeId type) const { return types_[type].signature; }
  // Changes when the number is given to another pair.
  std::uint32_t generation(TaskTypeId type) const { return types_[type].generation; }
  // How many pairs are known.
  std::size_t size() const { return types_.size(); }

  static constexpr std::size_t kMaxUnused = 1024;  // beyond, a new pair gets the number of an unused one

 private:
  struct Type {
    std::string name;
    std::uint64_t signature;
    std::uint32_t generation = 0;
    std::size_t tasks = 0;   // unfinished
    bool is_listed = false;  // in unused_
    bool is_served = true;
  };

  std::optional<TaskTypeId> free_number();
  void forget(TaskTypeId type);

  std::size_t most_;
  IsServed is_served_;
  std::uint64_t served_version_ = 1;
  std::vector<Type> types_;
  std::map<std::string, std::map<std::uint64_t, TaskTypeId>, std::less<>> by_name_;
  std::deque<TaskTypeId> unused_;  // the longest unused first; some may be in use again
  // The number that acquire() returned last: submitters send many tasks of one type in a row.
  TaskTypeId last_ = 0;
};

}  // namespace forkmill::broker
