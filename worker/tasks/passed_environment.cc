#include "worker/tasks/passed_environment.h"

#include <algorithm>
#include <array>
#include <string_view>

extern char** environ;

namespace forkmill::worker {

namespace {

constexpr std::string_view kOwnPrefix = "FORKMILL_";
// Names of the worker and its processes: a program that has them would be taken for one of these.
constexpr std::array<std::string_view, 4> kOfProcesses{"FORKMILL_CHILD_OF", "FORKMILL_PROCESS", "FORKMILL_PARENT",
                                                       "FORKMILL_DAEMON"};

bool matches(std::string_view name, std::string_view pattern) {
  if (!pattern.ends_with('*')) return name == pattern;
  pattern.remove_suffix(1);
  return name.starts_with(pattern) && !name.starts_with(kOwnPrefix);
}

bool is_passed(std::string_view name, const std::vector<std::string>& passed) {
  if (name == "FORKMILL_BROKER") return true;
  if (std::ranges::find(kOfProcesses, name) != kOfProcesses.end()) return false;
  return std::ranges::any_of(passed, [&](const std::string& pattern) { return matches(name, pattern); });
}

}  // namespace

std::vector<std::string> standard_variables() {
  return {"PATH", "HOME", "USER", "LOGNAME", "SHELL", "LANG", "LANGUAGE", "LC_*", "TZ", "TERM", "TMPDIR"};
}

std::vector<std::string> passed_environment(const std::vector<std::string>& passed,
                                            const std::map<std::string, std::string>& replaced) {
  std::vector<std::string> list;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text{*entry};
    const auto name = text.substr(0, text.find('='));
    if (is_passed(name, passed) && (replaced.empty() || !replaced.contains(std::string{name}))) list.emplace_back(text);
  }
  return list;
}

}  // namespace forkmill::worker
