// --jobs: the maximum of jobs in flight, as GNU parallel writes it. Where that means the threads of the CPU, this means
// the processes of the workers. Pure.
//
//   8   eight     0   as many as possible     +2, -1   two more, one less than the processes     50%   half of them
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace forkmill::cli {

class JobCount {
 public:
  static constexpr std::size_t kDefault = 512;
  static constexpr std::size_t kMax = 100'000;

  // kDefault.
  JobCount() = default;
  // Returns nullopt if `text` is none of the above, or exceeds kMax.
  static std::optional<JobCount> parse(std::string_view text);

  // Whether it depends on the number of processes.
  bool is_relative() const { return kind_ != Kind::number; }
  bool is_default() const { return default_; }
  // From 1 to kMax. processes: those of all workers that can run the jobs.
  std::size_t resolve(std::size_t processes) const;

 private:
  enum class Kind { number, sum, percent };

  Kind kind_ = Kind::number;
  double value_ = kDefault;
  bool default_ = true;
};

}  // namespace forkmill::cli
