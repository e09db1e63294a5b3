#include "client/cli/map/jobs/resume.h"

#include <xxhash.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <map>
#include <utility>

#include "client/cli/errors/command_error.h"

namespace forkmill::cli {

namespace {

[[noreturn]] void refuse_log(const std::string& path) {
  throw UsageError{"--joblog: cannot read " + path + ": " + std::strerror(errno)};
}

// Calls `add` with each complete line of a log.
template <class Add>
void for_each_entry(const std::string& path, std::ifstream& file, const Add& add) {
  std::string line;
  for (std::uint64_t number = 1; std::getline(file, line); ++number) {
    if (file.eof()) break;  // the line is incomplete, because it has no newline
    if (number == 1 && line + "\n" == kJobLogHeader) continue;
    const auto entry = JobLogEntry::parse(line);
    if (!entry) {
      throw UsageError{path + ":" + std::to_string(number) + ": not a line of a job log",
                       "give the file that --joblog wrote, or a new one to start from the beginning"};
    }
    add(*entry);
  }
}

}  // namespace

// With 128 bits, a collision among a billion commands is less likely than a memory error.
Finished::Digest Finished::digest(std::string_view text, std::uint64_t seed) {
  const auto hash = XXH3_128bits_withSeed(text.data(), text.size(), seed);
  return {hash.high64, hash.low64};
}

void Finished::add(const JobLogEntry& entry) {
  const bool counts = rule_ == Resume::ended || entry.ok();
  bool& before = jobs_[digest(entry.command, entry.seq)];
  if (before == counts) return;
  before = counts;
  numbers_[entry.seq] = counts;
  auto& jobs = commands_[digest(entry.command, 0)];
  jobs += counts ? 1U : -1U;
  total_ += counts ? 1ULL : -1ULL;
}

bool Finished::pop(std::string_view command) {
  const auto found = commands_.find(digest(command, 0));
  if (found == commands_.end() || found->second == 0) return false;
  --found->second;
  return true;
}

bool Finished::pop(std::uint64_t seq) {
  const auto found = numbers_.find(seq);
  return found != numbers_.end() && std::exchange(found->second, false);
}

Finished Finished::read(const std::string& path, Resume rule) {
  Finished finished{rule};
  std::ifstream file{path, std::ios::binary};
  if (!file && errno == ENOENT) return finished;
  if (!file) refuse_log(path);
  for_each_entry(path, file, [&](const JobLogEntry& entry) { finished.add(entry); });
  return finished;
}

std::vector<Job> failed_jobs(const std::string& path) {
  std::ifstream file{path, std::ios::binary};
  if (!file) refuse_log(path);
  std::map<std::pair<std::uint64_t, std::string>, bool> jobs;  // seq and command → whether the job has succeeded
  for_each_entry(path, file, [&](const JobLogEntry& entry) { jobs[{entry.seq, entry.command}] = entry.ok(); });
  std::vector<Job> failed;
  for (const auto& [job, ok] : jobs) {
    if (!ok) failed.push_back({.seq = job.first, .args = {job.second}});
  }
  return failed;
}

}  // namespace forkmill::cli
