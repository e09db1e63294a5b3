// The CPUs that a process may use: affinity mask and quotas of control groups.
#include "proto/os/cpus.h"

#include <doctest/doctest.h>
#include <sched.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <string>

namespace cpus_test {

using namespace forkmill::proto;

namespace {

// A tree of control groups.
class Groups {
 public:
  Groups() { REQUIRE(::mkdtemp(root_.data()) != nullptr); }
  ~Groups() { std::filesystem::remove_all(root_); }
  Groups(const Groups&) = delete;
  Groups& operator=(const Groups&) = delete;

  void write(const std::string& file, const std::string& text) const {
    const std::filesystem::path path = root_ + "/" + file;
    std::filesystem::create_directories(path.parent_path());
    std::ofstream{path} << text << "\n";
  }
  const std::string& root() const { return root_; }

 private:
  std::string root_ = std::filesystem::temp_directory_path() / "forkmill-groups-XXXXXX";
};

}  // namespace

TEST_CASE("the quota of a control group of version 2 counts, and those above it") {
  const Groups groups;
  groups.write("a/b/cpu.max", "max 100000");
  CHECK_FALSE(cpu_quota("0::/a/b\n", groups.root()));
  groups.write("a/cpu.max", "150000 100000");
  CHECK(cpu_quota("0::/a/b\n", groups.root()) == 1.5);
  groups.write("a/b/cpu.max", "50000 100000");
  CHECK(cpu_quota("0::/a/b\n", groups.root()) == 0.5);
}

TEST_CASE("the quota of a container whose path is not visible is that of the mount") {
  const Groups groups;
  groups.write("cpu.max", "300000 100000");
  CHECK(cpu_quota("0::/docker/0123456789\n", groups.root()) == 3);
  CHECK(cpu_quota("0::/\n", groups.root()) == 3);
  CHECK(cpu_quota("0::/../..\n", groups.root()) == 3);
}

TEST_CASE("the quota of a control group of version 1 counts") {
  const Groups groups;
  const std::string lines = "5:memory:/x\n4:cpu,cpuacct:/x\n0::/\n";
  groups.write("cpu,cpuacct/x/cpu.cfs_quota_us", "-1");
  groups.write("cpu,cpuacct/x/cpu.cfs_period_us", "100000");
  CHECK_FALSE(cpu_quota(lines, groups.root()));
  groups.write("cpu,cpuacct/x/cpu.cfs_quota_us", "200000");
  CHECK(cpu_quota(lines, groups.root()) == 2);
}

TEST_CASE("there is no quota without control groups, or with lines that make no sense") {
  const Groups groups;
  CHECK_FALSE(cpu_quota("", groups.root()));
  CHECK_FALSE(cpu_quota("nonsense\n1:\n0::relative\n0::\n", groups.root()));
  groups.write("cpu.max", "nonsense");
  CHECK_FALSE(cpu_quota("0::/\n", groups.root()));
}

TEST_CASE("the affinity mask counts, and there is at least one CPU") {
  cpu_set_t before;
  REQUIRE(::sched_getaffinity(0, sizeof before, &before) == 0);
  CHECK(usable_cpus() >= 1);
  CHECK(usable_cpus() <= static_cast<unsigned>(CPU_COUNT(&before)));
  cpu_set_t one;
  CPU_ZERO(&one);
  for (int cpu = 0; CPU_COUNT(&one) == 0; ++cpu)
    if (CPU_ISSET(cpu, &before)) CPU_SET(cpu, &one);
  REQUIRE(::sched_setaffinity(0, sizeof one, &one) == 0);
  CHECK(usable_cpus() == 1);
  REQUIRE(::sched_setaffinity(0, sizeof before, &before) == 0);
}

}  // namespace cpus_test
