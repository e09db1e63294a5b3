#include "worker/confinement/control_groups.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string_view>
#include <system_error>

#include "proto/os/descriptor.h"
#include "worker/confinement/cannot_confine.h"

namespace forkmill::worker {

namespace {

constexpr const char* kGroupPrefix = "forkmill-";
constexpr std::string_view kOwnGroup = "/forkmill-worker";  // for the worker itself
constexpr std::string_view kAuto = "auto";                  // the group that this process was started in
constexpr std::uint64_t kPeriodUs = 100'000;                // in each, a group may use its processor time
constexpr std::uint64_t kPercent = 100;

std::string text_of_file(const std::string& path) {
  std::ifstream file{path};
  return {std::istreambuf_iterator<char>{file}, {}};
}

[[noreturn]] void fail_for(const std::string& group, const std::string& why) {
  throw CannotConfine{"--cgroup " + group + ": " + why};
}

[[noreturn]] void fail_by_errno(const std::string& group, const std::string& what) {
  fail_for(group, what + ": " + std::generic_category().message(errno) +
                      "; let the worker make groups there (systemd: Delegate=yes)");
}

// Returns where the groups of version 2 are. Empty: nowhere.
std::string mount_of_groups(const std::string& mounts) {
  std::istringstream lines{mounts};  // id, parent, device, root, mount point, …, "-", type, …
  for (std::string line; std::getline(lines, line);) {
    if (line.find(" - cgroup2 ") == std::string::npos) continue;
    std::istringstream words{line};
    std::string word;
    for (int i = 0; i < 5; ++i) words >> word;
    return word;
  }
  return {};
}

// The worker that has made a group of this name. 0: none.
pid_t maker_of(const std::string& name) {
  pid_t pid = 0;
  if (!name.starts_with(kGroupPrefix)) return 0;
  const char* const begin = name.data() + std::string_view{kGroupPrefix}.size();
  std::from_chars(begin, name.data() + name.size(), pid);
  return pid;
}

}  // namespace

std::vector<GroupFile> files_of(const GroupLimits& limits) {
  std::vector<GroupFile> files;
  if (limits.memory != 0) files.push_back({"memory.max", std::to_string(limits.memory), "memory"});
  if (limits.processes != 0) files.push_back({"pids.max", std::to_string(limits.processes), "pids"});
  if (limits.cpu_percent != 0) {
    const auto time = std::to_string(kPeriodUs * limits.cpu_percent / kPercent);
    files.push_back({"cpu.max", time + " " + std::to_string(kPeriodUs), "cpu"});
  }
  return files;
}

std::string group_folder_of(const std::string& mounts, const std::string& groups) {
  constexpr std::string_view kOwn = "0::";
  const auto mount = mount_of_groups(mounts);
  std::istringstream lines{groups};
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with(kOwn) || mount.empty()) continue;
    if (line.ends_with(kOwnGroup)) line.resize(line.size() - kOwnGroup.size());
    return mount + (line == "0::/" ? "" : line.substr(kOwn.size()));
  }
  return {};
}

// ---- GroupFolders ---------------------------------------------------------------------------------------------------

bool GroupFolders::make(const std::string& group) {
  return ::mkdir(group.c_str(), S_IRWXU | S_IRGRP | S_IXGRP | S_IROTH | S_IXOTH) == 0;
}

bool GroupFolders::write(const std::string& group, const std::string& file, const std::string& value) {
  const proto::Descriptor opened{::open((group + "/" + file).c_str(), O_WRONLY | O_CLOEXEC)};
  return opened && ::write(opened.get(), value.data(), value.size()) == static_cast<ssize_t>(value.size());
}

bool GroupFolders::remove(const std::string& group) { return ::rmdir(group.c_str()) == 0; }

std::string GroupFolders::own() {
  return group_folder_of(text_of_file("/proc/self/mountinfo"), text_of_file("/proc/self/cgroup"));
}

GroupFolders& GroupFolders::of_system() {
  static GroupFolders system;
  return system;
}

// ---- ControlGroups --------------------------------------------------------------------------------------------------

ControlGroups::ControlGroups(const std::string& place, const GroupLimits& limits, GroupFolders& folders)
    : folders_{folders}, place_{place == kAuto ? folders.own() : place}, limits_{files_of(limits)} {
  if (place_.empty()) throw CannotConfine{"--cgroup auto: this machine has no control groups of version 2"};
  if (::access((place_ + "/cgroup.procs").c_str(), F_OK) != 0)
    fail_for(place_, "this is not the folder of a control group of version 2");
  if (place == kAuto) leave_place();
  enable_controllers();
  end_leftovers();
  try {
    remove(add("check"));
  } catch (const std::system_error& error) {
    fail_for(place_, std::string{error.what()} + "; let the worker make groups there (systemd: Delegate=yes)");
  }
}

ControlGroups::~ControlGroups() { sweep(); }

void ControlGroups::leave_place() {
  const auto own = place_ + std::string{kOwnGroup};
  if (!folders_.make(own) && errno != EEXIST) fail_by_errno(place_, "cannot make a group");
  if (!folders_.write(own, "cgroup.procs", "0")) fail_by_errno(place_, "cannot enter a group");
}

void ControlGroups::enable_controllers() {
  std::istringstream available{text_of_file(place_ + "/cgroup.controllers")};
  const std::vector<std::string> all{std::istream_iterator<std::string>{available}, {}};
  for (const auto& [file, text, name] : limits_) {
    if (std::find(all.begin(), all.end(), name) == all.end())
      fail_for(place_, "there is no controller '" + name + "' for its limit (systemd: Delegate=" + name + ")");
    if (!folders_.write(place_, "cgroup.subtree_control", "+" + name))
      fail_by_errno(place_, "cannot use the controller '" + name + "'");
  }
}

void ControlGroups::end_leftovers() {
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator{place_, error}) {
    const pid_t maker = maker_of(entry.path().filename());
    if (maker == 0 || maker == ::getpid() || ::kill(maker, 0) == 0 || errno != ESRCH) continue;
    folders_.write(entry.path(), "cgroup.kill", "1");
    folders_.remove(entry.path());
  }
}

std::string ControlGroups::add(const std::string& name) {
  sweep();
  auto group = place_ + "/" + kGroupPrefix + std::to_string(::getpid()) + "-" + name;
  if (!folders_.make(group) && errno != EEXIST)
    throw std::system_error{errno, std::generic_category(), "the control group " + group};
  for (const auto& [file, text, controller] : limits_)
    if (!folders_.write(group, file, text)) throw std::system_error{errno, std::generic_category(), group + "/" + file};
  return group;
}

void ControlGroups::remove(const std::string& group) {
  folders_.write(group, "cgroup.kill", "1");  // before Linux 5.14, what has left the child's session stays
  dead_.push_back(group);
  sweep();
}

void ControlGroups::sweep() {
  std::erase_if(dead_, [this](const std::string& group) { return folders_.remove(group) || errno == ENOENT; });
}

void enter_group(const std::string& group) {
  if (!GroupFolders::of_system().write(group, "cgroup.procs", "0"))
    throw std::system_error{errno, std::generic_category(), "enter " + group};
}

}  // namespace forkmill::worker
