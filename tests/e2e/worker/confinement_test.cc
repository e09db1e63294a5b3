// Workers that confine what they run: what handlers and commands try, and what is left of them.
#include <doctest/doctest.h>
#include <forkmill/client.h>
#include <forkmill/exec.h>
#include <linux/landlock.h>
#include <sys/syscall.h>

#include "tests/e2e/worker/cluster.h"
#include "tests/e2e/worker/rogue_tasks.h"

namespace confinement_test {

using namespace forkmill;
using namespace forkmill::test;

namespace {

constexpr auto kLong = 60s;
constexpr const char* kStranger = "54321:54321";  // no other test uses it: limits of a user's processes hold for all

bool is_root() { return ::geteuid() == 0; }

bool has_landlock() { return ::syscall(SYS_landlock_create_ruleset, nullptr, 0, LANDLOCK_CREATE_RULESET_VERSION) > 0; }

bool can_sandbox() {
  if (!has_landlock()) MESSAGE("not tried: this kernel has no Landlock");
  return has_landlock();
}

// Only root has to give its rights up for a sandbox.
std::vector<std::string> confined(std::vector<std::string> flags) {
  if (is_root()) flags.insert(flags.end(), {"--user", kStranger});
  return flags;
}

// A cluster whose folder a stranger may enter, and whose workers keep the folders of tasks in "tasks".
struct OpenCluster : Cluster {
  OpenCluster() {
    using std::filesystem::perms;
    std::filesystem::permissions(path(""), perms::owner_all | perms::group_exec | perms::others_exec);
  }
  std::string tasks() const { return path("tasks"); }
  // Entries at any depth in the folders of tasks.
  std::size_t entries() const {
    std::error_code error;
    std::size_t count = 0;
    for (std::filesystem::recursive_directory_iterator entry{tasks(), error}, end; !error && entry != end;
         entry.increment(error))
      ++count;
    return count;
  }
  // A file that all users may write to.
  std::string public_file(const std::string& name) const {
    touch(name);
    std::filesystem::permissions(path(name), std::filesystem::perms::all);
    return path(name);
  }
};

// A control group in which a test can make others, if this machine lets it.
class GroupOfTest {
 public:
  GroupOfTest() {
    for (const std::string mount : {"/sys/fs/cgroup", "/sys/fs/cgroup/unified"}) {
      if (!std::filesystem::exists(mount + "/cgroup.procs")) continue;
      path_ = mount + "/forkmill-test." + std::to_string(::getpid());
      usable_ = std::filesystem::create_directory(path_, error_) && std::filesystem::exists(path_ + "/cgroup.kill");
    }
  }
  ~GroupOfTest() {
    if (!path_.empty()) ::rmdir(path_.c_str());
  }
  GroupOfTest(const GroupOfTest&) = delete;
  GroupOfTest& operator=(const GroupOfTest&) = delete;

  bool usable() const { return usable_; }
  const std::string& path() const { return path_; }
  // The number of groups of children.
  std::size_t groups() const {
    std::error_code error;
    const std::filesystem::directory_iterator entries{path_, error};
    return static_cast<std::size_t>(
        std::count_if(begin(entries), end(entries), [](const auto& entry) { return entry.is_directory(); }));
  }
  bool has(const std::string& controller) const {
    std::ifstream file{path_ + "/cgroup.controllers"};
    const std::vector<std::string> all{std::istream_iterator<std::string>{file}, {}};
    return std::find(all.begin(), all.end(), controller) != all.end();
  }

 private:
  std::string path_;
  std::error_code error_;
  bool usable_ = false;
};

ExecResult shell(Client& client, const std::string& line) {
  ExecRequest request;
  request.argv = {line};
  request.shell = true;
  return client.with({.max_attempts = 1}).submit(kExec, request).get_for(kLong);
}

std::size_t children(const Process& worker) { return children_of(worker.pid(), "forkmill-child").size(); }

}  // namespace

TEST_CASE("a sandboxed handler has no network, and leaves nothing outside of its folder and nothing in there") {
  if (!can_sandbox()) return;
  OpenCluster cluster;
  const auto outside = cluster.public_file("outside");
  const auto& worker = cluster.start_worker(confined({"--sandbox", "--task-folder", cluster.tasks()}));
  Client client{cluster.endpoint()};
  const auto trying = [&](const std::string& what, const std::string& where = {}) {
    return client.with({.max_attempts = 1}).submit(kTry, what, where).get_for(kLong);
  };
  CHECK(trying("socket") == "Permission denied");
  CHECK(trying("write", outside) == "Permission denied");
  CHECK(trying("write", "/tmp/forkmill-of-a-sandboxed-handler") == "Permission denied");
  CHECK(trying("trace", std::to_string(worker.pid())) == "Permission denied");
  CHECK(trying("write", "inside") == "done");
  const auto folder = trying("folder");
  CHECK(folder.starts_with(cluster.tasks() + "/forkmill-worker-"));
  CHECK_FALSE(std::filesystem::exists(folder));
  if (is_root()) CHECK(trying("user") == kStranger);
  CHECK(children(worker) == 2);
  CHECK(cluster.entries() == 3);  // folders of the worker and its children
}

TEST_CASE("what a crashed child leaves in its folder is removed, and a worker that ends leaves none") {
  OpenCluster cluster;
  auto& worker = cluster.start_worker({"--task-folder", cluster.tasks()});
  Client client{cluster.endpoint()};
  CHECK_THROWS_AS(client.with({.max_attempts = 1}).submit(kTry, "crash", "left").get_for(kLong), WorkerLost);
  CHECK(eventually([&] { return children(worker) == 2 && cluster.entries() == 3; }));
  CHECK(client.submit(kTry, "core", "").get_for(kLong) == "0");
  worker.signal(SIGTERM);
  CHECK(worker.exit_code() == 0);
  CHECK(cluster.entries() == 0);
}

TEST_CASE("a worker removes what a killed one has left") {
  OpenCluster cluster;
  auto& killed = cluster.start_worker({"--task-folder", cluster.tasks()});
  Client client{cluster.endpoint()};
  auto held = client.with({.max_attempts = 1}).submit(kHold, cluster.path("up"), cluster.path("go"), false);
  REQUIRE(eventually([&] { return cluster.has("up"); }));
  killed.signal(SIGKILL);
  killed.wait();
  CHECK_THROWS_AS(held.get_for(kLong), WorkerLost);
  CHECK(cluster.entries() == 4);  // folders of the worker, its children and the task
  const auto& next = cluster.start_worker({"--task-folder", cluster.tasks()});
  CHECK(eventually([&] { return children(next) == 2 && cluster.entries() == 3; }));
  CHECK(client.submit(kEcho, "goes on").get_for(kLong) == "goes on");
}

TEST_CASE("a command sees no secrets of its worker and none of its descriptors") {
  OpenCluster cluster;
  ::setenv("FM_SECRET", "of the worker", 1);
  const int inherited = ::dup(STDIN_FILENO);
  const auto& worker = cluster.start_worker(confined({"--allow-exec"}), FORKMILL_WORKER_PROGRAM);
  Client client{cluster.endpoint()};
  const auto variables = shell(client, "env; true").out;
  ::unsetenv("FM_SECRET");
  ::close(inherited);
  CHECK(variables.find("FORKMILL_BROKER=" + cluster.endpoint()) != std::string::npos);
  CHECK(variables.find("FM_SECRET") == std::string::npos);
  CHECK(variables.find("FORKMILL_CHILD_OF") == std::string::npos);
  CHECK(shell(client, "ls /proc/$$/fd; true").out == "0\n1\n2\n");
  for (const auto& pid : {std::string{"$PPID"}, std::to_string(worker.pid())})
    CHECK(shell(client, "cat /proc/" + pid + "/environ; true").err.find("Permission denied") != std::string::npos);
  CHECK(shell(client, "ulimit -Hc; true").out == "0\n");
}

TEST_CASE("a sandboxed command has no network, and writes into its own folder only") {
  if (!can_sandbox()) return;
  OpenCluster cluster;
  const auto outside = cluster.public_file("outside");
  cluster.start_worker(confined({"--allow-exec", "--sandbox", "--task-folder", cluster.tasks(), "--processes", "1"}),
                       FORKMILL_WORKER_PROGRAM);
  Client client{cluster.endpoint()};
  CHECK(shell(client, "pwd; echo $TMPDIR; echo x > inside && cat inside").out.find("\nx\n") != std::string::npos);
  CHECK(shell(client, "ls | wc -l").out == "0\n");
  CHECK(shell(client, "mktemp > name && cat name").out.starts_with(cluster.tasks()));
  CHECK(shell(client, "echo x > /dev/null && echo done").out == "done\n");
  for (const auto& place : {outside, std::string{"../in_the_folder_of_the_child"}})
    CHECK(shell(client, "echo x > " + place).exit_code != 0);
  CHECK(cluster.contents("outside") == "x");
  CHECK(shell(client, "kill -0 $$ && echo own").out == "own\n");
  CHECK(eventually([&] { return cluster.entries() == 2; }));  // folders of the worker and its child
}

TEST_CASE("limits end what exceeds them, and nothing else") {
  OpenCluster cluster;
  cluster.start_worker({"--limit-cpu", "1s"});
  Client client{cluster.endpoint()};
  auto spinning = client.with({.max_attempts = 1}).submit(kTry, "spin", "");
  try {
    spinning.get_for(kLong);
    FAIL("it cannot have succeeded");
  } catch (const WorkerLost& lost) {
    CHECK(lost.signal() == SIGXCPU);
  }
  CHECK(client.submit(kEcho, "still there").get_for(kLong) == "still there");
}

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)  // these reserve more than any limit
TEST_CASE("a handler that wants more memory than it may have gets an error") {
  OpenCluster cluster;
  cluster.start_worker({"--limit-memory", "2G"});
  Client client{cluster.endpoint()};
  try {
    client.submit(kGrow, std::uint64_t{4} << 30).get_for(kLong);
    FAIL("it cannot have succeeded");
  } catch (const RemoteError& error) {
    CHECK(error.type() == "std::bad_alloc");
  }
  CHECK(client.submit(kEcho, "still there").get_for(kLong) == "still there");
}
#endif

TEST_CASE("a command cannot start more processes than its user may have") {
  if (!is_root()) {
    MESSAGE("not tried, as this is not root: processes of another user");
    return;
  }
  OpenCluster cluster;
  cluster.start_worker({"--allow-exec", "--processes", "1", "--user", kStranger, "--limit-processes", "10",
                        "--limit-file-size", "64K", "--limit-files", "40", "--limit-core", "1M"},
                       FORKMILL_WORKER_PROGRAM);
  Client client{cluster.endpoint()};
  CHECK(shell(client, "head -c 100000 /dev/zero > \"$(mktemp)\"; kill -l $?").out == "XFSZ\n");
  CHECK(shell(client, "ulimit -Hn; ulimit -Hc").out == "40\n2048\n");  // files, and blocks of 512 bytes
  const auto bomb = shell(client, "for i in 1 2 3 4 5 6 7 8 9 10 11 12; do tail -f /dev/null & done; true");
  CHECK(bomb.err.find("Cannot fork") != std::string::npos);
}

TEST_CASE("in control groups, no process outlives its child, and none a killed worker") {
  const GroupOfTest group;
  if (!group.usable()) {
    MESSAGE("not tried: no control groups of version 2 can be made here");
    return;
  }
  OpenCluster cluster;
  auto& worker = cluster.start_worker({"--cgroup", group.path()});
  Client client{cluster.endpoint()};
  CHECK_THROWS_AS(client.with({.max_attempts = 1}).submit(kTry, "escape", cluster.path("stray")).get_for(kLong),
                  WorkerLost);
  for (const pid_t pid : cluster.pids_in("stray")) CHECK(eventually([&] { return !exists(pid); }));
  CHECK(eventually([&] { return children(worker) == 2 && group.groups() == 2; }));
  worker.signal(SIGTERM);
  CHECK(worker.exit_code() == 0);
  CHECK(group.groups() == 0);
}

TEST_CASE("a worker that cannot confine its tasks does not start") {
  OpenCluster cluster;
  const auto refusal = [&](std::vector<std::string> flags) {
    flags.insert(flags.begin(), {FORKMILL_WORKER_PROGRAM, "--allow-exec", "--broker", cluster.endpoint()});
    const auto ended = cluster.run(std::move(flags));
    CHECK(ended.code == 2);
    return ended.output;
  };
  CHECK(refusal({"--user", "no such user"}).find("there is no such user") != std::string::npos);
  CHECK(refusal({"--user", "root"}).find("rights of root") != std::string::npos);
  if (is_root()) {
    CHECK(refusal({"--sandbox"}).find("root can leave it") != std::string::npos);
    CHECK(refusal({"--limit-processes", "5"}).find("the kernel does not limit root") != std::string::npos);
  } else {
    CHECK(refusal({"--user", kStranger}).find("only a worker that is started as root") != std::string::npos);
  }
  CHECK(refusal({"--cgroup", cluster.path("")}).find("not the folder of a control group") != std::string::npos);
  CHECK(refusal({"--group-memory", "1G"}).find("need --cgroup") != std::string::npos);
  const GroupOfTest group;
  if (group.usable() && !group.has("memory"))
    CHECK(refusal({"--group-memory", "1G", "--cgroup", group.path()}).find("no controller 'memory'") !=
          std::string::npos);
  if (!has_landlock()) CHECK(refusal(confined({"--sandbox"})).find("no Landlock") != std::string::npos);
}

}  // namespace confinement_test
