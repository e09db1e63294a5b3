#include "tests/bench/measure/measure.h"

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
  double own_seconds = 0;       // CPU time
  double children_seconds = 0;  // CPU time of children that were waited for
};

// A stat file of /proc: the name (field 2, in brackets) may hold anything, so fields are counted from the last bracket.
std::optional<Stat> stat_in(const std::string& path) {
  std::ifstream file{path};
  std::string line;
  if (!std::getline(file, line)) return std::nullopt;
  std::istringstream fields{line.substr(std::min(line.rfind(')') + 1, line.size()))};
  std::vector<std::string> field{"", "", ""};  // field[n] is the n-th field of proc(5)
  for (std::string word; fields >> word && field.size() < 20;) field.push_back(word);
  if (field.size() < 18) return std::nullopt;
  const auto seconds = [&](std::size_t i) {
    return std::strtod(field[i].c_str(), nullptr) / static_cast<double>(sysconf(_SC_CLK_TCK));
  };
  const double own = seconds(14) + seconds(15);
  return Stat{static_cast<pid_t>(std::strtol(field[4].c_str(), nullptr, 10)), own, seconds(16) + seconds(17)};
}

std::map<pid_t, Stat> all_processes() {
  std::map<pid_t, Stat> found;
  std::unique_ptr<DIR, int (*)(DIR*)> directory{opendir("/proc"), &closedir};
  if (!directory) return found;
  while (const dirent* entry = readdir(directory.get())) {
    const auto pid = static_cast<pid_t>(std::strtol(entry->d_name, nullptr, 10));
    if (pid <= 0) continue;
    if (auto stat = stat_in("/proc/" + std::string{entry->d_name} + "/stat")) found.emplace(pid, *stat);
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

std::string thread_name(const std::string& tasks, pid_t thread) {
  std::ifstream file{tasks + "/" + std::to_string(thread) + "/comm"};
  std::string name;
  std::getline(file, name);
  return name;
}

// schedstat begins with the time on a CPU in nanoseconds.
double thread_seconds(const std::string& tasks, pid_t thread) {
  std::ifstream file{tasks + "/" + std::to_string(thread) + "/schedstat"};
  double nanoseconds = 0;
  if (file >> nanoseconds && nanoseconds > 0) return nanoseconds / 1e9;
  const auto stat = stat_in(tasks + "/" + std::to_string(thread) + "/stat");
  return stat ? stat->own_seconds : 0;
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
    const auto found = all.find(pid);
    if (found == all.end()) continue;
    // Threads are counted more precisely, but only those that live.
    sum += std::max(found->second.own_seconds, cpu_seconds_of({pid})) + found->second.children_seconds;
  }
  return sum;
}

std::vector<ThreadTime> threads_of(pid_t pid) {
  const std::string tasks = "/proc/" + std::to_string(pid) + "/task";
  std::unique_ptr<DIR, int (*)(DIR*)> directory{opendir(tasks.c_str()), &closedir};
  std::vector<ThreadTime> threads;
  while (const dirent* entry = directory ? readdir(directory.get()) : nullptr) {
    const auto thread = static_cast<pid_t>(std::strtol(entry->d_name, nullptr, 10));
    if (thread > 0) threads.push_back({thread, thread_name(tasks, thread), thread_seconds(tasks, thread)});
  }
  return threads;
}

double cpu_seconds_of(const std::vector<pid_t>& pids) {
  double sum = 0;
  for (const pid_t pid : pids) {
    for (const auto& thread : threads_of(pid)) sum += thread.seconds;
  }
  return sum;
}

CpuParts parts_of(pid_t server, std::vector<pid_t> workers) {
  return [server, workers = std::move(workers)] {
    std::vector<pid_t> others{server};
    others.insert(others.end(), workers.begin(), workers.end());
    std::vector<pid_t> clients;
    for (const pid_t pid : process_tree(getpid())) {
      if (std::ranges::find(others, pid) == others.end()) clients.push_back(pid);
    }
    return std::vector<std::pair<std::string, double>>{{"client", cpu_seconds_of(clients)},
                                                       {"server", cpu_seconds_of({server})},
                                                       {"workers", cpu_seconds_of(workers)}};
  };
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

Meter::Meter(Seconds warm_up, Seconds duration, CpuParts parts)
    : begin_{Clock::now() + std::chrono::duration_cast<Clock::duration>(warm_up)},
      end_{begin_ + std::chrono::duration_cast<Clock::duration>(duration)},
      parts_{std::move(parts)} {}

void Meter::look() {
  next_look_ = total_ + 64;
  const auto now = Clock::now();
  if (!measuring_ && now >= begin_) {
    measuring_ = true;
    total_before_ = total_;
    cpu_before_ = cpu_seconds_of_tree(getpid());
    if (parts_) part_seconds_ = parts_();
    measured_from_ = Clock::now();
    end_ += measured_from_ - begin_;
  } else if (measuring_ && !done_ && now >= end_) {
    const auto tasks = static_cast<double>(total_ - total_before_);
    tasks_per_second_ = tasks / Seconds{now - measured_from_}.count();
    cpu_us_per_task_ = (cpu_seconds_of_tree(getpid()) - cpu_before_) * 1e6 / tasks;
    measured_tasks_ = tasks;
    if (parts_) {
      auto after = parts_();
      for (std::size_t i = 0; i < after.size(); ++i)
        part_seconds_[i].second = after[i].second - part_seconds_[i].second;
    }
    done_ = true;
  }
}

void Meter::report_as(std::string_view prefix) const {
  report(std::string{prefix} + ".tasks_per_s", tasks_per_second_);
  report(std::string{prefix} + ".cpu_us_per_task", cpu_us_per_task_);
  for (const auto& [part, seconds] : part_seconds_)
    report(std::string{prefix} + ".cpu_us." + part, seconds * 1e6 / measured_tasks_);
}

}  // namespace forkmill::bench
