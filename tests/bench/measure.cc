#include "tests/bench/measure.h"

#include <dirent.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <map>
#include <memory>
#include <optional>
#include <sstream>

namespace forkmill::bench {

namespace {

struct Stat {
  pid_t parent = 0;
  double cpu_seconds = 0;
};

// /proc/PID/stat: the name (field 2, in brackets) may hold anything, so fields are counted from the last bracket.
std::optional<Stat> stat_of(pid_t pid) {
  std::ifstream file{"/proc/" + std::to_string(pid) + "/stat"};
  std::string line;
  if (!std::getline(file, line)) return std::nullopt;
  std::istringstream fields{line.substr(std::min(line.rfind(')') + 1, line.size()))};
  std::vector<std::string> field{"", "", ""};  // field[n] is the n-th field of proc(5)
  for (std::string word; fields >> word && field.size() < 20;) field.push_back(word);
  if (field.size() < 18) return std::nullopt;
  double ticks = 0;
  for (std::size_t i : {14, 15, 16, 17}) ticks += std::strtod(field[i].c_str(), nullptr);
  return Stat{static_cast<pid_t>(std::strtol(field[4].c_str(), nullptr, 10)),
              ticks / static_cast<double>(sysconf(_SC_CLK_TCK))};
}

std::map<pid_t, Stat> all_processes() {
  std::map<pid_t, Stat> found;
  std::unique_ptr<DIR, int (*)(DIR*)> directory{opendir("/proc"), &closedir};
  if (!directory) return found;
  while (const dirent* entry = readdir(directory.get())) {
    const auto pid = static_cast<pid_t>(std::strtol(entry->d_name, nullptr, 10));
    if (pid <= 0) continue;
    if (auto stat = stat_of(pid)) found.emplace(pid, *stat);
  }
  return found;
}

std::vector<pid_t> tree_in(const std::map<pid_t, Stat>& all, pid_t root) {
  std::vector<pid_t> tree{root};
  for (std::size_t i = 0; i < tree.size(); ++i) {
    for (const auto& [pid, stat] : all) {
      if (stat.parent == tree[i]) tree.push_back(pid);
    }
  }
  return tree;
}

}  // namespace

void report(std::string_view key, double value) {
  std::printf("%.*s\t%.6g\n", static_cast<int>(key.size()), key.data(), value);
  std::fflush(stdout);
}

Quantiles quantiles(std::vector<double> samples) {
  std::sort(samples.begin(), samples.end());
  const auto at = [&](double q) {
    const auto rank = static_cast<std::size_t>(q * static_cast<double>(samples.size()));
    return samples[std::min(rank, samples.size() - 1)];
  };
  return {at(0.5), at(0.99), samples.back()};
}

std::vector<pid_t> process_tree(pid_t root) { return tree_in(all_processes(), root); }

double cpu_seconds_of_tree(pid_t root) {
  const auto all = all_processes();
  double sum = 0;
  for (pid_t pid : tree_in(all, root)) {
    if (auto found = all.find(pid); found != all.end()) sum += found->second.cpu_seconds;
  }
  return sum;
}

Memory memory_of(pid_t pid) {
  std::ifstream file{"/proc/" + std::to_string(pid) + "/status"};
  Memory memory;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("VmRSS:")) memory.rss_kib = std::strtoul(line.c_str() + 6, nullptr, 10);
    if (line.starts_with("VmHWM:")) memory.peak_kib = std::strtoul(line.c_str() + 6, nullptr, 10);
  }
  return memory;
}

Meter::Meter(Seconds warm_up, Seconds duration)
    : begin_{Clock::now() + std::chrono::duration_cast<Clock::duration>(warm_up)},
      end_{begin_ + std::chrono::duration_cast<Clock::duration>(duration)} {}

void Meter::look() {
  next_look_ = total_ + 64;
  const auto now = Clock::now();
  if (!measuring_ && now >= begin_) {
    measuring_ = true;
    total_before_ = total_;
    cpu_before_ = cpu_seconds_of_tree(getpid());
    measured_from_ = Clock::now();
    end_ += measured_from_ - begin_;
  } else if (measuring_ && !done_ && now >= end_) {
    const auto tasks = static_cast<double>(total_ - total_before_);
    tasks_per_second_ = tasks / Seconds{now - measured_from_}.count();
    cpu_us_per_task_ = (cpu_seconds_of_tree(getpid()) - cpu_before_) * 1e6 / tasks;
    done_ = true;
  }
}

void Meter::report_as(std::string_view prefix) const {
  report(std::string{prefix} + ".tasks_per_s", tasks_per_second_);
  report(std::string{prefix} + ".cpu_us_per_task", cpu_us_per_task_);
}

}  // namespace forkmill::bench
