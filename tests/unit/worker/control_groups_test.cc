// Control groups under a kernel that keeps the rules of version 2 in a folder: which files are written, and in which
// order. Machines with these controllers are rare among those of tests.
#include "worker/confinement/control_groups.h"

#include <doctest/doctest.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "tests/folder.h"
#include "worker/confinement/cannot_confine.h"

namespace control_groups_test {

using namespace forkmill;
using namespace forkmill::worker;
using Strings = std::vector<std::string>;

namespace {

// Kernel: a tree of groups in a folder. A group has files for the controllers that its parent gives it; one with
// processes gives no controllers to others, and is not removed.
class Kernel final : public GroupFolders {
 public:
  explicit Kernel(const std::string& controllers = "cpuset cpu io memory pids") {
    std::filesystem::create_directory(root());
    add_files(root(), controllers);
    processes_[root()] = true;
  }

  std::string root() const { return folder_.path("service"); }
  std::string name_of(const std::string& group) const {
    return group == root() ? "." : group.substr(root().size() + 1);
  }
  // Returns what was asked for since the last call, in order.
  Strings asked() { return std::exchange(asked_, {}); }
  void occupy(const std::string& group, bool is_occupied) { processes_[group] = is_occupied; }
  bool has(const std::string& group) const { return std::filesystem::exists(group); }
  Strings groups() const {
    Strings names;
    for (const auto& entry : std::filesystem::directory_iterator{root()})
      if (entry.is_directory()) names.push_back(entry.path().filename());
    std::ranges::sort(names);
    return names;
  }
  void forbid(const std::string& file) { forbidden_.insert(file); }
  void make_leftover(const std::string& name) {
    std::filesystem::create_directory(root() + "/" + name);
    add_files(root() + "/" + name, "");
  }

  bool make(const std::string& group) override {
    asked_.push_back("make " + name_of(group));
    if (forbidden_.contains("make")) return fail(EACCES);
    if (!std::filesystem::create_directory(group)) return fail(EEXIST);
    std::string given;
    for (const std::string& one : given_[std::filesystem::path{group}.parent_path()]) given += one + " ";
    add_files(group, given);
    for (const std::string& one : given_[std::filesystem::path{group}.parent_path()])
      folder_.write("service/" + name_of(group) + "/" + one + ".max", "max");
    return true;
  }
  bool write(const std::string& group, const std::string& file, const std::string& value) override {
    asked_.push_back(name_of(group) + "/" + file + "=" + value);
    if (!std::filesystem::exists(group + "/" + file)) return fail(ENOENT);
    if (forbidden_.contains(file)) return fail(EACCES);
    if (file == "cgroup.subtree_control") {
      if (processes_[group]) return fail(EBUSY);
      given_[group].insert(value.substr(1));
    } else if (file == "cgroup.procs") {
      processes_[root()] = false;
      processes_[group] = true;
    } else if (file == "cgroup.kill" && !survives_) {
      processes_[group] = false;
    }
    return true;
  }
  bool remove(const std::string& group) override {
    asked_.push_back("remove " + name_of(group));
    if (!std::filesystem::exists(group)) return fail(ENOENT);
    if (processes_[group]) return fail(EBUSY);
    std::filesystem::remove_all(group);
    return true;
  }
  std::string own() override { return root(); }

  // Killed processes need time to end, from now on.
  void let_survive() { survives_ = true; }

 private:
  static bool fail(int error) {
    errno = error;
    return false;
  }
  void add_files(const std::string& group, const std::string& controllers) {
    const std::string at = std::filesystem::relative(group, folder_.path());
    for (const char* file : {"cgroup.procs", "cgroup.kill", "cgroup.subtree_control"})
      folder_.write(at + "/" + file, "");
    folder_.write(at + "/cgroup.controllers", controllers + "\n");
  }

  tests::Folder folder_;
  Strings asked_;
  std::map<std::string, bool> processes_;               // whether a group has some
  std::map<std::string, std::set<std::string>> given_;  // the controllers that its groups have
  std::set<std::string> forbidden_;
  bool survives_ = false;
};

std::string own(const std::string& name) { return "forkmill-" + std::to_string(::getpid()) + "-" + name; }

std::string refusal(Kernel& kernel, const GroupLimits& limits, const std::string& place = "auto") {
  try {
    const ControlGroups groups{place, limits, kernel};
    return {};
  } catch (const CannotConfine& error) {
    return error.what();
  }
}

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

constexpr GroupLimits kAll{.memory = 1 << 20, .processes = 30, .cpu_percent = 50};

}  // namespace

TEST_CASE("a worker leaves its group, then gives it controllers, then makes a group on trial") {
  Kernel kernel;
  {
    const ControlGroups groups{"auto", kAll, kernel};
    const Strings expected{"make forkmill-worker",
                           "forkmill-worker/cgroup.procs=0",
                           "./cgroup.subtree_control=+memory",
                           "./cgroup.subtree_control=+pids",
                           "./cgroup.subtree_control=+cpu",
                           "make " + own("check"),
                           own("check") + "/memory.max=1048576",
                           own("check") + "/pids.max=30",
                           own("check") + "/cpu.max=50000 100000",
                           own("check") + "/cgroup.kill=1",
                           "remove " + own("check")};
    CHECK(kernel.asked() == expected);
    CHECK(kernel.groups() == Strings{"forkmill-worker"});
  }
}

TEST_CASE("a child's group has its limits before it is known, and goes with what is left in it") {
  Kernel kernel;
  kernel.occupy(kernel.root(), false);
  ControlGroups groups{kernel.root(), kAll, kernel};
  kernel.asked();
  const auto group = groups.add("1");
  CHECK(group == kernel.root() + "/" + own("1"));
  CHECK(kernel.asked() == Strings{"make " + own("1"), own("1") + "/memory.max=1048576", own("1") + "/pids.max=30",
                                  own("1") + "/cpu.max=50000 100000"});
  CHECK(kernel.write(group, "cgroup.procs", "0"));
  kernel.let_survive();
  groups.remove(group);
  CHECK(kernel.has(group));  // as long as a killed process has not ended
  groups.sweep();
  CHECK(kernel.has(group));
  kernel.occupy(group, false);
  groups.sweep();
  CHECK_FALSE(kernel.has(group));
  kernel.asked();
  groups.sweep();
  CHECK(kernel.asked().empty());
}

TEST_CASE("what killed workers have left in the place is ended, and nothing of others") {
  Kernel kernel;
  kernel.occupy(kernel.root(), false);
  const std::string dead = "forkmill-999999999-3";  // larger than any number of a process
  kernel.make_leftover(dead);
  kernel.make_leftover("forkmill-1-3");
  kernel.make_leftover("other");
  const ControlGroups groups{kernel.root(), {}, kernel};
  CHECK(kernel.groups() == Strings{"forkmill-1-3", "other"});
  const auto asked = kernel.asked();
  CHECK(std::ranges::find(asked, dead + "/cgroup.kill=1") < std::ranges::find(asked, "remove " + dead));
}

TEST_CASE("a worker that may not make groups, or lacks a controller, says what is missing") {
  Kernel few{"cpuset pids"};
  CHECK(contains(refusal(few, {.memory = 1}), "there is no controller 'memory'"));
  CHECK(refusal(few, {.processes = 5}) == "");
  Kernel busy;  // another process is in the place
  CHECK(contains(refusal(busy, kAll, busy.root()), "cannot use the controller 'memory'"));
  for (const auto& [file, text] : std::map<std::string, std::string>{{"make", "cannot make a group"},
                                                                     {"cgroup.procs", "cannot enter a group"},
                                                                     {"cgroup.subtree_control", "the controller"},
                                                                     {"pids.max", "pids.max"}}) {
    Kernel strict;
    strict.forbid(file);
    const auto why = refusal(strict, {.processes = 5});
    CHECK_MESSAGE(contains(why, text), why);
    CHECK_MESSAGE(contains(why, "Delegate=yes"), why);
  }
}

TEST_CASE("the group of a process is found where groups of version 2 are mounted") {
  const std::string mounts =
      "30 24 0:26 / /sys/fs/cgroup rw,nosuid - tmpfs tmpfs rw\n"
      "31 30 0:27 / /sys/fs/cgroup/unified rw,nosuid shared:9 - cgroup2 cgroup2 rw,nsdelegate\n";
  const std::string at = "/sys/fs/cgroup/unified";
  CHECK(group_folder_of(mounts, "2:pids:/a\n0::/system.slice/mail.service\n") == at + "/system.slice/mail.service");
  CHECK(group_folder_of(mounts, "0::/mail.service/forkmill-worker\n") == at + "/mail.service");
  CHECK(group_folder_of(mounts, "0::/\n") == at);
  CHECK(group_folder_of(mounts, "0::/forkmill-worker\n") == at);
  CHECK(group_folder_of(mounts, "2:pids:/a\n").empty());
  CHECK(group_folder_of("", "0::/a\n").empty());
}

TEST_CASE("a process enters a group by the file of its processes") {
  const tests::Folder folder;
  CHECK_THROWS_AS(enter_group(folder.path()), std::system_error);
  folder.write("cgroup.procs", "");
  enter_group(folder.path());
  CHECK(folder.read("cgroup.procs") == "0");
}

}  // namespace control_groups_test
