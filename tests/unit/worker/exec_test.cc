// forkmill.exec: every way in which a command can run and end.
#include "worker/tasks/exec.h"

#include <doctest/doctest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <stdexcept>
#include <thread>

#include "tests/eventually.h"
#include "tests/folder.h"
#include "tests/processes.h"
#include "tests/unit/worker/fake_context.h"
#include "tests/unit/worker/fake_output_log.h"
#include "worker/os/out_of_resources.h"

namespace exec_test {

using namespace forkmill;
using namespace std::chrono_literals;
using worker::run_command;
using worker::test::FakeContext;

namespace {

ExecResult run(ExecRequest request) {
  FakeContext context;
  return run_command(context, request);
}

ExecResult shell(const std::string& line) {
  ExecRequest request;
  request.argv = {line};
  request.shell = true;
  return run(request);
}

// The context of an attempt that has a log.
class LoggingContext final : public FakeContext, public worker::test::FakeOutputLog {};

// Gone, or a zombie that its new parent has not reaped yet.
bool ended(pid_t pid) {
  std::ifstream stat{"/proc/" + std::to_string(pid) + "/stat"};
  std::string number;
  std::string name;
  char state = 'Z';
  stat >> number >> name >> state;
  return state == 'Z';
}

}  // namespace

TEST_CASE("a command runs with its arguments, and both outputs and its exit code come back") {
  ExecRequest request;
  request.argv = {"sh", "-c", "echo \"$1\"; echo oops >&2; exit 3", "sh", "two words"};
  const auto result = run(request);
  CHECK(result.exit_code == 3);
  CHECK(result.signal == 0);
  CHECK(result.out == "two words\n");
  CHECK(result.err == "oops\n");
  CHECK_FALSE(result.out_truncated);
  CHECK(result.run_seconds >= 0);
  CHECK(result.started_at > 1.6e9);
  CHECK_FALSE(result.host.empty());
}

TEST_CASE("standard input is fed, however large, whether it is read or not") {
  ExecRequest request;
  request.stdin_data = std::string(3'000'000, 'y');
  request.argv = {"wc", "-c"};
  CHECK(run(request).out.find("3000000") != std::string::npos);
  request.argv = {"true"};
  CHECK(run(request).exit_code == 0);
  request.stdin_data.clear();
  request.argv = {"cat"};  // sees the end at once
  CHECK(run(request).out.empty());
}

TEST_CASE("environment and directory are the request's") {
  ExecRequest request;
  request.argv = {"echo $FM_NEW; echo ${HOME:-none}; pwd"};
  request.shell = true;
  request.env = {{"FM_NEW", "value=with="}, {"HOME", "/elsewhere"}};
  request.cwd = "/usr";
  CHECK(run(request).out == "value=with=\n/elsewhere\n/usr\n");
  request.env = {{"A=B", "x"}};
  CHECK_THROWS_AS(run(request), std::runtime_error);
}

TEST_CASE("a command gets the variables of the worker that are named, and none that name the worker's processes") {
  for (const char* name : {"FM_SECRET", "FORKMILL_KEY", "FORKMILL_CHILD_OF", "FORKMILL_PROCESS", "LC_TEST"})
    ::setenv(name, "of the worker", 1);
  ::setenv("FORKMILL_BROKER", "ipc:///tmp/x", 1);
  ExecRequest request;
  request.argv = {"env"};
  const auto variables = [&](std::vector<std::string> passed) {
    FakeContext context;
    return "\n" + run_command(context, request, {.pass_env = std::move(passed)}).out;
  };
  const auto standard = variables(worker::standard_variables());
  CHECK(standard.find("\nPATH=") != std::string::npos);
  CHECK(standard.find("\nLC_TEST=of the worker\n") != std::string::npos);
  CHECK(standard.find("\nFORKMILL_BROKER=ipc:///tmp/x\n") != std::string::npos);
  CHECK(standard.find("FM_SECRET") == std::string::npos);
  CHECK(standard.find("FORKMILL_KEY") == std::string::npos);
  CHECK(standard.find("FORKMILL_CHILD_OF") == std::string::npos);
  const auto all = variables({"*"});
  CHECK(all.find("\nFM_SECRET=") != std::string::npos);
  CHECK(all.find("FORKMILL_KEY") == std::string::npos);
  const auto named = variables({"FM_SEC*", "FORKMILL_KEY", "FORKMILL_CHILD_OF", "FORKMILL_*"});
  CHECK(named.find("\nFM_SECRET=") != std::string::npos);
  CHECK(named.find("\nFORKMILL_KEY=") != std::string::npos);
  CHECK(named.find("FORKMILL_CHILD_OF") == std::string::npos);
  CHECK(named.find("FORKMILL_PROCESS") == std::string::npos);
  CHECK(named.find("\nPATH=") == std::string::npos);
  request.env = {{"FM_SECRET", "of the submitter"}, {"FORKMILL_CHILD_OF", "7"}};
  const auto given = variables({"*"});
  CHECK(given.find("\nFM_SECRET=of the submitter\n") != std::string::npos);
  CHECK(given.find("\nFORKMILL_CHILD_OF=7\n") != std::string::npos);
  for (const char* name :
       {"FM_SECRET", "FORKMILL_KEY", "FORKMILL_CHILD_OF", "FORKMILL_PROCESS", "LC_TEST", "FORKMILL_BROKER"})
    ::unsetenv(name);
}

TEST_CASE("a command gets none of the descriptors that this process has inherited") {
  const int inherited = ::dup(STDIN_FILENO);  // stays open when a program is executed
  const auto listed = shell("ls /proc/$$/fd; true").out;
  CHECK(listed == "0\n1\n2\n");
  ::close(inherited);
}

TEST_CASE("a command that uses more processor time than it may is ended, even if it ignores the signal") {
  FakeContext context;
  ExecRequest request;
  request.argv = {"trap '' XCPU; while :; do :; done"};
  request.shell = true;
  CHECK(run_command(context, request, {.cpu = 1ms}).signal == SIGKILL);
}

TEST_CASE("output beyond the limit is dropped and marked as cut, and the command is not held up") {
  ExecRequest request;
  request.argv = {"head -c 5000000 /dev/zero; echo done >&2"};
  request.shell = true;
  request.output_limit = 1000;
  const auto result = run(request);
  CHECK(result.exit_code == 0);
  CHECK(result.out.size() == 1000);
  CHECK(result.out_truncated);
  CHECK(result.err == "done\n");
  CHECK_FALSE(result.err_truncated);
}

TEST_CASE("a command that cannot be started ends with an error that names it") {
  ExecRequest request;
  request.argv = {"/no/such/program"};
  CHECK_THROWS_WITH_AS(run(request), "cannot run '/no/such/program': No such file or directory", ExecNotFoundError);
  request.argv = {"/"};
  CHECK_THROWS_WITH_AS(run(request), "cannot run '/': Permission denied", ExecNotExecutableError);
  request.argv = {"true"};
  request.cwd = "/no/such/directory";
  CHECK_THROWS_WITH_AS(run(request), "cannot enter '/no/such/directory': No such file or directory",
                       std::runtime_error);
  request = {};
  CHECK_THROWS_AS(run(request), std::runtime_error);
  request.shell = true;
  request.argv = {"a", "b"};
  CHECK_THROWS_AS(run(request), std::runtime_error);
}

TEST_CASE("a signal that ends the command is reported") {
  const auto result = shell("kill -9 $$");
  CHECK(result.exit_code == -1);
  CHECK(result.signal == SIGKILL);
}

TEST_CASE("the command starts with default actions for all signals") {
  const auto result = shell("trap; kill -PIPE $$; tail -f /dev/null");
  CHECK(result.signal == SIGPIPE);
}

TEST_CASE("processes that the command leaves in its group end with it, and are not waited for") {
  const auto result = shell("tail -f /dev/null & echo $!");
  CHECK(result.exit_code == 0);
  const pid_t left = std::stoi(result.out);
  CHECK(tests::eventually([&] { return ended(left); }));
}

TEST_CASE("a stop request ends the command, by SIGTERM and if need be by SIGKILL") {
  FakeContext context;
  ExecRequest request;
  request.shell = true;
  const forkmill::tests::Folder directory;
  request.env = {{"UP", directory.path() + "/up"}};
  // Asks once the command has said that it is ready for it.
  std::jthread asker{[&, up = request.env.at("UP")](const std::stop_token& over) {
    tests::eventually([&] { return std::filesystem::exists(up) || over.stop_requested(); });
    context.stop.request_stop();
  }};
  SUBCASE("asked before it starts") {
    context.stop.request_stop();
    request.argv = {"tail -f /dev/null"};
    CHECK_THROWS_WITH_AS(run_command(context, request), "the command was asked to stop and ended with signal 15",
                         std::runtime_error);
  }
  SUBCASE("asked while it runs") {
    request.argv = {": > $UP; exec tail -f /dev/null"};
    CHECK_THROWS_WITH_AS(run_command(context, request), "the command was asked to stop and ended with signal 15",
                         std::runtime_error);
  }
  SUBCASE("ignored") {
    request.argv = {"trap '' TERM; : > $UP; tail -f /dev/null"};
    CHECK_THROWS_WITH_AS(run_command(context, request, {.grace = 200ms}),
                         "the command was asked to stop and ended with signal 9", std::runtime_error);
  }
  SUBCASE("taken as a reason to finish") {
    request.argv = {"trap 'echo cleaned; exit 0' TERM; sh -c ': > $UP; exec tail -f /dev/null' & wait"};
    CHECK(run_command(context, request).out == "cleaned\n");
  }
  SUBCASE("taken as a reason to finish by a program behind the shell, which ends at once") {
    // The program in the background is told to stop as well. It must not be a copy of the shell any more, which would
    // keep the signal for its trap. It makes the file when the shell has ended, so that a command that does not wait
    // for it misses the file.
    request.argv = {
        R"(sh -c 'trap "until [ \$(cut -d \" \" -f 4 /proc/\$\$/stat) != $PPID ]; do :; done; : > $UP.done; exit" TERM;)"
        R"( sh -c ": > $UP; exec tail -f /dev/null" & wait'; true)"};
    CHECK_THROWS_WITH_AS(run_command(context, request, {.grace = 60s}),
                         "the command was asked to stop and ended with signal 15", std::runtime_error);
    CHECK(std::filesystem::exists(request.env.at("UP") + ".done"));
  }
  SUBCASE("ignored by a program behind the shell") {
    request.argv = {"sh -c 'trap \"\" TERM; : > $UP; tail -f /dev/null'; true"};
    CHECK_THROWS_WITH_AS(run_command(context, request, {.grace = 200ms}),
                         "the command was asked to stop and ended with signal 15", std::runtime_error);
  }
}

TEST_CASE("no descriptor and no process is left after many commands") {
  const auto open = [] {
    return std::distance(std::filesystem::directory_iterator{"/proc/self/fd"}, std::filesystem::directory_iterator{});
  };
  ExecRequest request;
  request.argv = {"true"};
  run(request);
  const auto before = open();
  for (int i = 0; i < 200; ++i) run(request);
  request.argv = {"/no/such/program"};
  for (int i = 0; i < 50; ++i) CHECK_THROWS(run(request));
  CHECK(open() == before);
  CHECK(::waitpid(-1, nullptr, WNOHANG) == -1);
}

TEST_CASE("exec: a command over the time limit of its request is stopped, and its output until then is kept") {
  ExecRequest request;
  request.argv = {"echo partial; echo bad >&2; tail -f /dev/null"};
  request.shell = true;
  request.timeout_ms = 300;
  const auto result = run(request);
  CHECK(result.timed_out);
  CHECK(result.signal == SIGTERM);
  CHECK(result.out == "partial\n");
  CHECK(result.err == "bad\n");
}

TEST_CASE("exec: a command that ignores SIGTERM at its time limit is killed after the grace") {
  FakeContext context;
  ExecRequest request;
  request.argv = {"trap '' TERM; echo ready; tail -f /dev/null"};
  request.shell = true;
  request.timeout_ms = 200;
  const auto result = run_command(context, request, {.grace = 100ms});
  CHECK(result.timed_out);
  CHECK(result.signal == SIGKILL);
  CHECK(result.out == "ready\n");
}

TEST_CASE("exec: what a command prints is in the log of its attempt while it runs, and in the result") {
  LoggingContext context;
  const forkmill::tests::Folder directory;
  ExecRequest request;
  request.shell = true;
  request.env = {{"GO", directory.path() + "/go"}};
  request.argv = {"echo begun; until [ -e $GO ]; do :; done; echo bad >&2; printf done"};
  std::string live;
  std::jthread reader{[&](const std::stop_token& over) {
    tests::eventually([&] { return !(live = context.text()).empty() || over.stop_requested(); });
    std::ofstream{request.env.at("GO")} << "x";
  }};
  const auto result = run_command(context, request);
  reader.join();
  CHECK(live == "[out]begun\n");
  CHECK(result.out == "begun\ndone");
  CHECK(result.err == "bad\n");
  CHECK(context.bytes == result.out.size() + result.err.size());
  CHECK(context.missing == 0);
}

TEST_CASE("exec: the log has the newest output, however little of it the result keeps") {
  LoggingContext context;
  ExecRequest request;
  request.shell = true;
  request.argv = {"seq 1000000; echo last"};
  request.output_limit = 100;
  const auto result = run_command(context, request);
  CHECK(result.out.size() == 100);
  CHECK(result.out_truncated);
  CHECK(context.text().starts_with("[out]1\n2\n"));
  CHECK(context.text().ends_with("1000000\nlast\n"));
}

TEST_CASE("exec: what a shell would say of a program that a signal has ended is in the log as well") {
  LoggingContext context;
  ExecRequest request;
  request.shell = true;
  request.argv = {"sh -c 'kill -9 $$'"};
  const auto result = run_command(context, request);
  CHECK(result.exit_code == 128 + SIGKILL);
  CHECK(context.text() == "[err]" + result.err);
}

TEST_CASE("exec: a large input of a task with a trace reaches its command whole") {
  class TracedContext final : public FakeContext {
   public:
    const std::map<std::string, std::string>& headers() const override { return trace; }
    std::map<std::string, std::string> trace{{"traceparent", "00-1-2-01"}};
  } context;
  ExecRequest request;
  request.argv = {"sh", "-c", "echo $TRACEPARENT; cksum"};
  request.stdin_data = std::string(8'000'000, 'y');
  const std::string traced = run_command(context, request).out;
  request.argv = {"cksum"};
  CHECK(traced == "00-1-2-01\n" + run(request).out);
}

TEST_CASE("exec: a command that never stops printing is stopped at its time limit") {
  LoggingContext context;
  ExecRequest request;
  request.shell = true;
  request.argv = {"cat /dev/zero & cat /dev/zero & cat /dev/zero"};
  request.output_limit = 10;
  request.timeout_ms = 200;
  const auto result = run_command(context, request);
  CHECK(result.timed_out);
  CHECK(result.out.size() == 10);
  CHECK(context.bytes > 10);
  CHECK(context.missing > 0);
}

TEST_CASE("exec: the file mode creation mask is the request's, or the worker's") {
  ExecRequest request;
  request.argv = {"umask"};
  request.shell = true;
  const auto own = run(request).out;
  request.umask = 027;
  CHECK(run(request).out == "0027\n");
  request.umask = -1;
  CHECK(run(request).out == own);
}

TEST_CASE("exec: a folder that cannot be entered is an error of its own") {
  ExecRequest request;
  request.argv = {"true"};
  request.cwd = "/no/such/folder";
  CHECK_THROWS_AS(run(request), ExecFolderError);
}

TEST_CASE("a command that this process has no descriptors for is not started, and is no failure of the command") {
  ExecRequest request;
  request.argv = {"true"};
  const int next = ::dup(STDIN_FILENO);
  ::close(next);
  for (const int free : {0, 1, 3, 5, 6}) {  // some of those that a command needs
    CAPTURE(free);
    REQUIRE(tests::limit_descriptors(::getpid(), static_cast<rlim_t>(next + free)));
    bool thrown = false;
    try {
      run(request);
    } catch (const worker::OutOfResources&) {
      thrown = true;
    }
    REQUIRE(tests::limit_descriptors(::getpid(), 1024));
    CHECK(thrown);
  }
  CHECK(run(request).exit_code == 0);
}

}  // namespace exec_test
