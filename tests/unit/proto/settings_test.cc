#include "proto/settings/settings.h"

#include <doctest/doctest.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <sstream>

#include "proto/limits.h"

namespace settings_test {

using namespace forkmill::proto;
using namespace std::chrono_literals;

namespace {

// The texts that are written to stderr.
class Captured {
 public:
  Captured() : before_{std::cerr.rdbuf(text_.rdbuf())} {}
  ~Captured() { std::cerr.rdbuf(before_); }
  Captured(const Captured&) = delete;
  Captured& operator=(const Captured&) = delete;
  std::string text() const { return text_.str(); }

 private:
  std::ostringstream text_;
  std::streambuf* before_;
};

struct Example {
  std::vector<std::string> queues{"default"};
  std::uint64_t processes = 2;
  std::uint64_t children = 0;
  std::chrono::milliseconds timeout = 30s;
  std::uint64_t memory = 0;
  bool verbose = false;
  std::string said;

  std::optional<int> parse(std::vector<const char*> arguments) {
    Settings settings{"program", "does things", "1.0"};
    settings.list("queues", queues, "queues");
    settings.number("processes", processes, 1, 64, "processes");
    settings.number("children", children, 0, 64, "children", "auto");
    settings.duration("drain-timeout", timeout, "patience");
    settings.size("max-memory", memory, "memory");
    settings.flag("verbose", verbose, "talk");
    arguments.insert(arguments.begin(), "program");
    const Captured captured;
    auto code = settings.parse(static_cast<int>(arguments.size()), arguments.data());
    said = captured.text();
    return code;
  }
};

class File {
 public:
  explicit File(const std::string& text) {
    const int fd = mkstemp(path_.data());
    REQUIRE(fd >= 0);
    close(fd);
    std::ofstream{path_} << text;
  }
  ~File() { std::remove(path_.c_str()); }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  const char* path() const { return path_.c_str(); }

 private:
  std::string path_ = "/tmp/forkmill-settings-XXXXXX";
};

class Environment {
 public:
  Environment(const char* name, const char* value) : name_{name} { setenv(name, value, 1); }
  ~Environment() { unsetenv(name_); }
  Environment(const Environment&) = delete;
  Environment& operator=(const Environment&) = delete;

 private:
  const char* name_;
};

}  // namespace

TEST_CASE("a setting without a value keeps its default") {
  Example example;
  CHECK_FALSE(example.parse({}));
  CHECK(example.queues == std::vector<std::string>{"default"});
  CHECK(example.timeout == 30s);
}

TEST_CASE("the environment overrides the file, and the command line overrides both") {
  const File file{
      "processes = 3\ndrain_timeout = \"1m\"\nqueues = [\"a\", \"b\"]\nverbose = true\nmax_memory = \"512M\"\n"};
  Example example;
  CHECK_FALSE(example.parse({"--config", file.path()}));
  CHECK(example.processes == 3);
  CHECK(example.timeout == 60s);
  CHECK(example.queues == std::vector<std::string>{"a", "b"});
  CHECK(example.verbose);
  CHECK(example.memory == 512ULL << 20);
  const Environment environment{"FORKMILL_PROCESSES", "4"};
  CHECK_FALSE(example.parse({"--config", file.path()}));
  CHECK(example.processes == 4);
  CHECK_FALSE(example.parse({"--config", file.path(), "--processes", "5", "--queues", "x,y", "--queues", "z"}));
  CHECK(example.processes == 5);
  CHECK(example.queues == std::vector<std::string>{"x", "y", "z"});
}

TEST_CASE("an error names the place of the wrong value and what is accepted") {
  Example example;
  const File wrong_key{"processes = 3\nprocesess = 4\n"};
  CHECK(example.parse({"--config", wrong_key.path()}) == 2);
  CHECK(example.said.find(std::string{wrong_key.path()} + ":2: unknown key 'procesess'") != std::string::npos);
  CHECK(example.said.find("drain_timeout") != std::string::npos);

  const File wrong_value{"\n\nprocesses = 400\n"};
  CHECK(example.parse({"--config", wrong_value.path()}) == 2);
  CHECK(example.said.find(":3: processes = '400': must be a number from 1 to 64") != std::string::npos);

  const File no_toml{"processes = \n"};
  CHECK(example.parse({"--config", no_toml.path()}) == 2);
  CHECK(example.said.find(":1: ") != std::string::npos);

  CHECK(example.parse({"--config", "/nonexistent/file.toml"}) == 2);
  CHECK(example.said.find("/nonexistent/file.toml") != std::string::npos);

  CHECK(example.parse({"--drain-timeout", "soon"}) == 2);
  CHECK(example.said.find("command line: --drain-timeout = 'soon': must be a duration such as") != std::string::npos);

  const Environment environment{"FORKMILL_VERBOSE", "maybe"};
  CHECK(example.parse({}) == 2);
  CHECK(example.said.find("environment: FORKMILL_VERBOSE = 'maybe': must be true or false") != std::string::npos);
}

TEST_CASE("a number may have a word for 0") {
  Example example;
  CHECK_FALSE(example.parse({"--children", "7"}));
  CHECK(example.children == 7);
  CHECK_FALSE(example.parse({"--children", "auto"}));
  CHECK(example.children == 0);
  const File file{"children = \"auto\"\n"};
  example.children = 7;
  CHECK_FALSE(example.parse({"--config", file.path()}));
  CHECK(example.children == 0);
  CHECK(example.parse({"--children", "many"}) == 2);
  CHECK(example.said.find("'many': must be a number from 0 to 64, or auto") != std::string::npos);
  CHECK(example.parse({"--processes", "auto"}) == 2);
}

TEST_CASE("durations and sizes are read by the common grammar, as texts and as numbers of the file") {
  const File file{"drain_timeout = 1.5\nmax_memory = 4096\n"};
  Example example;
  CHECK_FALSE(example.parse({"--config", file.path()}));
  CHECK(example.timeout == 1500ms);
  CHECK(example.memory == 4096);
  CHECK_FALSE(example.parse({"--drain-timeout", "1h30m", "--max-memory", "1.5m"}));
  CHECK(example.timeout == 90min);
  CHECK(example.memory == 1'572'864);
}

TEST_CASE("an unknown option is refused with the name of the program") {
  Example example;
  CHECK(example.parse({"--no-such-option"}) == 2);
  CHECK(example.said.starts_with("program: unknown option --no-such-option"));
  CHECK(example.parse({"--proceses", "2"}) == 2);
  CHECK(example.said == "program: unknown option --proceses; did you mean '--processes'?; see program --help\n");
  CHECK(example.parse({"2"}) == 2);
  CHECK(example.said.starts_with("program: unexpected argument '2'"));
}

TEST_CASE("a value in brackets stays one value") {
  Example example;
  CHECK_FALSE(example.parse({"--queues", "[a,b]"}));
  CHECK(example.queues == std::vector<std::string>{"[a", "b]"});
  CHECK(example.parse({"--processes", "[3,4]"}) == 2);
}

TEST_CASE("a duration beyond a century means a century") {
  Example example;
  CHECK_FALSE(example.parse({"--drain-timeout", "9223372036854775807ms"}).has_value());
  CHECK(example.timeout == limits::kLongestSetting);
  CHECK(std::chrono::microseconds{example.timeout} * 1000 > std::chrono::microseconds{0});
}

}  // namespace settings_test
