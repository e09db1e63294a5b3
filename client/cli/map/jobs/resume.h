// --resume and --resume-failed: the jobs that an earlier run has done, identified by their commands. The input may have
// changed since: a job is skipped if the log has a job with the same command that no other job was skipped for.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "client/cli/map/jobs/job.h"
#include "client/cli/map/jobs/joblog.h"

namespace forkmill::cli {

enum class Resume {
  none,
  ended,      // --resume: skip all jobs that have ended
  succeeded,  // --resume-failed: skip the jobs that have succeeded
};

class Finished {
 public:
  // Reads the job log `path`; a missing file counts as empty. A last line without a newline is ignored, so that its job
  // runs again. Throws UsageError, with the line, if the file is not a job log. Takes about 100 bytes of memory per
  // line.
  static Finished read(const std::string& path, Resume rule);

  explicit Finished(Resume rule) : rule_{rule} {}

  // Adds a line of the log. A later line of the same job replaces an earlier one.
  void add(const JobLogEntry& entry);

  // Removes a finished job with this command. Returns false if there is none, so that a job with this command must run.
  bool pop(std::string_view command);
  // Removes a finished job with this number, for commands that differ in each run.
  bool pop(std::uint64_t seq);

  // The number of finished jobs of the log.
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
  std::unordered_map<Digest, bool, Hash> jobs_;               // command and seq → whether the job counts as finished
  std::unordered_map<Digest, std::uint32_t, Hash> commands_;  // command → finished jobs that pop() has not removed
  std::unordered_map<std::uint64_t, bool> numbers_;           // seq → whether the job counts as finished
  std::uint64_t total_ = 0;
};

// The jobs of a log that have failed in their last run, with their numbers and, as their argument, their commands
// (--retry-failed). Throws UsageError as Finished::read() does, and if there is no such file.
std::vector<Job> failed_jobs(const std::string& path);

}  // namespace forkmill::cli
