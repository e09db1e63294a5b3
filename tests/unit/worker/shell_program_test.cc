// Programs that run in place of the shell behave as if the shell had run them.
#include "worker/tasks/shell_program.h"

#include <doctest/doctest.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "tests/folder.h"
#include "tests/unit/worker/fake_context.h"
#include "worker/tasks/exec.h"

namespace shell_program_test {

using namespace forkmill;
using worker::program_of_line;
using worker::test::FakeContext;

namespace {

namespace fs = std::filesystem;

bool shell_is_dash() { return fs::canonical("/bin/sh").filename() == "dash"; }

ExecResult run(const ExecRequest& request) {
  FakeContext context;
  return worker::run_command(context, request);
}

// The line without a shell if it needs none.
ExecResult as_line(ExecRequest request, const std::string& line) {
  request.argv = {line};
  request.shell = true;
  return run(request);
}

ExecResult by_shell(ExecRequest request, const std::string& line) {
  request.argv = {"/bin/sh", "-c", line};
  return run(request);
}

void check_same(const ExecRequest& request, const std::string& line) {
  INFO("line: ", line);
  const auto result = as_line(request, line);
  const auto expected = by_shell(request, line);
  CHECK(result.exit_code == expected.exit_code);
  CHECK(result.signal == expected.signal);
  CHECK(result.out == expected.out);
  CHECK(result.err == expected.err);
}

std::vector<std::string> sorted_lines(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream input{text};
  for (std::string line; std::getline(input, line, '\0');) lines.push_back(line);
  std::sort(lines.begin(), lines.end());
  return lines;
}

void check_same_environment(const ExecRequest& request) {
  const auto expected = sorted_lines(by_shell(request, "/usr/bin/env -0").out);
  CHECK(expected.size() > 1);
  CHECK(sorted_lines(as_line(request, "/usr/bin/env -0").out) == expected);
}

void write_file(const std::string& path, const std::string& text, bool executable) {
  std::ofstream{path} << text;
  if (executable) fs::permissions(path, fs::perms::owner_all);
}

}  // namespace

TEST_CASE("a line that needs no shell is run without one") {
  const std::string line = R"(cat /proc/self/stat)";
  std::istringstream stat{as_line({}, line).out};
  std::string pid, name, state;
  pid_t parent = 0;
  stat >> pid >> name >> state >> parent;
  CHECK(name == "(cat)");
  CHECK((parent == ::getpid()) == shell_is_dash());
}

TEST_CASE("the program gets the environment that it would get from the shell") {
  const forkmill::tests::Folder folder;
  fs::create_directory_symlink(folder.path(), folder.path() + "/link");
  ExecRequest request;
  SUBCASE("of the worker") {}
  SUBCASE("with more") { request.env = {{"FM_NEW", "a=b\nc"}, {"HOME", ""}}; }
  SUBCASE("with names that no shell accepts") {
    request.env = {{"a.b", "1"}, {"BASH_FUNC_f%%", "() { :; }"}, {"1", "2"}};
  }
  SUBCASE("with IFS") { request.env = {{"IFS", ":"}}; }
  SUBCASE("with OPTIND") { request.env = {{"OPTIND", "7"}}; }
  SUBCASE("with LINENO and prompts") { request.env = {{"LINENO", "3"}, {"PS1", "x"}, {"PS4", "y"}}; }
  SUBCASE("in another folder") { request.cwd = "/usr"; }
  SUBCASE("in a folder behind a link") { request.cwd = folder.path() + "/link"; }
  SUBCASE("in a folder behind a link, by the name in PWD") {
    request.cwd = folder.path();
    request.env = {{"PWD", folder.path() + "/link"}};
  }
  SUBCASE("with a PWD that is not the folder") {
    request.cwd = folder.path() + "/link";
    request.env = {{"PWD", "/usr"}, {"OLDPWD", "/x"}};
  }
  SUBCASE("with a relative PWD") { request.env = {{"PWD", "."}}; }
  check_same_environment(request);
}

TEST_CASE("programs are found, or not found, as the shell finds them") {
  const forkmill::tests::Folder folder;
  const auto& here = folder.path();
  fs::create_directory(here + "/first");
  fs::create_directory(here + "/second");
  fs::create_directory(here + "/first/folder");
  write_file(here + "/first/plain", "#!/bin/sh\necho plain\n", false);
  write_file(here + "/second/plain", "#!/bin/sh\necho second $0\n", true);
  write_file(here + "/second/folder", "#!/bin/sh\necho not a folder\n", true);
  write_file(here + "/first/script", "#!/bin/sh\necho script $0 \"$@\"\n", true);
  write_file(here + "/first/no-interpreter", "#!/no/such/interpreter\n", true);
  write_file(here + "/first/no-format", "echo no format \"$@\"\n", true);
  ExecRequest request;
  request.cwd = here;
  for (const std::string& path : std::vector<std::string>{
           here + "/first:" + here + "/second", here + "/none:" + here + "/second:" + here + "/first", "first:second",
           "", ":" + here + "/first", here + "/first:", here + "/first/plain:" + here + "/second",
           here + "/first%func"}) {
    INFO("PATH: ", path);
    request.env = {{"PATH", path}};
    for (const char* line :
         {"plain a", "script 'a  b'", "folder", "no-interpreter", "no-format x", "missing", "./first/script x",
          "first/plain", "first/folder", "./missing", "first/script/x", "first/no-format y", "first/no-interpreter"}) {
      check_same(request, line);
    }
  }
  for (const char* line :
       {"cat /no/such/file", "sh -c 'exit 7'", "sh -c 'cat; echo err >&2'", "no-such-program a", "/usr", "''"})
    check_same({}, line);
}

TEST_CASE("a program that a signal ends is reported as by the shell") {
  const rlimit none{0, 0};
  ::setrlimit(RLIMIT_CORE, &none);
  for (const int signal : {SIGHUP, SIGINT, SIGQUIT, SIGILL, SIGABRT, SIGFPE, SIGKILL, SIGSEGV, SIGPIPE, SIGALRM,
                           SIGTERM, SIGUSR1, SIGBUS, SIGXFSZ, SIGRTMIN + 1})
    check_same({}, "sh -c 'kill -" + std::to_string(signal) + " $$'");
}

TEST_CASE("the report on a signal is cut off at the limit of the output") {
  ExecRequest request;
  request.output_limit = 3;
  const auto result = as_line(request, "sh -c 'kill -9 $$'");
  CHECK(result.exit_code == 128 + SIGKILL);
  CHECK(result.err == "Kil");
  CHECK(result.err_truncated);
}

TEST_CASE("a builtin of this shell never runs as a program") {
  std::string lines;
  for (const char* folder : {"/usr/bin", "/usr/sbin"}) {
    for (const auto& entry : fs::directory_iterator{folder}) {
      lines += "command -V '" + entry.path().filename().string() + "'\n";
    }
  }
  ExecRequest request;
  request.stdin_data = lines;
  request.argv = {"/bin/sh"};
  std::istringstream answers{run(request).out};
  int builtins = 0;
  for (std::string line; std::getline(answers, line);) {
    if (line.find(" builtin") == std::string::npos && line.find(" keyword") == std::string::npos) continue;
    INFO(line);
    CHECK_FALSE(program_of_line(line.substr(0, line.find(' ')), {"PATH=/usr/bin"}, "/"));
    ++builtins;
  }
  CHECK(builtins > 4);
}

}  // namespace shell_program_test
