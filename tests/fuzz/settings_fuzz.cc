// Reads settings of broker and worker from a TOML file, an environment and a command line of any text. They are
// refused with exit code 2 and a reason, or all values are within their bounds. Durations and sizes are read as they
// are written.
#include <sys/mman.h>
#include <unistd.h>

#include <cstdlib>
#include <iostream>
#include <sstream>

#include "broker/options.h"
#include "proto/names.h"
#include "proto/settings/quantities.h"
#include "tests/fuzz/feed.h"
#include "tests/fuzz/require.h"
#include "worker/joining.h"
#include "worker/options.h"

// Takes no invitation: joining would connect to what stands in it.
forkmill::proto::Result<forkmill::proto::Joined> forkmill::worker::join_in_fork(const std::string& invitation,
                                                                                const std::string&) {
  return proto::Failure{Errc::option_out_of_range, "'" + invitation + "' is not an invitation that is taken here"};
}

namespace {

using namespace forkmill;
using fuzz::Feed;
using fuzz::require;

constexpr const char* kNames[] = {
    "LISTEN", "DATA", "MEMORY",    "HEARTBEAT",       "SESSION_TIMEOUT", "MAX_PAYLOAD", "QUEUES",      "PROCESSES",
    "BROKER", "NAME", "LOG_LEVEL", "QUEUE_MAX_TASKS", "DRAIN_TIMEOUT",   "ALLOW_EXEC",  "DISK_RESERVE"};

// Returns a text without NUL, which neither environment nor command line can carry.
std::string word(Feed& feed) {
  std::string text{feed.bytes(200)};
  return text.substr(0, text.find('\0'));
}

// Sets environment variables for the lifetime of the object.
class Environment {
 public:
  explicit Environment(Feed& feed) {
    for (std::size_t count = feed.below(4); count > 0; --count) {
      names_.push_back(std::string{"FORKMILL_"} + kNames[feed.below(std::size(kNames))]);
      ::setenv(names_.back().c_str(), word(feed).c_str(), 1);
    }
  }
  ~Environment() {
    for (const std::string& name : names_) ::unsetenv(name.c_str());
  }
  Environment(const Environment&) = delete;
  Environment& operator=(const Environment&) = delete;

 private:
  std::vector<std::string> names_;
};

// Captures std::cout and std::cerr for the lifetime of the object.
class SessionTimeouts {
 public:
  SessionTimeouts() : out_{std::cout.rdbuf(text_.rdbuf())}, err_{std::cerr.rdbuf(text_.rdbuf())} {}
  ~SessionTimeouts() {
    std::cout.rdbuf(out_);
    std::cerr.rdbuf(err_);
  }
  SessionTimeouts(const SessionTimeouts&) = delete;
  SessionTimeouts& operator=(const SessionTimeouts&) = delete;
  std::string said() const { return text_.str(); }

 private:
  std::ostringstream text_;
  std::streambuf* out_;
  std::streambuf* err_;
};

std::vector<std::string> command_line(Feed& feed) {
  std::vector<std::string> words{"program"};
  for (std::size_t count = feed.below(6); count > 0; --count) {
    if (feed.flag()) {
      std::string name = kNames[feed.below(std::size(kNames))];
      for (char& c : name) c = c == '_' ? '-' : static_cast<char>(c | 0x20);
      words.push_back("--" + name);
    }
    words.push_back(word(feed));
  }
  static const int file = ::memfd_create("settings", MFD_CLOEXEC);
  const std::string_view text = feed.rest();
  if (text.empty()) return words;
  require(::ftruncate(file, 0) == 0 && ::pwrite(file, text.data(), text.size(), 0) == static_cast<ssize_t>(text.size()),
          "the file can be written");
  words.insert(words.begin() + 1, {"--config", "/proc/self/fd/" + std::to_string(file)});
  return words;
}

void check_broker(const broker::ProgramOptions& options) {
  require(!options.listen.empty(), "the broker has an address to listen on");
  require(options.core.heartbeat.count() >= 10 && options.core.session_timeout >= 2 * options.core.heartbeat,
          "a session's time-out is at least two heartbeats");
  require(options.core.max_payload <= proto::limits::kMaxPayload, "payloads have a maximum");
  for (const auto& [name, queue] : options.core.queues)
    require(proto::is_name(name) && queue.max_tasks > 0 && queue.max_bytes > 0, "queues have room for a task", name);
}

void durations_and_sizes(const std::string& text) {
  if (const auto duration = proto::parse_duration(text)) {
    require(duration->count() >= 0, "durations are not negative", text);
    require(proto::parse_duration(proto::format_duration(*duration)) == duration, "durations are read as written",
            text);
  }
  if (const auto bytes = proto::parse_size(text))
    require(proto::parse_size(proto::format_size(*bytes)) == bytes, "sizes are read as written", text);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Feed feed{data, size};
  const bool of_broker = feed.flag();
  const bool stock = feed.flag();
  durations_and_sizes(word(feed));
  const Environment environment{feed};
  const std::vector<std::string> words = command_line(feed);
  std::vector<const char*> argv;
  argv.reserve(words.size());
  for (const std::string& one : words) argv.push_back(one.c_str());
  const int argc = static_cast<int>(argv.size());
  std::optional<int> code;
  std::string said;
  {
    const SessionTimeouts silence;
    if (of_broker) {
      broker::ProgramOptions options;
      code = broker::read_options(argc, argv.data(), options);
      if (!code) check_broker(options);
    } else {
      worker::CommandLine line;
      code = worker::read_options(argc, argv.data(), stock ? worker::Program::stock : worker::Program::own, line);
      if (!code) worker::check(line.options);
    }
    said = silence.said();
  }
  require(!code || *code == 0 || *code == 2, "exit codes are 0 and 2");
  require(!code || !said.empty(), "a refusal has a reason");
  return 0;
}
