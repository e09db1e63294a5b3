#include "worker/options.h"

#include <doctest/doctest.h>

#include <vector>

namespace options_test {

using namespace forkmill;
using namespace forkmill::worker;
using namespace std::chrono_literals;

namespace {

struct Read {
  std::optional<int> code;
  CommandLine line;
};

Read read(std::vector<const char*> flags, Program program = Program::own) {
  flags.insert(flags.begin(), "test-worker");
  Read result;
  result.code = read_options(static_cast<int>(flags.size()), flags.data(), program, result.line);
  return result;
}

}  // namespace

TEST_CASE("the number of processes may follow the load, between bounds") {
  CHECK(read({"--processes", "auto"}).line.options.scaling.min == 1);
  const auto [code, line] = read({"--processes", "auto:2-8"});
  REQUIRE_FALSE(code);
  CHECK(line.options.scaling.min == 2);
  CHECK(line.options.scaling.max == 8);
  CHECK(read({}).line.options.scaling.min == 0);
  CHECK(read({"--processes", "auto:8-2"}).code == 2);
  WorkerOptions options;
  options.broker = "ipc:///tmp/x";
  options.scaling = {.min = 8, .max = 2};
  CHECK_THROWS_AS(check(options), std::invalid_argument);
  options.scaling = {.min = 8, .max = 0};
  CHECK_NOTHROW(check(options));
}

TEST_CASE("flags fill the options") {
  const auto [code, line] = read({"--broker",
                                  "ipc:///tmp/x",
                                  "--processes",
                                  "3",
                                  "--queues",
                                  "a,b",
                                  "--name",
                                  "w1",
                                  "--max-tasks-per-child",
                                  "100",
                                  "--max-memory-per-child",
                                  "512M",
                                  "--drain-timeout",
                                  "2m",
                                  "--kill-grace",
                                  "250ms",
                                  "--log-level",
                                  "debug",
                                  "--log-format",
                                  "json",
                                  "--log-file",
                                  "/var/log/w1",
                                  "--log-size",
                                  "10M",
                                  "--log-files",
                                  "3"});
  REQUIRE_FALSE(code);
  const WorkerOptions& options = line.options;
  CHECK(options.broker == "ipc:///tmp/x");
  CHECK(options.processes == 3);
  CHECK(options.queues == std::vector<std::string>{"a", "b"});
  CHECK(options.name == "w1");
  CHECK(options.max_tasks_per_child == 100);
  CHECK(options.max_memory_per_child == 512ULL * 1024 * 1024);
  CHECK(options.drain_timeout == 2min);
  CHECK(options.kill_grace == 250ms);
  CHECK(options.log_level == "debug");
  CHECK(options.log_format == "json");
  CHECK(options.log_file == "/var/log/w1");
  CHECK(options.log_size == 10ULL * 1024 * 1024);
  CHECK(options.log_files == 3);
}

TEST_CASE("wrong options end the program with code 2") {
  CHECK(read({"--processes", "-1"}).code == 2);
  CHECK(read({"--processes", "many"}).code == 2);
  CHECK(read({"--max-processes", "2049"}).code == 2);
  CHECK(read({"--broker", "localhost"}).code == 2);
  CHECK(read({"--queues", "no good"}).code == 2);
  CHECK(read({"--queues", ","}).code == 2);
  CHECK(read({"--max-memory-per-child", "much"}).code == 2);
  CHECK(read({"--drain-timeout", "soon"}).code == 2);
  CHECK(read({"--log-format", "xml"}).code == 2);
  CHECK(read({"--log-size", "1K"}).code == 2);
  CHECK(read({"--log-files", "0"}).code == 2);
  CHECK(read({"--no-such-flag"}).code == 2);
  CHECK(read({"--config", "/nonexistent/file.toml"}).code == 2);
}

TEST_CASE("flags confine children") {
  const auto [code, line] = read({"--user",     "daemon",
                                  "--sandbox",  "--task-folder",
                                  "/tmp/tasks", "--limit-memory",
                                  "1G",         "--limit-cpu",
                                  "90s",        "--limit-files",
                                  "100",        "--limit-processes",
                                  "50",         "--limit-file-size",
                                  "2M",         "--limit-core",
                                  "1M",         "--cgroup",
                                  "auto",       "--group-memory",
                                  "3G",         "--group-processes",
                                  "7",          "--group-cpu",
                                  "150",        "--pass-env",
                                  "PATH,AWS_*"},
                                 Program::stock);
  REQUIRE_FALSE(code);
  const WorkerOptions& options = line.options;
  CHECK(options.user == "daemon");
  CHECK(options.sandbox);
  CHECK(options.task_folder == "/tmp/tasks");
  CHECK(options.limits.memory == 1024ULL * 1024 * 1024);
  CHECK(options.limits.cpu == 90s);
  CHECK(options.limits.files == 100);
  CHECK(options.limits.processes == 50);
  CHECK(options.limits.file_size == 2ULL * 1024 * 1024);
  CHECK(options.limits.core == 1024ULL * 1024);
  CHECK(line.pass_env == std::vector<std::string>{"PATH", "AWS_*"});
  CHECK(options.cgroup == "auto");
  CHECK(options.group_limits.memory == 3ULL * 1024 * 1024 * 1024);
  CHECK(options.group_limits.processes == 7);
  CHECK(options.group_limits.cpu_percent == 150);
  CHECK(read({"--group-memory", "3G"}).code == 2);
  CHECK(read({"--limit-memory", "1M"}).code == 2);
  CHECK(read({"--limit-files", "3"}).code == 2);
  CHECK(read({"--pass-env", "PATH"}, Program::own).code == 2);
}

TEST_CASE("handlers have the spans of their attempts as parents only if the worker is told to") {
  CHECK_FALSE(read({}).line.options.attempt_spans);
  CHECK(read({"--attempt-spans"}).line.options.attempt_spans);
}

TEST_CASE("only the stock worker can be told to run commands") {
  CHECK(read({"--allow-exec"}, Program::own).code == 2);
  const auto [code, line] = read({"--allow-exec"}, Program::stock);
  CHECK_FALSE(code);
  CHECK(line.allow_exec);
  CHECK_FALSE(read({}, Program::stock).line.allow_exec);
}

}  // namespace options_test
