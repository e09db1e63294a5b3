// Weight: what a process has of the system, as /proc shows it. For tests that look for leaks.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <filesystem>
#include <fstream>
#include <ostream>
#include <string>

namespace forkmill::tests {

struct Weight {
  std::size_t descriptors = 0;
  std::size_t threads = 0;
  std::size_t resident_kib = 0;
};

inline std::ostream& operator<<(std::ostream& out, const Weight& weight) {
  return out << weight.descriptors << " descriptors, " << weight.threads << " threads, " << weight.resident_kib
             << " KiB";
}

// Zeros for a process that is gone.
inline Weight weigh(pid_t pid) {
  Weight weight;
  const auto home = std::filesystem::path{"/proc"} / std::to_string(pid);
  const auto count = [&](const char* name) {
    std::size_t found = 0;
    std::error_code gone;
    for (auto at = std::filesystem::directory_iterator{home / name, gone}; at != std::filesystem::directory_iterator{};
         at.increment(gone))
      ++found;
    return found;
  };
  weight.descriptors = count("fd");
  weight.threads = count("task");
  std::ifstream status{home / "status"};
  for (std::string line; std::getline(status, line);)
    if (line.starts_with("VmRSS:")) weight.resident_kib = std::stoul(line.substr(6));
  return weight;
}

}  // namespace forkmill::tests
