// Confinement of children and commands: limits, users, the sandbox, and folders of tasks. Each test that changes its
// process for good does so in a fork.
#include <doctest/doctest.h>
#include <fcntl.h>
#include <linux/io_uring.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <exception>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <system_error>

#include "proto/os/signals_blocked.h"
#include "tests/eventually.h"
#include "tests/folder.h"
#include "worker/confinement/account.h"
#include "worker/confinement/cannot_confine.h"
#include "worker/confinement/check.h"
#include "worker/confinement/control_groups.h"
#include "worker/confinement/sandbox.h"
#include "worker/confinement/syscall_filter.h"
#include "worker/confinement/task_folder.h"
#include "worker/confinement/worker_folder.h"
#include "worker/os/landlock.h"
#include "worker/os/limits.h"
#include "worker/os/reaping.h"
#include "worker/os/tree_removal.h"

namespace confinement_test {

using namespace forkmill;
using namespace forkmill::worker;
using namespace std::chrono_literals;
using forkmill::tests::eventually;
using forkmill::tests::Folder;

namespace {

constexpr uid_t kStranger = 54321;  // a user that no account database has

// Runs `test` in a fork, and returns its wait status. 0: it returned true.
int in_fork(const std::function<bool()>& test) {
  pid_t pid = 0;
  {
    const proto::SignalsBlocked blocked;
    pid = ::fork();
    if (pid == 0) {
      reset_signals();
      bool held = false;
      try {
        held = test();
      } catch (const std::exception& error) {
        std::fprintf(stderr, "in the fork: %s\n", error.what());
      }
      ::_exit(held ? 0 : 1);
    }
  }
  int status = -1;
  ::waitpid(pid, &status, 0);
  return status;
}

bool fails_with(int error, long result) { return result < 0 && errno == error; }  // NOLINT(google-runtime-int)

int open_to_write(const std::string& path, int flags = O_WRONLY | O_CREAT) { return ::open(path.c_str(), flags, 0600); }

// Skips what only root can try.
bool is_root(const char* what) {
  if (::geteuid() == 0) return true;
  MESSAGE("not tried, as this is not root: ", what);
  return false;
}

bool has_sandbox() {
  const auto possible = check_sandbox();
  if (!possible.ok()) MESSAGE("not tried: ", possible.failure().text);
  return possible.ok();
}

// Leaves root, which Landlock and modes of files do not hold up everywhere.
void be_ordinary() {
  if (::geteuid() == 0) become({kStranger, kStranger, {}, {}, {}, {}});
  ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
}

// A folder that all users may write to.
struct OpenFolder : Folder {
  OpenFolder() { std::filesystem::permissions(path(), std::filesystem::perms::all); }
};

}  // namespace

TEST_CASE("a tree of any modes and with any links is removed") {
  const Folder outside;
  outside.touch("kept");
  const OpenFolder folder;
  const auto removed = [&] {
    be_ordinary();
    const auto top = folder.path("top");
    std::filesystem::create_directories(top + "/a/b/c");
    std::ofstream{top + "/a/b/file"} << "x";
    std::filesystem::create_symlink(outside.path(), top + "/a/link");
    std::filesystem::create_symlink(top, top + "/a/loop");
    ::mkfifo((top + "/a/pipe").c_str(), 0600);
    ::chmod((top + "/a/b/c").c_str(), 0);
    ::chmod((top + "/a/b").c_str(), 0500);
    ::chmod((top + "/a").c_str(), 0);
    return remove_tree(top) && !folder.has("top") && remove_tree(top);
  };
  CHECK(in_fork(removed) == 0);
  CHECK(outside.has("kept"));
}

TEST_CASE("a tree that is deeper than any path may be long is removed with few descriptors") {
  const Folder folder;
  const auto removed = [&] {
    const int before = ::open(".", O_PATH | O_DIRECTORY);
    const std::string name(200, 'd');
    if (::mkdir(folder.path("top").c_str(), 0700) != 0 || ::chdir(folder.path("top").c_str()) != 0) return false;
    std::ofstream{".removed-0"} << "a name that the removal uses itself";
    for (int depth = 0; depth < 200; ++depth) {
      if (::mkdir(name.c_str(), 0700) != 0 || ::chdir(name.c_str()) != 0) return false;
      std::ofstream{"file"} << "x";
    }
    ::fchdir(before);
    const rlimit few{32, 32};
    ::setrlimit(RLIMIT_NOFILE, &few);
    return remove_tree(folder.path("top"));
  };
  CHECK(in_fork(removed) == 0);
  CHECK_FALSE(folder.has("top"));
}

TEST_CASE("limits hold for the process, and a lower one that is there stays") {
  [[maybe_unused]] const auto limited = [] {
    const rlimit lower{100, 100};
    ::setrlimit(RLIMIT_NOFILE, &lower);
    ChildLimits limits;
    limits.memory = std::uint64_t{1} << 40;
    limits.files = 200;
    limits.file_size = 4096;
    limits.processes = 5000;
    apply(limits);
    const auto is = [](__rlimit_resource resource, rlim_t wanted) {
      rlimit now{};
      return ::getrlimit(resource, &now) == 0 && now.rlim_cur == wanted && now.rlim_max == wanted;
    };
    rlimit processes{};
    ::getrlimit(RLIMIT_NPROC, &processes);
    return is(RLIMIT_AS, rlim_t{1} << 40) && is(RLIMIT_NOFILE, 100) && is(RLIMIT_FSIZE, 4096) && is(RLIMIT_CORE, 0) &&
           processes.rlim_max <= 5000;
  };
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)  // these reserve more than any limit
  CHECK(in_fork(limited) == 0);
#endif
}

TEST_CASE("a file that exceeds the limit ends the process that writes it") {
  const Folder folder;
  const auto writes = [&] {
    ChildLimits limits;
    limits.file_size = 1000;
    apply(limits);
    const int file = open_to_write(folder.path("file"));
    const std::array<char, 1001> bytes{};
    return ::write(file, bytes.data(), bytes.size()) == 1000 && ::write(file, "x", 1) == 1;
  };
  const int status = in_fork(writes);
  CHECK((WIFSIGNALED(status) && WTERMSIG(status) == SIGXFSZ));
}

TEST_CASE("a task has its own processor time, besides what earlier ones have used") {
  const auto spin_for = [](std::clock_t time) {
    const auto end = std::clock() + time;
    while (std::clock() < end) continue;
  };
  const auto spins = [&] {
    limit_cpu_of_task(1s);
    spin_for(CLOCKS_PER_SEC * 7 / 10);
    limit_cpu_of_task(1s);
    spin_for(CLOCKS_PER_SEC * 7 / 10);
    spin_for(CLOCKS_PER_SEC * 10);
    return true;
  };
  const int status = in_fork(spins);
  CHECK((WIFSIGNALED(status) && WTERMSIG(status) == SIGXCPU));
}

TEST_CASE("only a worker of root has another user for its tasks, who exists and is not root") {
  CHECK(find_account("no such user").failure().text.find("there is no such user") != std::string::npos);
  CHECK(find_account("1:x").failure().text.find("there is no such user") != std::string::npos);
  CHECK(find_account("root").failure().text.find("rights of root") != std::string::npos);
  CHECK(find_account("5:0").failure().text.find("rights of root") != std::string::npos);
  if (!is_root("another user")) {
    CHECK(find_account("54321:54321").failure().text.find("started as root") != std::string::npos);
    return;
  }
  const auto found = find_account("daemon");
  REQUIRE(found);
  CHECK(found->name == "daemon");
  const auto becomes = [&] {
    become(find_account("54321:54322").value());
    return ::getuid() == 54321 && ::getgid() == 54322 && ::getgroups(0, nullptr) == 0 && ::setuid(0) != 0 &&
           std::getenv("HOME") == nullptr;
  };
  CHECK(in_fork(becomes) == 0);
}

TEST_CASE("a worker whose children root would be does not promise what root can undo") {
  WorkerOptions options;
  CHECK(account_of(options));
  options.user = "no such user";
  CHECK_FALSE(account_of(options));
  if (!is_root("--sandbox of root")) return;
  options.user.clear();
  options.limits.processes = 10;
  CHECK(account_of(options).failure().text.find("--limit-processes: the kernel does not limit root") == 0);
  options.limits.processes = 0;
  options.sandbox = true;
  CHECK(account_of(options).failure().text.find("--sandbox: root can leave it") == 0);
}

TEST_CASE("a worker that a container forbids to confine its children says what is forbidden") {
  if (!has_sandbox()) return;
  const auto is_refused = [] {
    be_ordinary();
    WorkerOptions options;
    options.sandbox = true;
    if (!account_of(options)) return false;
    close_all_but({STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO});
    const rlimit few{5, 5};  // for the pipe, and not for the rules
    ::setrlimit(RLIMIT_NOFILE, &few);
    const auto refused = account_of(options);
    return !refused && refused.failure().text.find("children cannot be confined on this machine: Landlock") == 0;
  };
  CHECK(in_fork(is_refused) == 0);
}

TEST_CASE("limits of control groups are the files that the kernel reads") {
  CHECK(files_of({}).empty());
  const auto files = files_of({.memory = 1 << 20, .processes = 30, .cpu_percent = 250});
  REQUIRE(files.size() == 3);
  CHECK((files[0].name == "memory.max" && files[0].text == "1048576" && files[0].controller == "memory"));
  CHECK((files[1].name == "pids.max" && files[1].text == "30" && files[1].controller == "pids"));
  CHECK((files[2].name == "cpu.max" && files[2].text == "250000 100000" && files[2].controller == "cpu"));
  CHECK_THROWS_AS((ControlGroups{"/tmp", {}}), CannotConfine);
}

TEST_CASE("a sandboxed process changes files in its folder only") {
  if (!has_sandbox()) return;
  const OpenFolder inside;
  const OpenFolder outside;
  std::filesystem::permissions(outside.write("file", "text"), std::filesystem::perms::all);
  const auto is_kept_inside = [&] {
    be_ordinary();
    enter_sandbox(inside.path());
    const auto file = outside.path("file");
    std::filesystem::create_directories(inside.path("a/b"));
    const int made = open_to_write(inside.path("a/b/c"));
    return made >= 0 && ::ftruncate(made, 10) == 0 && ::truncate(inside.path("a/b/c").c_str(), 5) == 0 &&
           ::rename(inside.path("a/b/c").c_str(), inside.path("a/c").c_str()) == 0 && outside.read("file") == "text" &&
           open_to_write("/dev/null", O_RDWR) >= 0 && fails_with(EACCES, open_to_write(file)) &&
           fails_with(EACCES, open_to_write(file, O_RDONLY | O_TRUNC)) &&
           fails_with(EACCES, ::truncate(file.c_str(), 1)) && fails_with(EACCES, open_to_write(outside.path("new"))) &&
           fails_with(EACCES, ::unlink(file.c_str())) &&
           fails_with(EACCES, ::mkdir(outside.path("folder").c_str(), 0700)) &&
           ::rename(inside.path("a/c").c_str(), outside.path("c").c_str()) < 0;
  };
  CHECK(in_fork(is_kept_inside) == 0);
  CHECK(outside.read("file") == "text");
  CHECK(outside.files() == 1);
}

TEST_CASE("a sandboxed process makes no socket that could reach any other process") {
  if (!has_sandbox()) return;
  const OpenFolder inside;
  const auto has_no_network = [&] {
    be_ordinary();
    enter_sandbox(inside.path());
    io_uring_params parameters{};
    std::array<int, 2> pair{};
    for (const int family : {AF_UNIX, AF_INET, AF_INET6, AF_NETLINK, AF_PACKET})
      if (!fails_with(EACCES, ::socket(family, SOCK_STREAM, 0))) return false;
    return fails_with(EACCES, ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)) &&
           ::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair.data()) == 0 &&
           ::socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair.data()) == 0 &&
           fails_with(EACCES, ::socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0, pair.data())) &&
           fails_with(ENOSYS, ::syscall(SYS_io_uring_setup, 1, &parameters));
  };
  CHECK(in_fork(has_no_network) == 0);
}

TEST_CASE("a sandboxed process cannot trace others, and on newer kernels not signal them") {
  if (!has_sandbox()) return;
  const OpenFolder inside;
  std::array<int, 2> lifeline{};
  REQUIRE(::pipe(lifeline.data()) == 0);
  const auto is_left_alone = [&] {
    be_ordinary();
    ::prctl(PR_SET_DUMPABLE, 1);
    const pid_t other = ::fork();
    if (other == 0) {
      ::close(lifeline[1]);
      [[maybe_unused]] const auto end = ::read(lifeline[0], lifeline.data(), 1);
      ::_exit(0);
    }
    const auto traces = [&] { return ::open(("/proc/" + std::to_string(other) + "/environ").c_str(), O_RDONLY) >= 0; };
    if (!traces()) return false;
    enter_sandbox(inside.path());
    const bool traced = traces();
    const bool signalled = ::kill(other, 0) == 0;
    const bool own = ::kill(::getpid(), 0) == 0;
    return !traced && own && (!signalled || landlock_version() < kLandlockScopes);
  };
  CHECK(in_fork(is_left_alone) == 0);
  ::close(lifeline[0]);
  ::close(lifeline[1]);
}

TEST_CASE("without help of Landlock, the filter of system calls forbids to truncate what is not open for writing") {
  if (!check_syscall_filter().ok()) return;
  const OpenFolder folder;
  folder.write("file", "text");
  const auto cannot_truncate = [&] {
    ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    forbid_sockets(true);
    const auto file = folder.path("file");
    return fails_with(EACCES, ::truncate(file.c_str(), 0)) && fails_with(EACCES, ::open(file.c_str(), O_TRUNC)) &&
           fails_with(EACCES, ::syscall(SYS_openat, AT_FDCWD, file.c_str(), O_TRUNC | O_RDONLY | O_CLOEXEC, 0)) &&
           fails_with(EACCES, ::open(file.c_str(), O_TRUNC | O_ACCMODE)) && ::open(file.c_str(), O_RDONLY) >= 0 &&
           folder.read("file") == "text" && ::open(file.c_str(), O_TRUNC | O_WRONLY) >= 0;
  };
  CHECK(in_fork(cannot_truncate) == 0);
}

TEST_CASE("each task has an empty folder of its own, which is gone when the task has ended") {
  const Folder parent;
  const auto takes_turns = [&] {
    TaskFolder folder{parent.path()};
    std::string before;
    for (int i = 0; i < 12; ++i) {
      folder.begin();
      const auto here = std::filesystem::current_path().string();
      if (here == before || !std::filesystem::is_empty(here) || here != std::getenv("TMPDIR")) return false;
      before = here;
      std::filesystem::create_directories("a/b");
      std::ofstream{"a/b/file"} << "x";
      if (i % 2 == 0) std::filesystem::current_path("/");
      if (i == 5) ::setenv("TMPDIR", "/elsewhere", 1);
      folder.end();
      if (parent.files() != 0) return false;
    }
    return true;
  };
  CHECK(in_fork(takes_turns) == 0);
}

TEST_CASE("a worker removes what a killed one has left, and nothing of one that lives") {
  const Folder parent;
  std::ofstream{parent.path("forkmill-worker-file")} << "no folder";
  std::filesystem::create_directories(parent.path("forkmill-worker-left/0.1/0"));
  std::filesystem::create_directories(parent.path("other"));
  const auto removes = [&] {
    auto living = std::make_unique<WorkerFolder>(parent.path(), std::nullopt);
    const auto of_child = living->add("0.1");
    if (!eventually([&] { return !parent.has("forkmill-worker-left"); })) return false;
    const WorkerFolder other{parent.path(), std::nullopt};
    while (::wait(nullptr) > 0) continue;  // until the sweeping processes have ended
    if (!std::filesystem::exists(of_child) || !parent.has("other") || !parent.has("forkmill-worker-file")) return false;
    living->remove(of_child);
    if (!eventually([&] { return !std::filesystem::exists(of_child); })) return false;
    living->add("0.2");
    living.reset();
    return parent.files() == 3;  // with that of the other worker
  };
  CHECK(in_fork(removes) == 0);
  CHECK(parent.files() == 2);
}

TEST_CASE("the folder of tasks must not be one that all users can change") {
  const Folder parent;
  std::filesystem::permissions(parent.path(), std::filesystem::perms::all);
  CHECK_THROWS_AS((WorkerFolder{parent.path(), std::nullopt}), std::system_error);
  std::filesystem::permissions(parent.path(), std::filesystem::perms::all | std::filesystem::perms::sticky_bit);
  CHECK(in_fork([&] { return !WorkerFolder{parent.path(), std::nullopt}.add("0.1").empty(); }) == 0);
  CHECK_THROWS_AS((WorkerFolder{parent.path("no/such"), std::nullopt}), std::system_error);
}

}  // namespace confinement_test
