// --resume and --resume-failed: which jobs of the input an earlier run has done, told by their command text. The input
// may have grown, shrunk or changed its order since: a job is skipped when its very command stands in the log, as often
// as it stands there for different jobs.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>

#include "client/cli/map/joblog.h"

namespace forkmill::cli {

enum class Resume {
  none,
  ended,      // --resume: whatever has ended before is not run again, however it ended
  succeeded,  // --resume-failed: only what has succeeded is not run again
};

class Finished {
 public:
  // What `path` tells. A last line without a newline is ignored: its job is run again. A file that is not there is an
  // empty one. Throws UsageError, naming the line, when it is not a job log. Memory: some 100 bytes a line.
  static Finished read(const std::string& path, Resume rule);

  explicit Finished(Resume rule) : rule_{rule} {}

  // One line of the log, in its order: a later line of the same job replaces the earlier one.
  void add(const JobLogEntry& entry);

  // Whether the next job with this command is to be skipped. Each logged job answers true once.
  bool take(std::string_view command);

  std::uint64_t size() const { return total_; }

 private:
  struct Digest {
    std::uint64_t high = 0;
    std::uint64_t low = 0;
    friend bool operator==(const Digest&, const Digest&) = default;
  };
  struct Hash {
    std::size_t operator()(const Digest& digest) const { return digest.low; }
  };
  static Digest digest(std::string_view text, std::uint64_t seed);

  Resume rule_;
  std::unordered_map<Digest, bool, Hash> jobs_;               // command and seq → counts as finished
  std::unordered_map<Digest, std::uint32_t, Hash> commands_;  // command → finished jobs not yet taken
  std::uint64_t total_ = 0;
};

}  // namespace forkmill::cli
