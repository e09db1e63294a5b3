#include "client/cli/dev/command_processes.h"

#include <doctest/doctest.h>
#include <signal.h>
#include <sys/wait.h>

#include <chrono>
#include <fstream>

#include "client/cli/os/child.h"
#include "tests/folder.h"

namespace forkmill::cli::command_processes_test {
namespace {

pid_t pid_in(const std::string& path) {
  pid_t pid = 0;
  std::ifstream{path} >> pid;
  return pid;
}

// Runs a line for sh to its end, with $dir as the folder. It writes the pids of what it leaves behind.
void run_shell(const std::string& line, const std::string& dir) {
  Child shell{{"/bin/sh", "-c", line}, Child::Options{.own_group = false, .env = {{"dir", dir}}}};
  REQUIRE(shell.wait_for(std::chrono::seconds{30}));
}

TEST_CASE("what a command leaves behind ends with it, in any process group") {
  const forkmill::tests::Folder dir;
  {
    const CommandProcesses processes{{}};
    run_shell("tail -f /dev/null & echo $! >$dir/one; bash -mc 'tail -f /dev/null & echo $! >$dir/two'", dir.path(""));
    CHECK(::kill(pid_in(dir.path("one")), 0) == 0);
    CHECK(::kill(pid_in(dir.path("two")), 0) == 0);
  }
  CHECK(::kill(pid_in(dir.path("one")), 0) == -1);
  CHECK(::kill(pid_in(dir.path("two")), 0) == -1);
}

TEST_CASE("a stopped process ends as well, and one that ignores SIGTERM") {
  const forkmill::tests::Folder dir;
  {
    const CommandProcesses processes{{}};
    run_shell(
        "trap '' TERM; tail -f /dev/null & echo $! >$dir/deaf; trap - TERM; tail -f /dev/null & kill -STOP $!; "
        "echo $! >$dir/stopped",
        dir.path(""));
  }
  CHECK(::kill(pid_in(dir.path("deaf")), 0) == -1);
  CHECK(::kill(pid_in(dir.path("stopped")), 0) == -1);
}

TEST_CASE("a process in a session of its own is left alone, and so are the others with their descendants") {
  const forkmill::tests::Folder dir;
  Child other{{"/bin/sh", "-c", "tail -f /dev/null & wait"}, Child::Options{.own_group = true}};
  {
    const CommandProcesses processes{{other.pid()}};
    run_shell("setsid sh -c 'echo $$ >$dir/daemon; exec tail -f /dev/null' & until test -s $dir/daemon; do :; done",
              dir.path(""));
  }
  const auto daemon = pid_in(dir.path("daemon"));
  CHECK(::kill(daemon, 0) == 0);
  CHECK(!other.ended());
  ::kill(daemon, SIGKILL);
  ::waitpid(daemon, nullptr, 0);
}

TEST_CASE("orphans are reaped when they have ended") {
  const forkmill::tests::Folder dir;
  const CommandProcesses processes{{}};
  run_shell("true & echo $! >$dir/orphan", dir.path(""));
  const auto orphan = pid_in(dir.path("orphan"));
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds{30};
  while (::kill(orphan, 0) == 0 && std::chrono::steady_clock::now() < deadline) processes.reap_orphans(0);
  CHECK(::kill(orphan, 0) == -1);
}

}  // namespace
}  // namespace forkmill::cli::command_processes_test
